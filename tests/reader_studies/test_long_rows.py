"""The long rows of a study: what is analysed, one row a rated place."""

from __future__ import annotations

import pytest
from django.utils import timezone

from reporting.reader_studies.models import RatedFinding, Rating, Reading, ReferenceStandard, Submission
from reporting.reader_studies.rows import ALGORITHM, long_rows
from reporting.reader_studies.words import ArmKind, ReadingState, TruthSource
from tests.reader_studies.factories import locked, owner_of

pytestmark = pytest.mark.django_db


def test_an_unread_study_has_a_row_for_every_place_of_every_assignment() -> None:
    rows = list(long_rows(locked()))
    assert len(rows) == 2 * 2 * 2 * 3  # readers, cases, arms, places
    assert {row.value for row in rows} == {None}
    assert {row.truth for row in rows} == {None}
    assert {(row.finding, row.level) for row in rows} == {
        ("canal", "C4/5"),
        ("canal", "C5/6"),
        ("herniation", "C5/6"),
    }


def test_the_newest_submission_counts_beside_the_newest_truth() -> None:
    study = locked()
    reader = study.readers.get(code="R01")
    assignment = reader.assignments.get(position=1, session__number=1)
    canal = study.findings.get(key="canal")
    now = timezone.now()
    reading = Reading.objects.create(
        assignment=assignment, state=ReadingState.SUBMITTED, attempt=2, opened_at=now, seen_at=now, submitted_at=now
    )
    for attempt, value in ((1, 1.0), (2, 3.0)):
        submission = Submission.objects.create(
            reading=reading,
            attempt=attempt,
            protocol=study.protocols.get(),
            opened_at=now,
            submitted_at=now,
            active_ms=4000,
            wall_ms=9000,
            pauses=1,
        )
        Rating.objects.create(submission=submission, finding=canal, level="C5/6", value=value, active_ms=1500)
    for number, value in ((1, 0.0), (2, 2.0)):
        ReferenceStandard.objects.create(
            case=assignment.case,
            finding=canal,
            level="C5/6",
            value=value,
            number=number,
            reason="read again",
            source=TruthSource.SURGERY,
            made_by=owner_of(study),
        )
    (row,) = [row for row in long_rows(study) if row.value is not None]
    assert (row.reader, row.case, row.finding, row.level) == ("R01", assignment.case.code, "canal", "C5/6")
    assert (row.attempt, row.value, row.score, row.positive) == (2, 3.0, 3.0, True)
    assert (row.finding_ms, row.active_ms, row.wall_ms, row.pauses) == (1500, 4000, 9000, 1)
    assert (row.truth, row.truth_positive, row.truth_source) == (2.0, True, "surgery")


def test_the_algorithm_alone_has_rows_with_its_probability_and_its_own_threshold() -> None:
    study = locked(arms=(ArmKind.UNAIDED, ArmKind.ALGORITHM_ALONE))
    rows = [row for row in long_rows(study) if row.reader == ALGORITHM]
    assert len(rows) == 2  # herniation of two cases; of the canal the algorithm says nothing
    finding = RatedFinding.objects.get(reader_study=study, key="herniation")
    said = {case.code: case.job for case in study.cases.all()}
    for row in rows:
        job = said[row.case]
        assert job is not None
        prediction = job.predictions.filter(finding=finding.machine_finding, level="C5/6").first()
        if prediction is None:
            assert row.value is None
        else:
            assert row.score == pytest.approx(prediction.probability)
            assert row.value == pytest.approx(100 * prediction.probability)
            assert row.positive is prediction.positive
