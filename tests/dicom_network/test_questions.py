"""Questions are put into SQL once: another value, another person or another right must still be another answer."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import CharField
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reporting.accounts.models import Role, User
from reporting.core.compiled_query import CompiledQuery, Given, row_of
from reporting.dicom_network import frames, items
from reporting.studies.models import Patient, Series, SopInstance, Study, StudyShare
from tests.factories import make_study, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_compiled() -> None:
    for question in (items.studies, items.series, items.instances, frames._named):
        question.cache_clear()


@pytest.fixture
def study(settings: Any, tmp_path: Path) -> Study:
    settings.STATE_DIR = tmp_path / "state"
    return described(make_study(objects=3), "BENCH1", "Zhang^San=张^三", date(2024, 1, 31), "F")


@pytest.fixture
def other() -> Study:
    return described(make_study(objects=1), "bench2", "Doe^Jane", date(2024, 2, 1), "M")


def described(study: Study, patient_id: str, name: str, day: date, sex: str) -> Study:
    Patient.objects.filter(pk=study.patient_id).update(
        patient_id=patient_id, name=name, sex=sex, birth_date=day - timedelta(days=10_000)
    )
    series = study.series_set.get()
    series.series_number, series.description = day.month, f"T2 {sex}"
    series.save()
    SopInstance.objects.filter(series=series).update(header={"series": {"rows": 16, "columns": 24}})
    for number, one in enumerate(series.sop_instances.all(), 1):
        SopInstance.objects.filter(pk=one.pk).update(instance_number=number)
    study.study_date, study.accession_number, study.description = day, f"A{day.month}", f"neck {sex}"
    study.save()
    return study


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def found(client: Client, query: str = "", path: str = "studies") -> list[dict[str, Any]]:
    answer = client.get(f"/dicom-web/{path}?{query}")
    assert answer.status_code == 200, answer.content
    return list(answer.json())


def uids(client: Client, query: str = "") -> set[str]:
    return {one["0020000D"]["Value"][0] for one in found(client, query)}


@pytest.mark.parametrize(
    ("asked", "first", "second"),
    [
        ("StudyInstanceUID={0}", True, False),
        ("StudyInstanceUID={1},1.2.3", False, True),
        ("StudyInstanceUID={0}%5C{1}", True, True),
        ("StudyDate=20240131", True, False),
        ("StudyDate=-20240131", True, False),
        ("StudyDate=20240201-", False, True),
        ("StudyDate=20240131-20240201", True, True),
        ("StudyDate=20240202-20240301", False, False),
        ("StudyDescription=NECK f", True, False),
        ("StudyDescription=neck ?", True, True),
        ("AccessionNumber=A2", False, True),
        ("AccessionNumber=a2", False, False),
        ("PatientName=张^三", True, False),
        ("PatientName=*JANE", False, True),
        ("PatientID=BENCH1", True, False),
        ("PatientID=bench1", False, False),
        ("PatientID=BENCH*", True, False),
        ("PatientID=?????[12]", False, False),
        ("PatientID=????*", True, True),
        ("PatientSex=m", False, True),
        ("PatientBirthDate=19960914", True, False),
        ("ModalitiesInStudy=MR", True, True),
        ("ModalitiesInStudy=C?", False, False),
        ("PatientSex=F&ModalitiesInStudy=MR&StudyDate=20240131", True, False),
        ("PatientSex=F&PatientSex=M", False, False),
        ("PatientSex=", True, True),
    ],
)
def test_each_attribute_finds_its_own(study: Study, other: Study, asked: str, first: bool, second: bool) -> None:
    client = logged_in(make_user(Role.SENIOR))
    named = [study.study_instance_uid, other.study_instance_uid]
    expected = {uid for uid, is_found in zip(named, (first, second), strict=True) if is_found}
    for _again in range(2):
        assert uids(client, asked.format(*named)) == expected


@pytest.mark.parametrize(
    ("path", "asked", "count"),
    [
        ("studies/{study}/series", "SeriesNumber=1", 1),
        ("studies/{study}/series", "SeriesNumber=2", 0),
        ("studies/{study}/series", "SeriesDescription=t2*&Modality=mr", 1),
        ("studies/{study}/series", "PatientSex=M", 0),
        ("studies/{study}/series", "StudyInstanceUID={other}", 0),
        ("studies/{study}/series", "SeriesInstanceUID={series}", 1),
        ("studies/{study}/instances", "InstanceNumber=2", 1),
        ("studies/{study}/instances", "InstanceNumber=-2", 0),
        ("studies/{study}/instances", "SOPClassUID=1.2.840.10008.5.1.4.1.1.4", 3),
        ("studies/{study}/instances", "limit=2", 2),
        ("studies/{study}/instances", "limit=2&offset=2", 1),
        ("studies/{study}/series/{series}/instances", "SOPInstanceUID={one},{two}", 2),
        ("studies/{study}/series/{series}/instances", "SeriesNumber=2", 0),
    ],
)
def test_what_lies_below_a_study_is_found_by_its_own(
    study: Study, other: Study, path: str, asked: str, count: int
) -> None:
    client = logged_in(make_user(Role.SENIOR))
    series = study.series_set.get()
    one, two, _three = series.sop_instances.order_by("instance_number")
    names = {
        "study": study.study_instance_uid,
        "other": other.study_instance_uid,
        "series": series.series_instance_uid,
        "one": one.sop_instance_uid,
        "two": two.sop_instance_uid,
    }
    for _again in range(2):
        answer = found(client, asked.format(**names), path.format(**names))
        assert [item["0020000D"]["Value"] for item in answer] == count * [[study.study_instance_uid]]


def test_other_values_of_the_same_question_are_no_new_sql(study: Study, other: Study) -> None:
    client = logged_in(make_user(Role.SENIOR))
    for one in (study, other):
        assert uids(client, f"StudyInstanceUID={one.study_instance_uid}&limit=5") == {one.study_instance_uid}
        (series,) = found(client, path=f"studies/{one.study_instance_uid}/series")
        assert series["0020000E"]["Value"] == [one.series_set.get().series_instance_uid]
    assert [items.studies.cache_info().currsize, items.studies.cache_info().hits] == [1, 1]
    assert [items.series.cache_info().currsize, items.series.cache_info().hits] == [1, 1]


def test_counts_of_a_study_are_its_own(study: Study, other: Study) -> None:
    Series.objects.create(study=study, series_instance_uid="1.2.3.4", modality="SR")
    counted = {
        one["0020000D"]["Value"][0]: [one[tag]["Value"] for tag in ("00080061", "00201206", "00201208")]
        for one in found(logged_in(make_user(Role.SENIOR)))
    }
    assert counted == {
        study.study_instance_uid: [["MR", "SR"], [2], [3]],
        other.study_instance_uid: [["MR"], [1], [1]],
    }


def test_a_study_without_series_says_none() -> None:
    patient = Patient.objects.create(patient_id="1", name="Doe^Test")
    Study.objects.create(patient=patient, study_instance_uid="1.2.3")
    (item,) = found(logged_in(make_user(Role.SENIOR)))
    assert item["00080061"] == {"vr": "CS"}
    assert [item[tag]["Value"] for tag in ("00201206", "00201208")] == [[0], [0]]


def test_objects_say_their_size(study: Study) -> None:
    answer = found(logged_in(make_user(Role.SENIOR)), path=f"studies/{study.study_instance_uid}/instances")
    assert [(one["00280010"]["Value"], one["00280011"]["Value"]) for one in answer] == 3 * [([16], [24])]


def sees(client: Client, study: Study) -> tuple[bool, bool, bool, bool]:
    """Whether this person finds the study, its series, its objects, and gets as far as its pixels."""
    uid, series = study.study_instance_uid, study.series_set.get()
    address = f"/dicom-web/studies/{uid}"
    one = series.sop_instances.all()[0]
    frame = reverse("dicom_network:frames", args=[uid, series.series_instance_uid, one.sop_instance_uid, (1,)])
    studies = client.get("/dicom-web/studies")
    listed = studies.status_code == 200 and uid in {one["0020000D"]["Value"][0] for one in studies.json()}
    return (
        listed,
        client.get(f"{address}/series").status_code == 200,
        client.get(f"{address}/instances").status_code == 200,
        client.get(frame).status_code == 422,  # the bytes of this object are no DICOM
    )


ALL, NONE = (True,) * 4, (False,) * 4


def test_another_section_holds_from_the_next_question_on(study: Study) -> None:
    junior = make_user(Role.JUNIOR, section=study.section)
    client = logged_in(junior)
    assert sees(client, study) == ALL
    User.objects.filter(pk=junior.pk).update(section="other")
    assert sees(client, study) == NONE
    share = StudyShare.objects.create(study=study, user=junior, shared_by=make_user(Role.SENIOR))
    assert sees(client, study) == ALL
    StudyShare.objects.filter(pk=share.pk).update(ended_at=timezone.now())
    assert sees(client, study) == NONE
    Study.objects.filter(pk=study.pk).update(assigned_to=junior)
    assert sees(client, study) == ALL


def test_another_role_holds_from_the_next_question_on(study: Study) -> None:
    person = make_user(Role.SENIOR)
    client = logged_in(person)
    assert sees(client, study) == ALL
    User.objects.filter(pk=person.pk).update(role=Role.ADMIN)
    assert sees(client, study) == NONE


def test_two_people_of_one_section_do_not_share_what_is_their_own(study: Study) -> None:
    asked, not_asked = (make_user(Role.JUNIOR, section="other") for _ in range(2))
    StudyShare.objects.create(study=study, user=asked, shared_by=make_user(Role.SENIOR))
    for _again in range(2):
        assert sees(logged_in(asked), study) == ALL
        assert sees(logged_in(not_asked), study) == NONE


def test_an_importer_ceases_to_see_what_came_long_ago(study: Study) -> None:
    client = logged_in(make_user(Role.IMPORTER))
    before = sees(client, study)
    assert any(before)
    Study.objects.filter(pk=study.pk).update(created_at=timezone.now() - timedelta(days=4))
    assert sees(client, study) == NONE


def test_a_row_has_each_value_in_its_own_column(study: Study) -> None:
    """Columns are asked for in an order of their own; those that were not are fetched when used."""
    one = study.series_set.get().sop_instances.all()[0]
    named = SopInstance.objects.filter(sop_instance_uid=Given("uid", CharField()))
    row = CompiledQuery(named, "sha256", "number_of_frames", "id").first(uid=one.sop_instance_uid)
    assert row is not None
    kept = row_of(SopInstance, row)
    assert (kept.pk, kept.sha256, kept.number_of_frames) == (one.pk, one.sha256, 1)
    assert kept.get_deferred_fields() > {"header", "size_bytes"}
    assert kept.size_bytes == one.size_bytes
    assert CompiledQuery(named, "id").first(uid="1.2") is None


def test_json_comes_as_what_it_stands_for(study: Study) -> None:
    question = CompiledQuery(SopInstance.objects.order_by("pk"), "header", "header__series__rows")
    assert question.part(1, 1, {}) == [{"header": {"series": {"rows": 16, "columns": 24}}, "header__series__rows": 16}]
