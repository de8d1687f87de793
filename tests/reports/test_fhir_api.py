"""Another program finds signed reports by FHIR, reads every resource that they refer to, and nothing it may not see."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.reports.exports.standing import Standing, standing_of
from reporting.reports.models import Report, ReportVersion
from reporting.studies.models import Study
from tests.reports.factories import make_draft, make_user, signed_report
from tests.reports.test_fhir import SCHEMA, faults, references
from tests.reports.test_validators import r5_faults

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not any(settings.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci"),
    pytest.mark.skipif(not SCHEMA.exists(), reason="HL7's FHIR schema is not installed: npm ci"),
]


@pytest.fixture
def program(client: Client, senior: User) -> Client:
    client.force_login(senior)
    return client


@pytest.fixture
def report(senior: User) -> Report:
    return signed_report(senior)


def got(program: Client, address: str, status: int = 200) -> dict[str, Any]:
    answer = program.get(f"/fhir/{address}")
    assert answer.status_code == status, answer.content[:300]
    assert answer.headers["Content-Type"].startswith("application/fhir+json")
    read: dict[str, Any] = json.loads(answer.content)
    return read


@pytest.mark.parametrize("release", ["r4", "r5"])
def test_everything_that_a_report_refers_to_can_be_read(program: Client, report: Report, release: str) -> None:
    wrong = faults if release == "r4" else r5_faults
    diagnostic = got(program, f"{release}/DiagnosticReport/{report.pk}")
    assert wrong(diagnostic) == []
    (pdf,) = (form["url"] for form in diagnostic["presentedForm"] if form["contentType"] == "application/pdf")
    # One Observation stands for all: each is read the same way.
    named = {name.split("/")[0]: name for name in references(diagnostic)}
    assert set(named) == {"Patient", "Practitioner", "ImagingStudy", "Observation"}
    device = got(program, f"{release}/{named['Observation']}").get("device", {}).get("reference")
    for name in filter(None, [*named.values(), pdf, device]):
        resource = got(program, f"{release}/{name}")
        assert f"{resource['resourceType']}/{resource['id']}" == name
        assert wrong(resource) == []
    assert "JVBERi" in got(program, f"{release}/{pdf}")["data"][:8]  # %PDF
    assert AuditEvent.objects.filter(act="report.exported", object_id=str(report.pk)).count() >= 6


@pytest.mark.parametrize(
    "by",
    [
        lambda r: {"identifier": r.study.accession_number},
        lambda r: {"identifier": f"urn:ietf:rfc:3986|urn:uuid:{r.pk}"},
        lambda r: {"patient.identifier": r.study.patient.patient_id},
        lambda r: {"patient": f"Patient/{r.study.patient_id}"},
        lambda r: {"_id": str(r.pk)},
    ],
)
def test_a_report_is_found_by_what_is_known_of_it(program: Client, report: Report, senior: User, by: Any) -> None:
    signed_report(senior)
    answer = program.get("/fhir/r4/DiagnosticReport", by(report)).json()
    assert (answer["total"], answer["entry"][0]["resource"]["id"]) == (1, str(report.pk))
    assert faults({**answer, "entry": []} if not answer["total"] else answer["entry"][0]["resource"]) == []


def test_searches_come_in_pages_and_say_what_they_do_not_know(program: Client, senior: User) -> None:
    reports = {str(signed_report(senior).pk) for _ in range(3)}
    make_draft()  # nobody vouched for it
    first = got(program, "r4/DiagnosticReport?_count=2")
    assert first["total"] == 3
    (following,) = (link["url"] for link in first["link"] if link["relation"] == "next")
    second = program.get(following.replace("http://testserver", "")).json()
    assert {e["resource"]["id"] for e in first["entry"] + second["entry"]} == reports
    assert got(program, "r4/DiagnosticReport?issued=lt2020-01-01")["total"] == 0
    assert got(program, "r4/DiagnosticReport?issued=ge2020-01-01T00:00:00Z&_count=0")["total"] == 3
    for wrong in ("issued=yesterday", "issued=ge2020-13-45", "_count=x", "_count=-1", "author__password=x"):
        said = got(program, f"r4/DiagnosticReport?{wrong}", status=400)
        assert said["resourceType"] == "OperationOutcome"
        assert faults(said) == []


def test_a_header_that_lacks_its_fields_is_found_all_the_same(
    program: Client, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bare(version: ReportVersion) -> Standing:
        standing = standing_of(version)
        return replace(standing, content={**standing.content, "header": {}})

    monkeypatch.setattr("reporting.reports.exports.fhir.bundle.standing_of", bare)
    found = got(program, "r4/DiagnosticReport")
    assert found["total"] == 1
    assert faults(found["entry"][0]["resource"]) == []
    patient = got(program, f"r4/Patient/{report.study.patient_id}")
    assert set(patient) == {"resourceType", "id", "gender"}
    assert faults(got(program, f"r4/ImagingStudy/{report.study_id}")) == []


def test_what_one_may_not_know_of_is_not_there(client: Client, report: Report) -> None:
    Study.objects.filter(pk=report.study_id).update(section="elsewhere")
    client.force_login(make_user(Role.JUNIOR))
    for name in (
        f"DiagnosticReport/{report.pk}",
        f"Patient/{report.study.patient_id}",
        f"ImagingStudy/{report.study_id}",
    ):
        assert got(client, f"r4/{name}", status=404)["issue"][0]["code"] == "not-found"
    assert got(client, "r4/DiagnosticReport")["total"] == 0
    for name in ("DiagnosticReport/x", "Observation/x", f"Device/{report.pk}", f"Binary/{report.pk}-0123456789abcdef"):
        got(client, f"r4/{name}", status=404)
    client.force_login(make_user(Role.ADMIN))
    assert got(client, "r4/DiagnosticReport", status=403)["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(("release", "version"), [("r4", "4.0.1"), ("r5", "5.0.0")])
def test_it_says_what_can_be_asked(program: Client, release: str, version: str) -> None:
    said = got(program, f"{release}/metadata")
    assert said["fhirVersion"] == version
    # HL7's schema of R4 was written before 4.0.1 had its number.
    assert (faults({**said, "fhirVersion": "3.5.0"}) if release == "r4" else r5_faults(said)) == []


def test_who_is_not_logged_in_is_told_how(client: Client, report: Report) -> None:
    answer = client.get(f"/fhir/r4/DiagnosticReport/{report.pk}")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Session"
    refused = json.loads(answer.content)
    assert (refused["resourceType"], refused["issue"][0]["code"]) == ("OperationOutcome", "login")
