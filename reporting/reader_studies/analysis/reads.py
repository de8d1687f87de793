"""A reader study as arrays: arm × reader × case × place. What is analysed, and what was left out, with a digest."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import connection

from reporting.predictions.models import Prediction
from reporting.reader_studies.models import Assignment, Case, RatedFinding, ReaderStudy, Submission
from reporting.reader_studies.places import Place, is_positive, is_truly_positive, places_of
from reporting.reader_studies.rows import strongest, truths_of
from reporting.reader_studies.words import ArmKind
from reporting.statistics.arrays import Bools, Floats, Ints

ORDER = (ArmKind.AIDED, ArmKind.AIDED_AFTER_UNAIDED, ArmKind.UNAIDED)
"""Differences are what comes first minus what comes later, so "aided − unaided"."""

# A study may hold millions of ratings: one row a submission, its places and values as arrays.
_RATED = """
    SELECT r.submission_id, array_agg(p.place), array_agg(r.value)
    FROM reader_studies_rating r
    JOIN unnest(%s::uuid[], %s::text[], %s::text[], %s::int[]) AS p(finding, level, side, place)
      ON p.finding = r.finding_id AND p.level = r.level AND p.side = r.side
    WHERE r.submission_id = ANY(%s::uuid[])
    GROUP BY r.submission_id
"""


@dataclass(frozen=True)
class FindingReads:
    """``scores``, ``calls``: (arms, readers, cases, places), NaN where not read; a call is 1 (disease) or 0.

    ``truth``, ``machine_scores``, ``machine_calls``: (cases, places), NaN where unknown.
    """

    key: str
    label: str
    scale: str
    grades: int
    places: tuple[Place, ...]
    scores: Floats
    calls: Floats
    truth: Floats
    machine_scores: Floats
    machine_calls: Floats

    def units(self) -> Units:
        """Places with a truth, side by side: what all figures of the finding are counted over."""
        known = ~np.isnan(self.truth)
        patient = np.broadcast_to(np.arange(len(self.truth))[:, None], self.truth.shape)
        return Units(
            self.scores[:, :, known],
            self.calls[:, :, known],
            self.truth[known] > 0,
            patient[known].astype(np.int64),
            self.machine_scores[known],
            self.machine_calls[known],
        )


@dataclass(frozen=True)
class Units:
    """``scores``, ``calls``: (arms, readers, units); the rest (units,). ``patient`` numbers the case."""

    scores: Floats
    calls: Floats
    truth: Bools
    patient: Ints
    machine_scores: Floats
    machine_calls: Floats

    def of(self, kept: Bools) -> Units:
        return Units(
            self.scores[:, :, kept],
            self.calls[:, :, kept],
            self.truth[kept],
            self.patient[kept],
            self.machine_scores[kept],
            self.machine_calls[kept],
        )

    @property
    def read_by_all(self) -> Bools:
        return np.asarray(~np.isnan(self.scores).any(axis=(0, 1)))

    @property
    def machine_spoke(self) -> Bools:
        return ~np.isnan(self.machine_scores)


@dataclass(frozen=True)
class StudyReads:
    """``active_ms``, ``session``: (arms, readers, cases), NaN where not submitted."""

    arms: tuple[str, ...]
    readers: tuple[str, ...]
    cases: tuple[str, ...]
    findings: tuple[FindingReads, ...]
    active_ms: Floats
    session: Floats
    left_out: dict[str, int]

    def digest(self) -> str:
        """Of everything that figures depend on; the same reads give the same digest on every machine."""
        head = {
            "arms": self.arms,
            "readers": self.readers,
            "cases": self.cases,
            "findings": [(one.key, one.scale, one.places) for one in self.findings],
        }
        found = hashlib.sha256(json.dumps(head, sort_keys=True, ensure_ascii=True).encode())
        arrays = [self.active_ms, self.session]
        for one in self.findings:
            arrays += [one.scores, one.calls, one.truth, one.machine_scores, one.machine_calls]
        for array in arrays:
            found.update(np.ascontiguousarray(array + 0.0, dtype="<f8").tobytes())
        return found.hexdigest()


def study_reads(study: ReaderStudy) -> StudyReads:
    """Cases that count, readers who stayed, the newest submission of each reading. Training and retracted cases,
    withdrawn readers and what nobody submitted are left out and counted.
    """
    kinds = set(study.arms.values_list("kind", flat=True))
    arms = tuple(kind.value for kind in ORDER if kind in kinds)
    readers = list(study.readers.filter(withdrawn_at__isnull=True).order_by("code"))
    cases = list(study.cases.filter(retracted_at__isnull=True, is_training=False).order_by("code"))
    findings = list(study.findings.all())
    shape = (len(arms), len(readers), len(cases))
    active, session = np.full(shape, np.nan), np.full(shape, np.nan)
    spots = [(finding, place) for finding in findings for place in places_of(finding)]
    values = np.full((*shape, len(spots)), np.nan)
    where = _times(study, arms, [one.pk for one in readers], [one.pk for one in cases], active, session)
    _fill(values, where, spots)
    truth, machine_scores, machine_calls = _truth_and_machine(study, cases, spots)
    found, start = [], 0
    for finding in findings:
        places = tuple(places_of(finding))
        part = slice(start, start + len(places))
        start += len(places)
        scores = values[..., part]
        found.append(
            FindingReads(
                finding.key,
                finding.label,
                finding.scale,
                len(finding.grades),
                places,
                scores,
                _calls(finding, scores),
                truth[:, part],
                machine_scores[:, part],
                machine_calls[:, part],
            )
        )
    left_out = {
        "withdrawn_readers": study.readers.filter(withdrawn_at__isnull=False).count(),
        "retracted_cases": study.cases.filter(retracted_at__isnull=False).count(),
        "training_cases": study.cases.filter(retracted_at__isnull=True, is_training=True).count(),
        "missing_readings": _planned(study) - len(where),
        "places_without_truth": int(np.isnan(truth).sum()),
    }
    codes = tuple(one.code for one in readers), tuple(one.code for one in cases)
    return StudyReads(arms, *codes, tuple(found), active, session, left_out)


def _planned(study: ReaderStudy) -> int:
    """Readings that the analysis expects."""
    wanted = Assignment.objects.filter(reader__reader_study=study, reader__withdrawn_at__isnull=True)
    return wanted.filter(case__retracted_at__isnull=True, case__is_training=False).count()


def _times(
    study: ReaderStudy,
    arms: tuple[str, ...],
    readers: list[UUID],
    cases: list[UUID],
    active: Floats,
    session: Floats,
) -> dict[UUID, tuple[int, int, int]]:
    """Fill in times; returns where each submission that counts belongs."""
    arm_of, reader_of, case_of = ({name: n for n, name in enumerate(each)} for each in (arms, readers, cases))
    newest: dict[tuple[int, int, int], UUID] = {}
    columns = ("pk", "active_ms", "reading__assignment__arm__kind", "reading__assignment__reader_id")
    more = ("reading__assignment__case_id", "reading__assignment__session__number")
    rows = Submission.objects.filter(reading__assignment__reader__reader_study=study).order_by("attempt")
    for pk, active_ms, arm, reader, case, number in rows.values_list(*columns, *more):
        if reader in reader_of and case in case_of:
            place = (arm_of[arm], reader_of[reader], case_of[case])
            newest[place] = pk
            active[place], session[place] = active_ms, number
    return {pk: place for place, pk in newest.items()}


def _fill(values: Floats, where: dict[UUID, tuple[int, int, int]], spots: list[tuple[RatedFinding, Place]]) -> None:
    names = ([one.pk for one, _ in spots], [level for _, (level, _side) in spots], [side for _, (_l, side) in spots])
    with connection.cursor() as cursor:
        cursor.execute(_RATED, [*names, list(range(len(spots))), list(where)])
        while rows := cursor.fetchmany(2000):
            for submission, places, said in rows:
                values[where[submission]][places] = said


def _truth_and_machine(
    study: ReaderStudy, cases: list[Case], spots: list[tuple[RatedFinding, Place]]
) -> tuple[Floats, Floats, Floats]:
    truth, scores, calls = (np.full((len(cases), len(spots)), np.nan) for _ in range(3))
    known = truths_of(study)
    of_job: dict[UUID, list[Prediction]] = defaultdict(list)
    for prediction in Prediction.objects.filter(job__in=[case.job_id for case in cases if case.job_id]):
        of_job[prediction.job_id].append(prediction)
    for row, case in enumerate(cases):
        said = of_job[case.job_id] if case.job_id else []
        for column, (finding, place) in enumerate(spots):
            if (one := known.get((case.pk, finding.pk, *place))) is not None:
                truth[row, column] = is_truly_positive(finding, one.value)
            if finding.machine_finding and (strong := strongest(said, finding, place)) is not None:
                scores[row, column], calls[row, column] = strong.probability, strong.positive
    return truth, scores, calls


def _calls(finding: RatedFinding, scores: Floats) -> Floats:
    steps = np.unique(scores[~np.isnan(scores)])
    least = next((step for step in steps if is_positive(finding, float(step))), np.inf)
    return np.where(np.isnan(scores), np.nan, (scores >= least).astype(np.float64))
