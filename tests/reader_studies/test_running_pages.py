"""The pages of a locked study: the owner runs it, a reader reads and learns, the reference standard is imported."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role, User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.reader_studies import services
from reporting.reader_studies.desk import next_step, progress, standings, washout_of
from reporting.reader_studies.models import ReaderStudy, Reading, ReferenceStandard, Submission
from reporting.reader_studies.preflight import problems
from reporting.reader_studies.truth_file import example
from reporting.reader_studies.words import StudyRole, StudyStatus
from tests.reader_studies.clock import Clock, clock
from tests.reader_studies.factories import (
    answer_all,
    closed,
    in_design,
    locked,
    owner_of,
    pretend_copied,
    read_next,
    ready,
)
from tests.reports.factories import make_user, signed_report

__all__ = ["clock"]
pytestmark = pytest.mark.django_db


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _run(study: ReaderStudy, act: str, user: User | None = None, **fields: Any) -> None:
    study.refresh_from_db()
    address = reverse("reader_studies:progress", args=[study.pk])
    answer = _client(user or owner_of(study)).post(address, {"act": act, "version": study.version, **fields})
    assert answer.status_code == 302
    study.refresh_from_db()


def test_the_owner_reopens_amends_withdraws_retracts_and_closes_from_one_page() -> None:
    study = locked()
    reader, case = study.readers.all()[0], study.cases.all()[0]
    submission = read_next(reader)
    at = submission.reading.assignment
    said = {"reader": at.reader.code, "case": at.case.code, "arm": at.arm.kind, "reason": "slip"}
    _run(study, "reopen", **{**said, "reason": " "})
    assert Reading.objects.get().attempt == 1
    _run(study, "reopen", **said)
    assert Reading.objects.get().attempt == 2
    _run(study, "amend", washout_days="10", reason="holidays")
    assert washout_of(study).days == 10
    _run(study, "withdraw", reader=study.readers.all()[1].code, reason="ill")
    assert study.readers.filter(withdrawn_at__isnull=False).count() == 1
    _run(study, "retract", case=case.code, reason="consent")
    assert study.cases.filter(retracted_at__isnull=False).get() == case
    page = _client(owner_of(study)).get(reverse("reader_studies:progress", args=[study.pk])).content.decode()
    assert f"{case.code}: consent" in page
    assert "withdrawn" in page
    _run(study, "close")
    assert study.status == StudyStatus.CLOSED


def test_a_training_case_shows_what_is_true_once_it_is_submitted_and_no_other_case_does() -> None:
    study = ready(cases=3)
    by = owner_of(study)
    study.cases.filter(pk=study.cases.all()[0].pk).update(is_training=True)
    services.lock_study(study, by=by, expected_version=study.version)
    services.import_truth(study, example(study).encode(), by=by)
    reader = study.readers.all()[0]
    user = reader.member.user
    client = _client(user)
    reading = services.open_reading(reader, by=user)
    assert reading.assignment.case.is_training
    feedback = reverse("reader_studies:feedback", args=[reading.pk])
    assert client.get(feedback).status_code == 404  # not before it is submitted
    reading = answer_all(reading, user)
    send = reverse("reader_studies:act", args=[reading.pk, "submit"])
    assert client.post(send, {"version": reading.version}).headers["Location"] == feedback
    page = client.get(feedback).content.decode()
    assert "differs" in page or "agrees" in page
    following = read_next(reader).reading
    assert client.get(reverse("reader_studies:feedback", args=[following.pk])).status_code == 404


def test_a_page_that_is_not_complete_or_too_old_says_so_and_submits_nothing() -> None:
    study = locked()
    reader = study.readers.all()[0]
    user = reader.member.user
    client, reading = _client(user), services.open_reading(reader, by=user)
    send = reverse("reader_studies:act", args=[reading.pk, "submit"])
    page = client.post(send, {"version": reading.version}, follow=True).content.decode()
    assert "Not everything is rated yet: Canal narrowing · C4/5" in page
    reading = answer_all(reading, user)
    page = client.post(send, {"version": 1}, follow=True).content.decode()
    assert "changed in another window" in page
    assert Reading.objects.get().submitted_at is None


def test_a_study_that_is_closed_in_the_middle_of_a_case_leads_back_to_the_desk() -> None:
    study = locked()
    reader = study.readers.all()[0]
    user = reader.member.user
    client, reading = _client(user), services.open_reading(reader, by=user)
    services.close_study(study, by=owner_of(study), expected_version=study.version)
    send = reverse("reader_studies:act", args=[reading.pk, "submit"])
    answer = client.post(send, {"version": reading.version}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("reader_studies:desk", args=[study.pk])
    assert "The reader study is closed" in answer.content.decode()
    assert client.put(f"/api/readings/{reading.pk}/ratings/", {}, "application/json").status_code == 404


def test_a_file_of_reference_values_is_imported_from_the_page_with_each_wrong_line_named() -> None:
    study = locked()
    client = _client(owner_of(study))
    address = reverse("reader_studies:reference", args=[study.pk])
    filled = client.get(reverse("reader_studies:reference_example", args=[study.pk])).content
    assert filled.startswith(b"\xef\xbb\xbfcase,finding")
    broken = SimpleUploadedFile("t.csv", filled.replace(b"surgery", b"hearsay"))
    refused = client.post(address, {"file": broken, "version": study.version})
    assert refused.status_code == 422
    assert "Line 5: the source must be one of" in refused.content.decode()
    done = client.post(address, {"file": SimpleUploadedFile("t.csv", filled), "version": study.version}, follow=True)
    assert "6 of 6 places have a reference value." in done.content.decode()
    assert ReferenceStandard.objects.count() == 6


def test_a_reader_whose_account_met_a_case_before_holds_the_study_up() -> None:
    study = ready()
    case, reader = study.cases.all()[0], study.readers.all()[0]
    assert problems(study) == []
    record(AuditAct.STUDY_OPENED, by=reader.member.user, about=case.study)
    assert problems(study) == ["Reader R01 opened or reported 1 of the cases before"]


def test_cases_are_shown_page_by_page_and_all_that_fit_are_added_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporting.reader_studies.views.steps.MOST_SHOWN", 2)
    study = in_design()
    for _ in range(3):
        signed_report(make_user(Role.SENIOR))
    client = _client(owner_of(study))
    address = reverse("reader_studies:design", args=[study.pk, "cases"])
    first = client.get(address, {"sex": "F"}).content.decode()
    assert (first.count('name="study"'), "1 / 2" in first, "?sex=F&amp;page=2" in first) == (2, True, True)
    assert client.get(address, {"page": 2}).content.decode().count('name="study"') == 1
    answer = client.post(f"{address}?sex=F", {"act": "add_all", "version": study.version})
    assert answer.headers["Location"].endswith("?sex=F")  # the filter stays
    assert study.cases.count() == 3
    pretend_copied(study)
    assert client.get(address).content.decode().count('name="case"') == 2


def test_a_version_that_is_only_registered_can_be_on_trial_and_stays_chosen() -> None:
    study = ready()
    client = _client(owner_of(study))
    algorithm = study.algorithm
    assert algorithm is not None
    type(algorithm).objects.update(status="registered")
    address = reverse("reader_studies:design", args=[study.pk, "arms"])
    sent = {
        "version": study.version,
        "design": "fully_crossed",
        "algorithm": str(algorithm.pk),
        "washout_days": "28",
        "block_size": "0",
        "reader_groups": "2",
        "arms": ["unaided", "aided"],
    }
    assert client.post(address, sent).status_code == 302
    study.refresh_from_db()
    assert study.algorithm == algorithm


def test_an_adjudicator_without_a_seat_is_told_so() -> None:
    study = ready()
    user = make_user(Role.READER)
    services.add_member(study, user, StudyRole.ADJUDICATOR, by=owner_of(study), expected_version=study.version)
    page = _client(user).get(reverse("reader_studies:panel", args=[study.pk])).content.decode()
    assert "You have no seat on the panel yet." in page


def test_all_readers_stand_where_each_of_them_does_in_as_many_questions_for_two_as_for_one(
    django_assert_num_queries: Any,
    clock: Clock,
) -> None:
    study = locked()
    first, second = study.readers.all()
    moments = 0
    while not next_step(first, clock.now).is_over:
        clock.move(hours=1)
        with django_assert_num_queries(5):
            found = standings(study, clock.now)
        for reader in (first, second):
            step = next_step(reader, clock.now)
            assert found[reader.pk].waits_until == step.waits_until
            assert list(found[reader.pk].sessions) == progress(reader)
            done = Submission.objects.filter(reading__assignment__reader=reader).order_by("submitted_at").last()
            assert found[reader.pk].last == (done.submitted_at if done else None)
        if next_step(first, clock.now).waits_until:
            moments += 1
            clock.move(days=40)
        read_next(first)
    assert moments == 1  # it met the washout
    assert Submission.objects.count() == 4


def test_a_panel_is_offered_only_where_it_may_still_be_seated() -> None:
    for study, offered in ((locked(), True), (closed(), False)):
        client = Client()
        client.force_login(owner_of(study))
        page = client.get(reverse("reader_studies:reference", args=[study.pk])).content.decode()
        assert ("Seat the panel" in page) == offered
        assert "Import from a file" in page
