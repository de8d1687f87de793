"""Recent signed reports of one algorithm version, scored again as if another threshold had held. Stores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from reporting.department_audit.figures import scope_of
from reporting.department_audit.kinds import PROBABILITY_EDGES
from reporting.department_audit.measures import TRUTHS
from reporting.department_audit.rows import POSITIVES, load
from reporting.department_audit.scores import ThresholdPoint
from reporting.department_audit.words import Comparison
from reporting.predictions.models import Algorithm
from reporting.statistics.arrays import Bools, Floats, Ints, floats, sums_by
from reporting.statistics.clusters import share_estimate
from reporting.statistics.moments import ConfusionMoments
from reporting.statistics.results import Estimate, Result

MOST_REPORTS = 2000
"""The newest; enough for narrow intervals, and an answer within a moment."""
GRID: tuple[float, ...] = tuple(float(edge) for edge in PROBABILITY_EDGES)
_DIGITS = 9  # a probability on the threshold stays on it

_NEWEST = (
    "r.version_id IN (SELECT n.version_id FROM department_audit_signedread n WHERE n.standing = 'current'"
    " AND n.algorithm = %s AND n.algorithm_name = %s AND n.algorithm_version = %s AND n.weights_sha256 = %s"
    " ORDER BY n.signed_at DESC LIMIT %s)"
)


@dataclass(frozen=True)
class Rescored:
    """What would have been at one threshold. ``rates``: against the truth; ``changed``: drafts that differ.

    ``to_positive`` and ``to_negative``: places that would have changed side, and how many of them toward the truth.
    """

    threshold: float | None
    rates: Result
    changed_reports: int
    changed: Estimate
    to_positive: int
    to_positive_right: int
    to_negative: int
    to_negative_right: int

    @property
    def point(self) -> ThresholdPoint:
        tp, fp, fn, tn = (int(self.rates.counts[cell]) for cell in ("tp", "fp", "fn", "tn"))
        at = 0.0 if self.threshold is None else self.threshold
        return ThresholdPoint(at, tp, fp, fn, tn, self.rates["TPR"], self.rates["TNR"], self.rates["PPV"])

    def as_evidence(self) -> dict[str, Any]:
        counts = {name: int(self.rates.counts[name]) for name in ("tp", "fp", "fn", "tn", "patients")}
        share = {"share": self.changed.value, "low": self.changed.low, "high": self.changed.high}
        return {"threshold": self.threshold, **counts, "changed_reports": self.changed_reports, "changed": share}


@dataclass(frozen=True)
class Recent:
    """One entry a place the machine spoke of. ``truth`` is −1 where it says nothing; ``shown`` what the draft said."""

    finding: str
    reports: int
    patient: Ints  # of each place
    read: Ints
    probability: Floats
    shown: Bools
    truth: Ints
    patient_of_read: Ints

    @cached_property
    def patients(self) -> int:
        return len(np.unique(self.patient_of_read))

    @property
    def places(self) -> int:
        return len(self.probability)

    def as_shown(self) -> Rescored:
        """At the thresholds that the drafts were made with."""
        return self._scored(None, self.shown)

    def at(self, threshold: float) -> Rescored:
        return self._scored(threshold, np.round(self.probability, _DIGITS) >= round(threshold, _DIGITS))

    def _scored(self, threshold: float | None, called: Bools) -> Rescored:
        known = self.truth >= 0
        true = self.truth == 1
        counts = np.zeros((int(self.patient_of_read.max(initial=-1)) + 1, 4))
        for place, cell in enumerate((true & called, ~true & called, true & ~called, ~true & ~called)):
            np.add.at(counts[:, place], self.patient[cell & known], 1)
        moved = called != self.shown
        touched = np.zeros(self.reports, dtype=bool)
        touched[self.read[moved]] = True
        up, down = moved & called, moved & ~called
        size = len(counts)
        return Rescored(
            threshold,
            ConfusionMoments.of(counts).rates(scope_of(self.finding)),
            int(touched.sum()),
            share_estimate(
                sums_by(self.patient_of_read, size, touched),
                sums_by(self.patient_of_read, size, np.ones(self.reports)),
                of="reports",
            ),
            int(up.sum()),
            int((up & known & true).sum()),
            int(down.sum()),
            int((down & known & ~true).sum()),
        )


def recent(algorithm: Algorithm, finding: str, truth: str, most: int = MOST_REPORTS) -> Recent:
    """The newest ``most`` signed reports that this algorithm version drafted; ``truth``: one of :data:`TRUTHS`."""
    assert truth in TRUTHS
    name, version = algorithm.name, algorithm.version
    params = [f"{name} {version}", name, version, algorithm.weights_sha256, most]
    reads, facts = load(
        _NEWEST,
        params,
        facts_where=" AND f.finding = %s AND f.comparison = %s",
        facts_params=[finding, Comparison.CLASS.value],
    )
    said = facts.tri["machine_positive"]
    spoken = facts.chosen(np.asarray(facts.counts & (said >= 0) & ~np.isnan(facts.probability), dtype=bool))
    return Recent(
        finding,
        len(reads),
        reads.patient[spoken.read] if len(reads) else np.zeros(0, dtype=np.int64),
        spoken.read,
        floats(spoken.probability),
        np.asarray(spoken.tri["machine_positive"] == 1, dtype=bool),
        spoken.tri[POSITIVES[truth]],
        reads.patient,
    )
