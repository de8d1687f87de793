"""ROC, calibration and threshold curve from histograms of probabilities by class."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from reporting.department_audit.figure_types import Figure
from reporting.department_audit.kinds import DECILES, MILLIONTHS, PROBABILITY_EDGES
from reporting.statistics.arrays import Floats, Ints, floats
from reporting.statistics.auc import auc_estimate
from reporting.statistics.clusters import share_of_totals
from reporting.statistics.moments import Moments
from reporting.statistics.results import Estimate, Scope, undefined

THRESHOLDS: Floats = floats(np.append(np.zeros(1), PROBABILITY_EDGES))
"""Lower edge of each bin: positive when probability ≥ threshold."""


@dataclass(frozen=True)
class CalibrationBin:
    low: float
    high: float
    n: int
    predicted: float
    observed: Estimate


@dataclass(frozen=True)
class ThresholdPoint:
    threshold: float
    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def tpr(self) -> float | None:
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else None

    @property
    def tnr(self) -> float | None:
        return self.tn / (self.tn + self.fp) if self.tn + self.fp else None

    @property
    def ppv(self) -> float | None:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else None


@dataclass(frozen=True)
class ScoreFigure(Figure):
    """``positives`` and ``negatives`` per fine bin; ``moments`` over both classes per tenth, patients as clusters."""

    scope: Scope
    positives: Ints
    negatives: Ints
    moments: Moments
    patients_with: dict[str, int]
    probability_sums: Ints  # millionths per tenth
    squared_errors: int  # millionths

    def points(self) -> list[ThresholdPoint]:
        """From the lowest threshold up; a last point calls nothing positive."""
        m, n = int(self.positives.sum()), int(self.negatives.sum())
        tp = m - np.append(np.zeros(1, dtype=np.int64), np.cumsum(self.positives))
        fp = n - np.append(np.zeros(1, dtype=np.int64), np.cumsum(self.negatives))
        thresholds = [*THRESHOLDS.tolist(), math.inf]
        return [
            ThresholdPoint(threshold, int(a), int(b), m - int(a), n - int(b))
            for threshold, a, b in zip(thresholds, tp, fp, strict=True)
        ]

    def auc(self, level: float = 0.95) -> Estimate:
        """Area with Obuchowski's variance over patients (1997).

        A row's placement is exact to its bin; products of two rows of one patient use the mean placement of their
        tenths. Scores of one bin count as ties.
        """
        m, n = float(self.positives.sum()), float(self.negatives.sum())
        if not m or not n:
            return undefined("one class is missing")
        below, above = (
            np.cumsum(self.negatives) - self.negatives / 2,
            m - np.cumsum(self.positives) + self.positives / 2,
        )
        of_positive, of_negative = below / n, above / m  # share of the other class that is ranked as it should be
        area = float(self.positives @ of_positive) / m
        rest_p, rest_n = of_positive - area, of_negative - area
        w = np.concatenate([_tenth_means(rest_p, self.positives), _tenth_means(rest_n, self.negatives)])
        first, second = np.array(w), np.array(w)
        first[DECILES:], second[:DECILES] = 0.0, 0.0
        counts = self.moments.sums
        within = [
            float(self.positives @ rest_p**2) - float(counts @ first**2),
            float(self.negatives @ rest_n**2) - float(counts @ second**2),
        ]
        s_p = self.moments.square(first) + within[0]
        s_n = self.moments.square(second) + within[1]
        cross = float(first @ self.moments.products @ second)
        with_p, with_n, k = (self.patients_with[name] for name in ("positives", "negatives", "any"))
        if with_p < 2 or with_n < 2:
            return Estimate(area, note="no interval: fewer than two patients with, or without")
        variance = with_p / (with_p - 1) * s_p / m**2 + with_n / (with_n - 1) * s_n / n**2
        variance += 2 * k / (k - 1) * cross / (m * n)
        found = auc_estimate(area, max(variance, 0.0), level, "logit")
        return Estimate(found.value, found.low, found.high, found.se, "logit, Obuchowski over patients", found.note)

    def calibration(self, level: float = 0.95) -> list[CalibrationBin]:
        """Filled tenths of the probability: what was predicted, what was observed."""
        unit, found = np.eye(2 * DECILES), []
        for place in range(DECILES):
            over, under = unit[place], unit[place] + unit[DECILES + place]
            n, k = round(self.moments.total(under)), self.patients_with[f"tenth_{place}"]
            if n:
                variance = self.moments.ratio_variance(over, under, k)
                observed = share_of_totals(self.moments.total(over), n, k, variance, level=level)
                mean = self.probability_sums[place] / MILLIONTHS / n
                found.append(CalibrationBin(place / DECILES, (place + 1) / DECILES, n, float(mean), observed))
        return found

    @property
    def n(self) -> int:
        return int(self.positives.sum() + self.negatives.sum())

    def brier(self) -> float | None:
        return self.squared_errors / MILLIONTHS / self.n if self.n else None

    def calibration_error(self) -> float | None:
        """Mean |predicted − observed| over tenths, weighted by their counts."""
        if not self.n:
            return None
        gaps = self.probability_sums / MILLIONTHS - self.moments.sums[:DECILES]
        return float(np.abs(gaps).sum() / self.n)


def _tenth_means(values: Floats, weights: Ints) -> Floats:
    """Mean of fine bins' values in each tenth; 0 where it is empty."""
    tenth = np.minimum(np.floor(np.round(THRESHOLDS * DECILES, 9)).astype(int), DECILES - 1)
    sums = np.bincount(tenth, weights=values * weights, minlength=DECILES)
    counts = np.bincount(tenth, weights=weights, minlength=DECILES)
    return floats(np.divide(sums, counts, out=np.zeros(DECILES), where=counts > 0))
