"""What a list holds: whose studies, which filter, which words, in which order, page after page."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from reporting.accounts.models import Role, User
from reporting.orders.intake import take
from reporting.orders.senders import Calling, add_sender
from reporting.predictions.models import JobStatus, Prediction
from reporting.predictions.services import set_blind_rule
from reporting.reports.models import Report
from reporting.reports.services import start_report
from reporting.reports.services.critical_path import raise_alert
from reporting.studies.models import Patient, Study, StudyShare
from reporting.worklist.filters import Assigned, Machine, Status, WorklistFilter
from reporting.worklist.models import WorklistEntry
from reporting.worklist.page import PAGE_ROWS, WorklistPage, matching, worklist_page
from reporting.worklist.services import set_suspicion_first
from reporting.worklist.suspicion import blind_open_studies, is_suspicion_first, may_order
from tests.factories import make_job, make_study, make_user
from tests.orders.messages import message, patient

pytestmark = pytest.mark.django_db
EVERYTHING = WorklistFilter(status=Status.ALL)


def shown(user: User, words: str = "", **chosen: Any) -> set[uuid.UUID]:
    wanted = WorklistFilter(**{"status": Status.ALL, "search": "token" if words else "", **chosen})
    return {entry.study_id for part in matching(user, wanted, words) for entry in part}


def pages(user: User, chosen: WorklistFilter, **more: Any) -> Iterator[WorklistPage]:
    cursor = ""
    while True:
        page = worklist_page(matching(user, chosen), chosen, before=cursor, **more)
        yield page
        cursor = page.next_cursor
        if not cursor:
            return


def received(study: Study, ago: timedelta) -> None:
    Study.objects.filter(pk=study.pk).update(created_at=timezone.now() - ago)


def suspected(finding: str = "slip") -> Study:
    job = make_job(status=JobStatus.SUCCEEDED, result={"gate": {"status": "run"}})
    Prediction.objects.create(job=job, finding=finding, level="C4", probability=0.9, threshold=0.5, positive=True)
    return job.study


def test_a_junior_sees_the_studies_of_the_section_and_those_assigned(junior: User) -> None:
    own, other, given = make_study(), make_study(section="msk"), make_study(section="msk")
    Study.objects.filter(pk=given.pk).update(assigned_to=junior)
    assert shown(junior) == {own.pk, given.pk}
    assert other.pk in shown(make_user(Role.SENIOR))
    assert shown(make_user(Role.READER)) == set()


def test_the_list_is_filtered_by_report(senior: User) -> None:
    unreported, drafted, closed = (make_study() for _ in range(3))
    start_report(study=drafted, by=senior)
    Report.objects.filter(pk=start_report(study=closed, by=senior).pk).update(status="final")
    assert shown(senior, status=Status.OPEN) == {unreported.pk, drafted.pk}
    assert shown(senior, status=Status.UNREPORTED) == {unreported.pk}
    assert shown(senior, status=Status.DRAFT) == {drafted.pk}
    assert shown(senior, status=Status.FINAL) == {closed.pk}
    assert shown(senior) == {unreported.pk, drafted.pk, closed.pk}


def test_the_list_is_filtered_by_the_state_of_the_machine(senior: User) -> None:
    states = {status: make_job(status=status).study for status in (JobStatus.FAILED, JobStatus.QUEUED)}
    withheld = make_job(status=JobStatus.SUCCEEDED, result={"gate": {"status": "partial"}}).study
    never = make_study()
    assert shown(senior, machine=Machine.FAILED) == {states[JobStatus.FAILED].pk}
    assert shown(senior, machine=Machine.WAITING) == {states[JobStatus.QUEUED].pk}
    assert shown(senior, machine=Machine.WITHHELD) == {withheld.pk}
    assert shown(senior, machine=Machine.NONE) == {never.pk}


def test_the_list_is_filtered_by_person_place_and_time(senior: User, junior: User) -> None:
    given, written, old, sent = (make_study() for _ in range(4))
    Study.objects.filter(pk=given.pk).update(assigned_to=senior)
    start_report(study=written, by=senior)
    received(old, timedelta(days=40))
    Study.objects.filter(pk=sent.pk).update(referring_unit="Orthopaedics", section="msk", study_date=date(2026, 11, 3))
    assert shown(senior, assigned=Assigned.ME) == {given.pk}
    assert shown(senior, assigned=Assigned.AUTHOR) == {written.pk}
    assert shown(senior, assigned=Assigned.NOBODY) == {written.pk, old.pk, sent.pk}
    assert shown(senior, days="30") == {given.pk, written.pk, sent.pk}
    assert shown(senior, referrer="Orthopaedics") == shown(senior, section="msk") == {sent.pk}
    assert shown(senior, since=date(2026, 11, 1), until=date(2026, 11, 3)) == {sent.pk}
    assert shown(senior, until=date(2026, 11, 2)) == set()


def test_what_is_critical_and_was_told_to_nobody_in_time_has_a_list(senior: User) -> None:
    study = make_study()
    report = start_report(study=study, by=senior)
    alert = raise_alert(report, code="critical.x", category=1, finding=("x", "x"), places=(), fingerprint="", by=senior)
    assert shown(senior, overdue=True) == set()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # the clock cannot be turned, the row can
        cursor.execute(
            "UPDATE reports_criticalalert SET due_at = now() - interval '1 minute' WHERE id = %s", [alert.pk]
        )
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert shown(senior, overdue=True) == {study.pk}


def test_a_patient_is_found_by_any_part_of_the_name_and_by_numbers(senior: User) -> None:
    study, other = make_study(), make_study()
    study.patient.name, study.patient.patient_id = "Ouyang^Xiu Wei=欧阳^修伟", "HN-00417_a"
    study.patient.save()
    Study.objects.filter(pk=study.pk).update(accession_number="MR20261124-7")
    found = ("ouyang", "OUYANG xiu", "wei ouyang", "欧阳", "修伟", "阳修", "伟", "xi", "00417", "hn-00417_a", "1124-7")
    for words in found:
        assert shown(senior, words) == {study.pk}, words
    for words in ("欧修", "uy", "ouyang 王", "100%", "hn_00417"):
        assert shown(senior, words) == set(), words
    assert other.pk in shown(senior)


@pytest.mark.parametrize("role", Role)
def test_the_parts_of_a_list_hold_what_the_reader_may_see_once(role: Role) -> None:
    """A study that is of the section, assigned and shared, too, is one row."""
    user = make_user(role, section="neuroradiology")
    for section in ("neuroradiology", "msk"):
        make_study(section=section)
        assigned, shared, both = (make_study(section=section) for _ in range(3))
        Study.objects.filter(pk__in=[assigned.pk, both.pk]).update(assigned_to=user)
        for study in (shared, both):
            StudyShare.objects.create(study=study, user=user, shared_by=user)
    found = [entry.study_id for part in WorklistEntry.objects.parts_visible_to(user) for entry in part]
    assert len(found) == len(set(found))
    assert set(found) == set(Study.objects.visible_to(user).values_list("pk", flat=True))


def test_pages_follow_each_other_without_gap_or_repeat(senior: User) -> None:
    study = make_study(objects=0)
    copies = Study.objects.bulk_create(
        Study(patient=study.patient, study_instance_uid=f"1.2.{number}", section=study.section)
        for number in range(2 * PAGE_ROWS + 4)
    )
    # Many studies of one moment: the key decides.
    Study.objects.filter(pk__in=[copy.pk for copy in copies]).update(created_at=timezone.now() - timedelta(days=1))
    found = [entry.study_id for page in pages(senior, EVERYTHING) for entry in page.entries]
    assert len(found) == len(set(found)) == 2 * PAGE_ROWS + 5
    assert found[0] == study.pk
    nonsense = worklist_page(matching(senior, EVERYTHING), EVERYTHING, before="nonsense")
    assert [entry.study_id for entry in nonsense.entries] == found[:PAGE_ROWS]


def test_suspected_studies_come_first_only_for_who_switched_it_on(senior: User) -> None:
    slip, minor, new = suspected("slip"), suspected("osteophyte"), make_study()
    for study, days in ((slip, 3), (minor, 2), (new, 1)):
        received(study, timedelta(days=days))
    chosen = WorklistFilter()
    [page] = pages(senior, chosen)
    assert [entry.study_id for entry in page.entries] == [new.pk, minor.pk, slip.pk]
    assert not is_suspicion_first(senior)
    set_suspicion_first(by=senior, on=True)
    assert is_suspicion_first(senior)
    assert not is_suspicion_first(make_user(Role.SENIOR))
    # What the machine did not look at stands before what it called harmless.
    [page] = pages(senior, chosen, suspicion_first=True)
    assert [entry.study_id for entry in page.entries] == [slip.pk, new.pk, minor.pk]


def test_pages_by_suspicion_follow_each_other_too(senior: User) -> None:
    study = make_study(objects=0)
    copies = Study.objects.bulk_create(
        Study(patient=study.patient, study_instance_uid=f"1.2.{number}", section=study.section)
        for number in range(PAGE_ROWS + 10)
    )
    marked = [suspected() for _ in range(3)]
    blind = [suspected().pk]
    found = [
        entry.study_id
        for page in pages(senior, WorklistFilter(), suspicion_first=True, blind=blind)
        for entry in page.entries
    ]
    assert len(found) == len(set(found)) == len(copies) + 5
    assert set(found[:3]) == {study.pk for study in marked}


def test_who_reads_blind_first_has_no_order_by_suspicion(senior: User, junior: User) -> None:
    set_suspicion_first(by=junior, on=True)
    assert is_suspicion_first(junior)
    set_blind_rule(by=senior, user=junior, is_on=True)
    assert not may_order(junior)
    assert not is_suspicion_first(junior)
    assert may_order(senior)
    set_blind_rule(by=senior, fraction=0.1, is_on=True)
    assert not may_order(senior)
    assert may_order(make_user(Role.AUDITOR))


def test_a_study_read_blind_stands_where_one_stands_that_was_not_looked_at(senior: User) -> None:
    slip, hidden, unknown = suspected(), suspected(), make_study()
    for study, days in ((slip, 3), (hidden, 2), (unknown, 1)):
        received(study, timedelta(days=days))
    set_blind_rule(by=senior, study=hidden, is_on=True)
    blind = blind_open_studies(senior)
    assert blind == (hidden.pk,)
    [page] = pages(senior, WorklistFilter(), suspicion_first=True, blind=blind)
    assert [entry.study_id for entry in page.entries] == [slip.pk, unknown.pk, hidden.pk]


def test_an_address_says_the_filter_and_back() -> None:
    chosen = WorklistFilter(
        status=Status.DRAFT,
        assigned=Assigned.ME,
        machine=Machine.FAILED,
        section="a&b",
        days="7",
        since=date(2026, 1, 2),
    )
    query = chosen.to_query()
    assert query == "status=draft&assigned=me&machine=failed&section=a%26b&days=7&since=2026-01-02"
    strange = {"status": "x", "days": "5", "since": "2026-13-01", "search": "<b>", "referrer": "\x00 ENT "}
    assert WorklistFilter.from_query(strange) == WorklistFilter(referrer="ENT")


def test_either_number_of_a_merged_patient_finds_the_studies_of_both(senior: User) -> None:
    kept, merged = make_study(), make_study()
    for study, number in ((kept, "MRN-1"), (merged, "MRN-2")):
        Patient.objects.filter(pk=study.patient_id).update(patient_id=number)
    ris = add_sender("RIS", Calling(["127.0.0.1"]), by=None)
    assert shown(senior, "MRN-1") == {kept.pk}
    take(message(patient("MRN-1"), "MRG|MRN-2^^^HOSP^PI", kind="ADT^A40"), [ris])
    assert shown(senior, "MRN-1") == shown(senior, "MRN-2") == {kept.pk, merged.pk}
