"""Readers see copies: other UIDs, no patient, the same pixels; of the algorithm what their arm allows; no leaks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from reporting.accounts.models import Role
from reporting.accounts.permissions import PERMISSIONS, Act
from reporting.reader_studies import api, services, viewing
from reporting.reader_studies.models import CaseObject, CaseSeries, ReaderStudy, Reading, ReferenceStandard
from reporting.reader_studies.permissions import IN_STUDY, StudyAct
from reporting.reader_studies.places import places_of
from reporting.reader_studies.preflight import problems
from reporting.reader_studies.services.images import pseudonyms_of
from reporting.reader_studies.truth_file import example
from reporting.reader_studies.viewing import case_description, case_outlines, cases_in_view
from reporting.reader_studies.views import reading as reading_views
from reporting.reader_studies.words import ArmKind, StudyRole
from reporting.reports.models import Report
from reporting.studies.blobs import blob_path
from reporting.studies.frame_store import stored_frame
from reporting.studies.models import SopInstance, Study
from tests.reader_studies.crawler import Leak, addresses, leaks
from tests.reader_studies.factories import in_design, owner_of, read_next
from tests.reader_studies.necks import neck_study

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One study with two necks in two arms, locked; built once."""
    blobs = tmp_path_factory.mktemp("blobs")
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(BLOB_DIR=blobs):
        study = neck_study(tmp_path_factory.mktemp("necks"))
        assert problems(study) == []
        services.lock_study(study, by=owner_of(study), expected_version=study.version)
        yield blobs
        transaction.set_rollback(True)


@pytest.fixture
def study(made: Path, settings: Any) -> ReaderStudy:
    settings.BLOB_DIR = made
    return ReaderStudy.objects.get()


def _open(study: ReaderStudy, arm: ArmKind) -> Reading:
    """The first reader's first reading in that arm; each session holds both."""
    reader = study.readers.all()[0]
    while (reading := services.open_reading(reader, by=reader.member.user)).assignment.arm.kind != arm:
        read_next(reader)
    return reading


def test_a_copy_has_the_same_pixels_and_nothing_of_the_patient(study: ReaderStudy) -> None:
    copies = CaseObject.objects.select_related("source")
    assert copies.count() == SopInstance.objects.count() == 2 * 44
    secrets = [b"Wang^", b"Patient1", b"Patient2", b"MR2026000", b"20261124", b"19700203"]
    for copy in copies[::11]:
        data = blob_path(copy.sha256).read_bytes()
        assert copy.source.sop_instance_uid.encode() not in data
        assert not [secret for secret in secrets if secret in data]
        assert not [secret for secret in secrets if secret.decode() in json.dumps(copy.header)]
        assert pydicom.dcmread(blob_path(copy.sha256)).SOPInstanceUID == copy.sop_instance_uid
        assert np.array_equal(stored_frame(copy, 1), stored_frame(copy.source, 1))


def test_two_reader_studies_cannot_be_joined_by_their_uids(study: ReaderStudy) -> None:
    patient = Study.objects.all()[0].patient
    one, other = pseudonyms_of(study, patient), pseudonyms_of(in_design(), patient)
    assert one.uid("1.2.3") != other.uid("1.2.3")
    assert one.patient_id != other.patient_id


def test_the_unaided_arm_is_shown_images_and_nothing_else(study: ReaderStudy) -> None:
    reading = _open(study, ArmKind.UNAIDED)
    user = reading.assignment.reader.member.user
    said = case_description(reading.assignment.case, user)
    assert (said["levels"], said["measurements"]) == ([], [])
    assert {one["contours_url"] for one in said["series"]} == {None}
    assert {one["description"] for one in said["series"]} == {""}
    assert len(said["series"]) == 3
    assert set(said["links"]) == {"preferences"}


def test_the_aided_arm_is_shown_levels_outlines_and_measurements_on_the_copies(study: ReaderStudy) -> None:
    reading = _open(study, ArmKind.AIDED)
    case, user = reading.assignment.case, reading.assignment.reader.member.user
    said = case_description(case, user)
    assert [one["name"] for one in said["levels"] if one["kind"] == "disc"] == ["C2/3", "C3/4", "C4/5", "C5/6", "C6/7"]
    assert all(one["axial"] for one in said["levels"] if one["kind"] == "disc")
    assert len(said["measurements"]) == 2
    outlined = [one for one in case.series_set.all() if case_outlines(one)["frames"]]
    assert len(outlined) == 2
    shown = json.dumps(said)
    for instance in SopInstance.objects.filter(series__study=case.study_id):
        assert instance.sop_instance_uid not in shown
        assert str(instance.pk) not in shown
    assert str(case.study_id) not in shown


def test_pixels_come_to_who_reads_the_case_now_and_to_nobody_else(study: ReaderStudy) -> None:
    reading = _open(study, ArmKind.UNAIDED)
    user = reading.assignment.reader.member.user
    client = Client()
    client.force_login(user)
    copy = CaseObject.objects.filter(series__case=reading.assignment.case)[0]
    address = f"/api/reader-cases/{reading.assignment.case_id}/objects/{copy.sop_instance_uid}/frames/1/"
    answer = client.get(address)
    assert (answer.status_code, answer.content) == (200, stored_frame(copy, 1).tobytes())
    assert (answer["Cache-Control"], "ETag" in answer, "Last-Modified" in answer) == ("no-store", False, False)
    assert client.get(address.replace("frames/1", "frames/2")).status_code == 404
    services.pause_reading(reading, by=user, expected_version=reading.version)
    assert client.get(address).status_code == 404
    assert not cases_in_view(user)


def _secrets(reading: Reading) -> dict[str, bytes]:
    """What a reader of the unaided arm must not learn by any way."""
    assignment = reading.assignment
    case, study = assignment.case, assignment.reader.reader_study
    job, clinical = case.job, case.study
    assert job is not None
    report = Report.objects.get(study=clinical)
    other = study.readers.exclude(pk=assignment.reader_id)[0]
    series = clinical.series_set.all()
    objects = [one for each in series for one in each.sop_instances.all()[:2]]
    strongest = job.predictions.order_by("-probability")[0]
    words = {
        "patient's name": clinical.patient.name.split("=")[0],
        "accession number": clinical.accession_number,
        "study": str(clinical.pk),
        "study uid": clinical.study_instance_uid,
        "report": str(report.pk),
        "job": str(job.pk),
        "machine's word": f"positive {strongest.probability:.2f}",
        "machine's levels": '"kind":"disc"',
        "machine's outlines": '{"frames":{"',
        "series description": "T2 sag",
        "original's digest": objects[0].sha256[:32],
        "truth": str(ReferenceStandard.objects.all()[0].pk),
        "other reader": other.member.user.full_name,
        "other reading": str(Reading.objects.get(assignment__reader=other).pk),
        "owner": owner_of(study).full_name,
        **{f"series uid {n}": f'{one.series_instance_uid}"' for n, one in enumerate(series)},
        **{f"object {n}": str(one.pk) for n, one in enumerate(objects)},
        **{f"prediction {n}": str(one.pk) for n, one in enumerate(job.predictions.all())},
    }
    return {name: text.encode() for name, text in words.items()}


def _ids(reading: Reading) -> dict[str, list[Any]]:
    """Everything that an address of the program can name, of this study and of what lies behind it."""
    assignment = reading.assignment
    case, study = assignment.case, assignment.reader.reader_study
    clinical, copy = case.study, CaseObject.objects.filter(series__case=case)[0]
    series, source = copy.series.source, copy.source
    report = Report.objects.get(study=clinical)
    others = Reading.objects.exclude(pk=reading.pk)
    return {
        "study_id": [study.pk, clinical.pk],
        "report_id": [report.pk],
        "case_id": [case.pk, *study.cases.exclude(pk=case.pk).values_list("pk", flat=True)],
        "reading_id": [reading.pk, *others.values_list("pk", flat=True)],
        "series_id": [copy.series_id, *case.series_set.values_list("pk", flat=True), series.pk],
        "instance_id": [source.pk, copy.pk],
        "study_uid": [clinical.study_instance_uid],
        "series_uid": [series.series_instance_uid],
        "instance_uid": [source.sop_instance_uid],
        "uid": [copy.sop_instance_uid, source.sop_instance_uid],
        "job_id": [case.job_id],
        "algorithm_id": [study.algorithm_id],
        "frame": [1],
        "frames": [(1,)],
        "number": [1],
        "step": ["words", "check", "people", "cases"],
        "act": ["pause"],
        "format": ["json"],
        "extension": ["json"],
    }


@pytest.fixture
def unaided(study: ReaderStudy) -> Reading:
    """A blinded reader in the middle of a case; another reader reads too, and the truth is known."""
    services.import_truth(study, example(study).encode(), by=owner_of(study))
    other = study.readers.all()[1]
    services.open_reading(other, by=other.member.user)
    return _open(study, ArmKind.UNAIDED)


HIDDEN = re.compile(r"predictions_|reports_|studies_(study|patient)$|reader_studies_(truth|reference)")
"""Tables that an unaided reading must not ask: it takes longer the more they hold, which tells."""


def _work(reading: Reading) -> list[str]:
    """Every question to the database that a case costs, from its page to its submission; ids and values taken out."""
    client = Client()
    client.force_login(reading.assignment.reader.member.user)
    case = reading.assignment.case
    copy = CaseObject.objects.filter(series__case=case).order_by("pk")[0]
    viewer = f"/api/reader-cases/{case.pk}/"
    answers = [
        (one, place) for one in reading.assignment.reader.reader_study.findings.all() for place in places_of(one)
    ]
    with CaptureQueriesContext(connection) as caught:
        client.get(f"/reader-studies/{reading.assignment.reader.reader_study_id}/reading/")
        assert client.get(f"/reader-studies/readings/{reading.pk}/").status_code == 200
        assert client.get(viewer).status_code == 200
        assert client.get(f"{viewer}objects/{copy.sop_instance_uid}/frames/1/").status_code == 200
        assert client.get(f"{viewer}outlines/{copy.series_id}/").status_code == 404
        assert client.post(f"/api/readings/{reading.pk}/seen/").status_code == 200
        for version, (finding, (level, side)) in enumerate(answers, start=reading.version):
            said = {"finding": finding.key, "level": level, "side": side, "value": 1}
            etag = {"If-Match": f'"{version}"'}
            address = f"/api/readings/{reading.pk}/ratings/"
            assert client.put(address, said, "application/json", headers=etag).status_code == 200
        done = {"version": reading.version + len(answers)}
        assert client.post(f"/reader-studies/readings/{reading.pk}/submit/", done).status_code == 302
    return [re.sub(r"'[^']*'(::\w+)?|\b\d+(\.\d+)?\b", "?", one["sql"]) for one in caught.captured_queries]


def test_an_unaided_case_costs_the_same_work_whatever_is_hidden_about_it(study: ReaderStudy) -> None:
    """Another reader's first such case has no truth; this one's is known everywhere."""
    plain = _open(study, ArmKind.UNAIDED)
    before = _work(plain)
    services.import_truth(study, example(study).encode(), by=owner_of(study))
    other = study.readers.all()[1]
    while (known := services.open_reading(other, by=other.member.user)).assignment.arm.kind != ArmKind.UNAIDED:
        read_next(other)
    after = _work(known)
    assert len(before) == len(after)
    asked = set(re.findall(r'(?:FROM|JOIN|INTO|UPDATE) "(\w+)"', " ".join((*before, *after))))
    assert "reader_studies_caseobject" in asked
    assert {table for table in asked if HIDDEN.match(table)} == set()


def _walk(reading: Reading) -> list[Leak]:
    client = Client(raise_request_exception=False)
    client.force_login(reading.assignment.reader.member.user)
    return leaks(client, _ids(reading), _secrets(reading))


def _grant(patch: pytest.MonkeyPatch, *acts: Act) -> None:
    patch.setitem(PERMISSIONS, Role.READER, PERMISSIONS[Role.READER] | set(acts))


def _etag_of_the_original(patch: pytest.MonkeyPatch) -> None:
    honest = api.CaseFrameView.get

    def get(self: Any, request: Any, case_id: Any, uid: str, frame: int) -> Any:
        answer = honest(self, request, case_id, uid, frame)
        answer["ETag"] = f'"{CaseObject.objects.get(sop_instance_uid=uid).source.sha256}"'
        return answer

    patch.setattr(api.CaseFrameView, "get", get)


def _truth_in_the_page(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading_views, "page_strings", lambda: {"t": str(ReferenceStandard.objects.all()[0].pk)})


def _see_all(rows: Any, *_who: Any) -> Any:
    return rows


def _anybodys_reading(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading_views, "open_readings", lambda _user: Reading.objects.all())
    patch.setattr(reading_views, "_own_reading", lambda _request, reading_id: Reading.objects.get(pk=reading_id))


PLANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "machine's word": lambda patch: patch.setattr(ArmKind, "needs_algorithm", True),
    "machine's levels": lambda patch: patch.setattr(viewing, "sees_machine", lambda *_: True),
    "machine's outlines": lambda patch: patch.setattr(api, "sees_machine", lambda *_: True),
    "original's digest": _etag_of_the_original,
    "series description": lambda patch: patch.setattr(
        CaseSeries, "description", property(lambda s: s.source.description)
    ),
    "truth": _truth_in_the_page,
    "other reading": _anybodys_reading,
    "patient's name": lambda patch: patch.setattr(type(Study.objects.all()), "visible_to", _see_all),
    "report": lambda patch: patch.setattr(type(Report.objects.all()), "visible_to", _see_all),
    "study": lambda patch: _grant(patch, Act.AUDIT_VIEW),
    "other reader": lambda patch: _grant(patch, Act.USER_MANAGE),
    "owner": lambda patch: patch.setitem(IN_STUDY, StudyRole.READER, frozenset(StudyAct)),
}


@pytest.mark.parametrize("secret", PLANTS)
def test_the_crawler_finds_a_planted_leak(secret: str, unaided: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTS[secret](monkeypatch)
    assert secret in {leak.what for leak in _walk(unaided)}


def test_a_blinded_reader_learns_nothing_at_any_address(unaided: Reading) -> None:
    assert len(list(addresses(_ids(unaided)))) > 150
    assert _walk(unaided) == []
