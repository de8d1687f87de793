"""Slices that show the levels leave with the report: which DICOM object shows what, in both releases of FHIR."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from reporting.accounts.models import Role, User
from reporting.reports import services
from reporting.reports.exports.fhir import Release, bundle_of
from reporting.reports.models import ReportVersion
from reporting.studies.models import SopInstance
from tests.reader_studies.necks import make_algorithm, signed_neck
from tests.reports.factories import PASSWORD, make_user, signed_report
from tests.reports.test_fhir import SCHEMA, assert_valid, faults, resources
from tests.reports.test_fhir_api import got
from tests.reports.test_validators import r5_faults

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SCHEMA.exists(), reason="HL7's FHIR schema is not installed: npm ci"),
    pytest.mark.skipif(not any(settings.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci"),
]
DISCS = ["C2/3", "C3/4", "C4/5", "C5/6", "C6/7"]


@pytest.fixture
def signer() -> User:
    return make_user(Role.SENIOR)


@pytest.fixture
def version(signer: User, tmp_path: Path) -> ReportVersion:
    study = signed_neck(tmp_path / "neck", make_algorithm(), signer)
    return ReportVersion.objects.get(report__study=study)


def shown(version: ReportVersion) -> dict[str, tuple[str, ...]]:
    """By what the machine said: title → the objects it may be."""
    assert version.report.job is not None
    levels = version.report.job.result["levels"]
    axial = {
        f"{one['name']}, axial": (one["index_slice"]["sop_instance_uid"],) for one in levels if one["name"] in DISCS
    }
    sagittal = tuple({one["sagittal_slice"]["sop_instance_uid"] for one in levels})
    return {"Overview, sagittal": sagittal, **axial}


def test_each_says_which_object_shows_what(version: ReportVersion) -> None:
    said = bundle_of(version, with_pdf=False)
    assert_valid(said)
    media = {one["content"]["title"]: one for one in resources(said, "Media")}
    expected = shown(version)
    assert set(media) == {"Overview, sagittal", *(f"{name}, axial" for name in DISCS)}
    for title, one in media.items():
        (identifier,) = one["identifier"]
        assert identifier["value"].removeprefix("urn:oid:") in expected[title]
        assert "data" not in one["content"]
    links = {entry["fullUrl"]: entry["resource"] for entry in said["entry"]}
    report = said["entry"][0]["resource"]
    assert [links[one["link"]["reference"]]["content"]["title"] for one in report["media"]] == [
        one["comment"] for one in report["media"]
    ]
    assert len({one["id"] for one in media.values()}) == len(media)
    assert bundle_of(version, with_pdf=False) == said


def test_the_other_release_has_documents_in_their_place(version: ReportVersion) -> None:
    said = bundle_of(version, Release.R5, with_pdf=False)
    assert [fault for entry in said["entry"] for fault in r5_faults(entry["resource"])] == []
    assert not resources(said, "Media")
    links = {entry["fullUrl"]: entry["resource"] for entry in said["entry"]}
    linked = [links[one["link"]["reference"]] for one in said["entry"][0]["resource"]["media"]]
    assert {one["resourceType"] for one in linked} == {"DocumentReference"}
    titles = [one["content"][0]["attachment"]["title"] for one in linked]
    assert sorted(titles) == sorted(shown(version))
    assert {one["status"] for one in linked} == {"current"}


def test_each_can_be_read_by_its_address(client: Client, version: ReportVersion, signer: User) -> None:
    client.force_login(signer)
    for release, kind, other in (("r4", "Media", "DocumentReference"), ("r5", "DocumentReference", "Media")):
        diagnostic = got(client, f"{release}/DiagnosticReport/{version.report_id}")
        names = [one["link"]["reference"] for one in diagnostic["media"]]
        assert len(names) == 6
        one = got(client, f"{release}/{names[0]}")
        assert f"{kind}/{one['id']}" == names[0]
        assert (faults(one) if release == "r4" else r5_faults(one)) == []
        got(client, f"{release}/{names[0].replace(kind, other)}", status=404)
        said = {one["type"] for one in got(client, f"{release}/metadata")["rest"][0]["resource"]}
        assert (kind in said, other in said) == (True, False)


def test_frames_are_told_apart_and_those_of_a_withdrawn_report_are_in_error(
    version: ReportVersion, signer: User
) -> None:
    report = version.report
    SopInstance.objects.filter(series__study=report.study).update(number_of_frames=15)
    expected = report.version
    services.withdraw_report(report, "wrong patient", by=signer, expected_version=expected, password=PASSWORD)
    version.refresh_from_db()
    r4, r5 = (bundle_of(version, release, with_pdf=False) for release in Release)
    assert {one["status"] for one in resources(r4, "Media")} == {"entered-in-error"}
    assert {one["status"] for one in resources(r5, "DocumentReference")} == {"entered-in-error"}
    titles = [one["content"]["title"] for one in resources(r4, "Media")]
    assert "C5/6, axial, frame 1 of 15" in titles
    assert len(set(titles)) == 6


def test_a_report_without_a_reading_has_none(signer: User) -> None:
    report = signed_report(signer)
    said: Any = bundle_of(report.versions.get(), with_pdf=False)
    assert "media" not in said["entry"][0]["resource"]
