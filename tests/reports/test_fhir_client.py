"""SMART's own client reads our FHIR R4: it takes nothing that its models, made of HL7's definitions, do not know."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from fhirclient.client import FHIRClient
from fhirclient.models.binary import Binary
from fhirclient.models.diagnosticreport import DiagnosticReport
from fhirclient.models.domainresource import DomainResource
from fhirclient.models.fhirabstractbase import FHIRValidationError
from fhirclient.models.imagingstudy import ImagingStudy
from fhirclient.models.media import Media
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirclient.models.practitioner import Practitioner
from fhirclient.server import FHIRNotFoundException, FHIRUnauthorizedException

from reporting.accounts.access_tokens import issue_token
from reporting.accounts.models import Role, TokenScope, User
from tests.reports.factories import make_user, signed_report

pytestmark = [
    pytest.mark.skipif(not any(settings.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci"),
]


@pytest.fixture
def senior(transactional_db: None) -> User:
    return make_user(Role.SENIOR)


@pytest.fixture
def smart(live_server: Any, senior: User) -> Iterator[FHIRClient]:
    client = FHIRClient({"app_id": "hospital", "api_base": f"{live_server.url}/fhir/r4"})
    session = client.server.session
    session.trust_env = False
    token = issue_token(senior, name="hospital", days=1, scope=TokenScope.REPORTS, by=senior)
    session.headers["Authorization"] = f"Bearer {token}"
    with session:
        yield client


def resolved(reference: Any, kind: type[DomainResource]) -> Any:
    read = reference.resolved(kind)
    assert isinstance(read, kind)
    return read


def test_it_refuses_what_it_does_not_know() -> None:
    """Else the tests below would say nothing."""
    with pytest.raises(FHIRValidationError):
        Observation({"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "made_up": 1})


def test_a_report_is_found_and_all_that_it_refers_to_is_read(smart: FHIRClient, senior: User) -> None:
    report, _other = signed_report(senior), signed_report(senior)
    smart.prepare()
    capabilities = smart.server.capabilityStatement
    assert capabilities.fhirVersion == "4.0.1"
    assert "DiagnosticReport" in {resource.type for resource in capabilities.rest[0].resource}

    search = DiagnosticReport.where({"identifier": report.study.accession_number})
    (found,) = search.perform_resources_iter(smart.server)
    assert (found.id, found.status) == (str(report.pk), "final")
    patient = resolved(found.subject, Patient)
    assert patient.identifier[0].value == report.study.patient.patient_id
    assert resolved(found.resultsInterpreter[0], Practitioner).id == str(senior.pk)
    (study,) = (resolved(one, ImagingStudy) for one in found.imagingStudy)
    assert study.identifier[0].value == f"urn:oid:{report.study.study_instance_uid}"
    for reference in found.result[:3]:
        observation = resolved(reference, Observation)
        assert observation.status == "final"
        assert resolved(observation.subject, Patient).id == patient.id
    for medium in found.media or []:
        resolved(medium.link, Media)
    (pdf,) = (form.url for form in found.presentedForm if form.contentType == "application/pdf")
    printed = Binary.read_from(pdf, smart.server)
    assert base64.b64decode(printed.data).startswith(b"%PDF")


def test_it_goes_from_page_to_page(smart: FHIRClient, senior: User) -> None:
    reports = {str(signed_report(senior).pk) for _ in range(3)}
    found = DiagnosticReport.where({"_count": "2"}).perform_resources_iter(smart.server)
    assert {one.id for one in found} == reports


def test_refusals_are_those_that_it_knows(smart: FHIRClient) -> None:
    with pytest.raises(FHIRNotFoundException):
        DiagnosticReport.read("0", smart.server)
    del smart.server.session.headers["Authorization"]
    with pytest.raises(FHIRUnauthorizedException):
        DiagnosticReport.read("0", smart.server)
