"""What goes wrong in a running study, and what is left of it: for the readers, in the protocol, in the analysis."""

from __future__ import annotations

import json

import numpy as np
import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from reporting.core.errors import DomainError, StaleVersion, WrongState
from reporting.predictions.models import Algorithm, AlgorithmStatus, InferenceJob, JobStatus, Prediction
from reporting.reader_studies import services
from reporting.reader_studies.analysis.reads import study_reads
from reporting.reader_studies.models import Assignment, Protocol, ReaderStudy
from reporting.reader_studies.reading_form import reading_fields
from reporting.reader_studies.rows import long_rows
from reporting.reader_studies.words import ArmKind, StudyStatus
from tests.reader_studies.clock import Clock, clock
from tests.reader_studies.factories import answer_all, locked, owner_of, read_next, ready
from tests.reports.test_races import at_once

__all__ = ["clock"]
pytestmark = pytest.mark.django_db


def test_who_withdrew_and_what_was_retracted_are_in_the_rows_and_in_no_figure() -> None:
    study = locked(arms=(ArmKind.UNAIDED,))
    by = owner_of(study)
    for reader in study.readers.all():
        read_next(reader)
        read_next(reader)
    case = study.cases.all()[0]
    services.retract_case(case, reason="consent", by=by, expected_version=study.version)
    study.refresh_from_db()
    services.withdraw_reader(study.readers.get(code="R02"), reason="ill", by=by, expected_version=study.version)
    reads = study_reads(study)
    assert (reads.readers, case.code in reads.cases, len(reads.cases)) == (("R01",), False, 1)
    assert (reads.left_out["withdrawn_readers"], reads.left_out["retracted_cases"]) == (1, 1)
    assert reads.left_out["missing_readings"] == 0
    assert all(not np.isnan(finding.scores).any() for finding in reads.findings)
    rows = list(long_rows(study))
    assert len(rows) == 2 * 2 * 3  # nothing that was read is gone
    assert all(row.value is not None for row in rows)
    assert {row.reader for row in rows if row.withdrawn} == {"R02"}
    assert {row.case for row in rows if row.retracted} == {case.code}


def test_what_nobody_submitted_is_missing_and_counted_not_taken_for_negative() -> None:
    study = locked(arms=(ArmKind.UNAIDED,))
    first, second = study.readers.all()
    done = read_next(first, value=2.0).reading.assignment.case
    answer_all(services.open_reading(second, by=second.member.user), second.member.user)  # saved, never submitted
    reads = study_reads(study)
    assert reads.left_out["missing_readings"] == 3
    read = reads.cases.index(done.code)
    for finding in reads.findings:
        known = ~np.isnan(finding.scores)
        assert known[0, 0, read].all()
        assert known.sum() == known[0, 0, read].size
        assert (np.isnan(finding.calls) == ~known).all()


def test_an_algorithm_on_trial_cannot_be_deleted_nor_what_it_said() -> None:
    study = locked()
    algorithm = study.algorithm
    assert algorithm is not None
    job = study.cases.all()[0].job
    assert job is not None
    with pytest.raises(ProtectedError):
        algorithm.delete()
    with pytest.raises(ProtectedError):
        job.delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("predictions_algorithm", "predictions_inferencejob", "predictions_prediction"):
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute(f"DELETE FROM {table}")
    assert Algorithm.objects.filter(pk=algorithm.pk).exists()


def _machine_word(study: ReaderStudy, clock: Clock) -> str:
    """What the algorithm says beside the herniation of a case, in the aided arm."""
    reader = study.readers.all()[0]
    while (reading := services.open_reading(reader, by=reader.member.user)).assignment.arm.kind != ArmKind.AIDED:
        read_next(reader)
        clock.move(days=28)
    fields = [field for finding in reading_fields(reading) for field in finding.fields]
    return next(field.machine for field in fields if field.key == "herniation")


def test_a_version_that_is_retired_and_replaced_is_read_with_as_it_was_locked(clock: Clock) -> None:
    study = locked()
    before = {case.pk: case.job_id for case in study.cases.all()}
    for case in study.cases.select_related("study"):
        again = InferenceJob.objects.create(
            study=case.study, algorithm=study.algorithm, status=JobStatus.SUCCEEDED, finished_at=timezone.now()
        )
        Prediction.objects.create(
            job=again, finding="herniation", level="C5/6", probability=0.25, threshold=0.5, positive=False
        )
    Algorithm.objects.filter(pk=study.algorithm_id).update(status=AlgorithmStatus.RETIRED, fills_reports=False)
    assert {case.pk: case.job_id for case in study.cases.all()} == before
    word = _machine_word(study, clock)
    assert "positive 0.90" in word


def test_a_study_is_not_read_before_its_lock_and_not_designed_from_a_page_of_before() -> None:
    study = ready()
    reader, by, seen = study.readers.all()[0], owner_of(study), study.version
    with pytest.raises(DomainError):
        services.open_reading(reader, by=reader.member.user)
    services.lock_study(study, by=by, expected_version=seen)
    services.open_reading(reader, by=reader.member.user)
    old = ReaderStudy.objects.get(pk=study.pk)
    for act in (
        lambda: services.describe_study(old, {"title": "Other"}, by=by, expected_version=seen),
        lambda: services.lock_study(old, by=by, expected_version=seen),
    ):
        with pytest.raises(WrongState):
            act()
    assert Protocol.objects.count() == 1


def test_an_amendment_in_the_middle_of_a_case_takes_nothing_and_the_submission_names_the_version_it_met() -> None:
    study = locked()
    reader = study.readers.all()[0]
    user = reader.member.user
    reading = answer_all(services.open_reading(reader, by=user), user)
    amended = services.amend_study(
        study, {"washout_days": 9}, reason="holidays", by=owner_of(study), expected_version=study.version
    )
    submission = services.submit_reading(reading, by=user, expected_version=reading.version)
    assert submission.protocol == amended
    assert submission.ratings.count() == 3


@pytest.mark.django_db(transaction=True)
def test_of_two_locks_at_once_one_is_written_whole_and_the_other_refused() -> None:
    study = ready(arms=(ArmKind.UNAIDED, ArmKind.AIDED))
    by, seen = owner_of(study), study.version
    results = at_once(
        lambda _n: services.lock_study(ReaderStudy.objects.get(pk=study.pk), by=by, expected_version=seen), 3
    )
    refused = [one for one in results if isinstance(one, DomainError)]
    assert len(refused) == 2
    assert all(isinstance(one, WrongState | StaleVersion) for one in refused)
    study.refresh_from_db()
    assert study.status == StudyStatus.RUNNING
    content = json.loads(study.protocols.get().content)
    assert len(content["allocation"]) == Assignment.objects.count() == 2 * 2 * 2


@pytest.mark.django_db(transaction=True)
def test_of_two_windows_that_submit_at_once_one_counts() -> None:
    study = locked()
    reader = study.readers.all()[0]
    user = reader.member.user
    reading = answer_all(services.open_reading(reader, by=user), user)
    results = at_once(
        lambda _n: services.submit_reading(
            type(reading).objects.get(pk=reading.pk), by=user, expected_version=reading.version
        ),
        3,
    )
    assert sum(not isinstance(one, DomainError) for one in results) == 1
    assert reading.submissions.count() == 1
