"""Readers see copies: other UIDs, no patient, the same pixels; and of the algorithm what their arm allows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from django.db import transaction
from django.test import Client, override_settings

from reporting.reader_studies import services
from reporting.reader_studies.models import CaseObject, ReaderStudy, Reading
from reporting.reader_studies.preflight import problems
from reporting.reader_studies.services.images import pseudonyms_of
from reporting.reader_studies.viewing import case_description, case_outlines, cases_in_view
from reporting.reader_studies.words import ArmKind
from reporting.studies.blobs import blob_path
from reporting.studies.frame_store import stored_frame
from reporting.studies.models import SopInstance, Study
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
    secrets = [b"Wang^", b"Patient1", b"Patient2", b"MR2026", b"D1", b"20261124", b"1970"]
    for copy in copies[::11]:
        data = blob_path(copy.sha256).read_bytes()
        assert copy.source.sop_instance_uid.encode() not in data
        assert not [secret for secret in secrets if secret in data]
        assert not [text for text in ("Wang", "D1", "MR2026", "1970", "2026") if text in json.dumps(copy.header)]
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
