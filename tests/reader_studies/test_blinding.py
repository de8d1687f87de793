"""Readers see copies: other UIDs, no patient, the same pixels; of the algorithm what their arm allows."""

from __future__ import annotations

import json
import re

import numpy as np
import pydicom
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reporting.reader_studies import services
from reporting.reader_studies.models import CaseObject, ReaderStudy, Reading
from reporting.reader_studies.places import places_of
from reporting.reader_studies.services.images import pseudonyms_of
from reporting.reader_studies.truth_file import example
from reporting.reader_studies.viewing import case_description, case_outlines, cases_in_view
from reporting.reader_studies.words import ArmKind
from reporting.studies.blobs import blob_path
from reporting.studies.frame_store import stored_frame
from reporting.studies.models import SopInstance, Study
from tests.reader_studies.blinded import made, open_in, study
from tests.reader_studies.factories import in_design, owner_of, read_next

__all__ = ["made", "study"]
pytestmark = pytest.mark.django_db


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
    reading = open_in(study, ArmKind.UNAIDED)
    user = reading.assignment.reader.member.user
    said = case_description(reading.assignment.case, user)
    assert (said["levels"], said["measurements"]) == ([], [])
    assert {one["contours_url"] for one in said["series"]} == {None}
    assert {one["description"] for one in said["series"]} == {""}
    assert len(said["series"]) == 3
    assert set(said["links"]) == {"preferences"}


def test_the_aided_arm_is_shown_levels_outlines_and_measurements_on_the_copies(study: ReaderStudy) -> None:
    reading = open_in(study, ArmKind.AIDED)
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
    reading = open_in(study, ArmKind.UNAIDED)
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
    plain = open_in(study, ArmKind.UNAIDED)
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
