"""Analyses as work orders: asked for once the reading is closed, worked out whole or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from reporting.accounts.models import Role
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.reader_studies import services
from reporting.reader_studies.models import AnalysisRun, ReaderStudy
from reporting.reader_studies.services import analysis_work, work_orders
from reporting.reader_studies.words import AnalysisStatus, StudyRole
from tests.reader_studies.factories import closed, locked, owner_of
from tests.reports.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> ReaderStudy:
    return closed()


def ask(study: ReaderStudy, **changed: float) -> AnalysisRun:
    said = {"seed": 7, "resamples": 200, "margin": 0.05} | changed
    return services.ask_for_analysis(study, by=owner_of(study), **said)  # type: ignore[arg-type]


def test_it_is_worked_out_whole_and_says_what_it_was_made_of(study: ReaderStudy) -> None:
    run = ask(study)
    analysis_work.run_due_analyses()
    run.refresh_from_db()
    assert (run.status, run.done, run.attempt) == (AnalysisStatus.FINISHED, 1, 1)
    names = set(run.parts.values_list("name", flat=True))
    assert names == {"overview", "finding:canal", "finding:herniation", "pooled", "times"}
    counts = run.parts.get(name="finding:canal").content["counts"]
    assert (counts["places"], counts["positives"], counts["patients"]) == (4, 2, 2)
    again = ask(study)
    analysis_work.run_due_analyses()
    again.refresh_from_db()
    assert again.input_digest == run.input_digest
    assert [p.content for p in again.parts.order_by("name")] == [p.content for p in run.parts.order_by("name")]


def test_nobody_sees_figures_while_people_read() -> None:
    with pytest.raises(WrongState, match="closed"):
        ask(locked())


@pytest.mark.parametrize("role", [StudyRole.COORDINATOR, StudyRole.ADJUDICATOR, StudyRole.READER])
def test_only_owner_and_statistician_ask(study: ReaderStudy, role: StudyRole) -> None:
    someone = make_user(Role.RESEARCHER)
    study.members.create(user=someone, role=role)
    with pytest.raises(NotAllowed):
        services.ask_for_analysis(study, seed=1, resamples=200, margin=0.05, by=someone)


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"resamples": 10}, {"resamples": 10**6}, {"margin": 0}, {"margin": 1}])
def test_a_number_out_of_range_is_refused(study: ReaderStudy, wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInput):
        ask(study, **wrong)


def test_one_analysis_at_a_time(study: ReaderStudy) -> None:
    ask(study)
    with pytest.raises(WrongState, match="under way"):
        ask(study)


def test_what_a_dead_worker_held_is_taken_up_again_and_given_up_in_the_end(study: ReaderStudy) -> None:
    run = ask(study)
    past = timezone.now() - timedelta(minutes=1)
    held = AnalysisRun.objects.filter(pk=run.pk)
    held.update(status=AnalysisStatus.RUNNING, attempt=1, lease_expires_at=past)
    analysis_work.run_due_analyses()
    run.refresh_from_db()
    assert (run.status, run.attempt, run.parts.count()) == (AnalysisStatus.FINISHED, 2, 5)
    other = ask(study)
    AnalysisRun.objects.filter(pk=other.pk).update(
        status=AnalysisStatus.RUNNING, attempt=work_orders.MOST_ATTEMPTS, lease_expires_at=past
    )
    analysis_work.run_due_analyses()
    other.refresh_from_db()
    assert (other.status, other.fault, other.parts.count()) == (AnalysisStatus.FAILED, "worker_lost", 0)


def test_one_that_fails_says_so_and_the_next_is_worked_out(study: ReaderStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ask(study)
    with monkeypatch.context() as patched:
        patched.setattr(analysis_work, "study_reads", lambda study: 1 / 0)
        analysis_work.run_due_analyses()
    run.refresh_from_db()
    assert (run.status, run.fault) == (AnalysisStatus.FAILED, "error")
    ask(study)
    analysis_work.run_due_analyses()
    assert study.analyses.latest("number").status == AnalysisStatus.FINISHED


def test_a_part_that_is_kept_never_changes(study: ReaderStudy) -> None:
    run = ask(study)
    analysis_work.run_due_analyses()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE reader_studies_analysispart SET content = '{}'")
    assert run.parts.count() == 5
