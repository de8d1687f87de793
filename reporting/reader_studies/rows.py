"""The whole study as long rows: one per reader, case, arm, finding, level and side. Everything analysed starts here."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from reporting.predictions.models import Prediction
from reporting.reader_studies.models import (
    Assignment,
    Case,
    RatedFinding,
    Rating,
    Reader,
    ReaderStudy,
    ReferenceStandard,
    Submission,
)
from reporting.reader_studies.places import Place, is_positive, is_truly_positive, places_of
from reporting.reader_studies.words import ArmKind, Scale

ALGORITHM = "algorithm"
"""What stands for a reader's code in the rows of the algorithm alone."""


class LongRow(NamedTuple):
    """One rated place. ``None``: not read, not timed, or not known.

    reader          code (``R01``), or ``algorithm``; never a name
    experience_years  of the reader
    withdrawn       the reader left before the end
    case            code of four digits; nothing else says which patient
    stratum         as designed
    retracted       the case counts no more: analyses leave it out
    training        the case was read to learn: analyses leave it out
    arm             ``unaided``, ``aided``, ``aided_after_unaided``, ``algorithm_alone``
    session, block, position   from 1; 0 for the algorithm
    attempt         1, or more where the reading was re-opened; the newest submission counts
    finding, scale  key and scale of the design
    level, side     ``C5/6`` or empty (whole case); ``left``, ``right`` or empty
    value           in the scale's own numbers (binary 0/1, place of a grade from 0, 0 to 100, mm, location 0/1)
    score           what an ROC curve ranks by: ``value``, and the probability (0 to 1) for the algorithm
    positive        whether the value means disease, by the design's cut (the algorithm: by its own threshold)
    x_mm, y_mm, z_mm   place in the image, patient coordinates (LPS)
    finding_ms      active time that led to this answer, ms
    active_ms, wall_ms, pauses   of the whole reading (the same in all its rows)
    submitted_at    server time
    truth           reference value: binary, confidence and location 0/1, otherwise in the scale's numbers
    truth_positive  whether it means disease
    truth_source    ``agreement``, ``adjudication``, ``senior_review``, ``follow_up``, ``surgery``, ``imported``
    truth_x_mm, truth_y_mm, truth_z_mm   true place, patient coordinates (LPS)
    """

    reader: str
    experience_years: int | None
    withdrawn: bool
    case: str
    stratum: str
    retracted: bool
    training: bool
    arm: str
    session: int
    block: int
    position: int
    attempt: int | None
    finding: str
    scale: str
    level: str
    side: str
    value: float | None
    score: float | None
    positive: bool | None
    x_mm: float | None
    y_mm: float | None
    z_mm: float | None
    finding_ms: int | None
    active_ms: int | None
    wall_ms: int | None
    pauses: int | None
    submitted_at: dt.datetime | None
    truth: float | None
    truth_positive: bool | None
    truth_source: str
    truth_x_mm: float | None
    truth_y_mm: float | None
    truth_z_mm: float | None


Unit = tuple[uuid.UUID, uuid.UUID, str, str]
"""Case, finding, level, side."""


class Truth(NamedTuple):
    """The reference value of one unit that counts."""

    value: float
    source: str
    place: tuple[float | None, float | None, float | None]


_NO_ANSWER: tuple[object, ...] = (None,) * 7  # from ``value`` to ``finding_ms``
_TIMES_UNKNOWN: tuple[object, ...] = (None,) * 4


def long_rows(study: ReaderStudy) -> Iterator[LongRow]:
    """Every rated place of every assignment, read or not, by reader, session and position; then the algorithm's.

    Retracted cases, training cases and withdrawn readers are there and marked, so that each analysis says what it
    leaves out. One reader's ratings are held at a time.
    """
    findings = list(study.findings.all())
    truths = truths_of(study)
    for reader in study.readers.order_by("code"):
        yield from _of_reader(reader, findings, truths)
    if study.arms.filter(kind=ArmKind.ALGORITHM_ALONE).exists():
        yield from _of_algorithm(study, findings, truths)


def truths_of(study: ReaderStudy) -> dict[Unit, Truth]:
    """The reference standard that counts now: of each unit the value with the highest number."""
    rows = ReferenceStandard.objects.filter(case__reader_study=study).order_by("number")
    columns = ("case_id", "finding_id", "level", "side", "value", "source", "x_mm", "y_mm", "z_mm")
    return {
        (case, finding, level, side): Truth(value, source, (x, y, z))
        for case, finding, level, side, value, source, x, y, z in rows.values_list(*columns)
    }


_Rated = tuple[float, float | None, float | None, float | None, int]  # value, place, milliseconds


def _of_reader(reader: Reader, findings: list[RatedFinding], truths: Mapping[Unit, Truth]) -> Iterator[LongRow]:
    newest: dict[uuid.UUID, Submission] = {}
    submissions = Submission.objects.filter(reading__assignment__reader=reader)
    for submission in submissions.select_related("reading").order_by("attempt"):
        newest[submission.reading.assignment_id] = submission
    rated: dict[uuid.UUID, dict[tuple[uuid.UUID, str, str], _Rated]] = defaultdict(dict)
    ratings = Rating.objects.filter(submission__reading__assignment__reader=reader)
    columns = ("submission_id", "finding_id", "level", "side", "value", "x_mm", "y_mm", "z_mm", "active_ms")
    for submission_id, finding_id, level, side, *said in ratings.values_list(*columns).iterator(chunk_size=10_000):
        rated[submission_id][finding_id, level, side] = (said[0], said[1], said[2], said[3], said[4])
    assignments = Assignment.objects.filter(reader=reader).select_related("case", "arm", "session")
    for assignment in assignments.order_by("session__number", "position"):
        done = newest.get(assignment.pk)
        answers = rated[done.pk] if done is not None else {}
        what = _of_assignment(reader, assignment, done)
        times = _TIMES_UNKNOWN if done is None else (done.active_ms, done.wall_ms, done.pauses, done.submitted_at)
        for finding in findings:
            for place in places_of(finding):
                said = answers.get((finding.pk, *place))
                answer = _NO_ANSWER if said is None else (said[0], said[0], is_positive(finding, said[0]), *said[1:])
                truth = truths.get((assignment.case_id, finding.pk, *place))
                yield LongRow._make(
                    (*what, finding.key, finding.scale, *place, *answer, *times, *_truth_columns(finding, truth))
                )


def _of_assignment(reader: Reader, assignment: Assignment, done: Submission | None) -> tuple[object, ...]:
    """From ``reader`` to ``attempt``."""
    return (
        reader.code,
        reader.experience_years,
        reader.withdrawn_at is not None,
        *_of_case(assignment.case),
        assignment.arm.kind,
        assignment.session.number,
        assignment.block,
        assignment.position,
        None if done is None else done.attempt,
    )


def _of_case(case: Case) -> tuple[object, ...]:
    """From ``case`` to ``training``."""
    return (case.code, case.stratum, case.retracted_at is not None, case.is_training)


def _of_algorithm(study: ReaderStudy, findings: list[RatedFinding], truths: Mapping[Unit, Truth]) -> Iterator[LongRow]:
    of_job: dict[uuid.UUID, list[Prediction]] = defaultdict(list)
    for prediction in Prediction.objects.filter(job__in=study.cases.values("job")):
        of_job[prediction.job_id].append(prediction)
    for case in study.cases.order_by("code"):
        said = of_job[case.job_id] if case.job_id is not None else []
        for finding in findings:
            if finding.machine_finding:
                for place in places_of(finding):
                    truth = truths.get((case.pk, finding.pk, *place))
                    yield _algorithm_row(case, finding, place, strongest(said, finding, place), truth)


def strongest(said: Sequence[Prediction], finding: RatedFinding, place: Place) -> Prediction | None:
    """What the algorithm said of the place; of several levels or sides in one place the most probable disease."""
    level, side = place
    fit = [
        one
        for one in said
        if one.finding == finding.machine_finding
        and (not level or one.level == level)
        and (not side or one.side == side)
    ]
    return max(fit, key=lambda one: (one.probability, one.level, one.side), default=None)


def machine_value(finding: RatedFinding, said: Prediction) -> float | None:
    """The algorithm's word in the numbers of the scale; ``None`` where it has none in them."""
    match Scale(finding.scale):
        case Scale.BINARY:
            return float(said.positive)
        case Scale.CONFIDENCE:
            return 100 * said.probability
        case Scale.MILLIMETRES:
            return said.mm
        case Scale.ORDINAL:
            return float(finding.grades.index(said.grade)) if said.grade in finding.grades else None
        case Scale.LOCATION:
            return None


def _algorithm_row(
    case: Case, finding: RatedFinding, place: Place, said: Prediction | None, truth: Truth | None
) -> LongRow:
    what = (ALGORITHM, None, False, *_of_case(case), ArmKind.ALGORITHM_ALONE.value, 0, 0, 0, None)
    answer = _NO_ANSWER
    if said is not None:
        answer = (machine_value(finding, said), said.probability, said.positive, *_NO_ANSWER[3:])
    return LongRow._make(
        (*what, finding.key, finding.scale, *place, *answer, *_TIMES_UNKNOWN, *_truth_columns(finding, truth))
    )


def _truth_columns(finding: RatedFinding, truth: Truth | None) -> tuple[object, ...]:
    if truth is None:
        return (None, None, "", None, None, None)
    return (truth.value, is_truly_positive(finding, truth.value), truth.source, *truth.place)
