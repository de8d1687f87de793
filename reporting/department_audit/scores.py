"""ROC, calibration and threshold curve from histograms of probabilities by class, every figure with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from reporting.department_audit.figure_types import Figure
from reporting.department_audit.kinds import DECILES, MILLIONTHS
from reporting.department_audit.score_variances import IN_TENTH, MIDDLES, NOTHING, TENTH, THRESHOLDS, ScoreVariances
from reporting.statistics.arrays import Floats, Ints, floats
from reporting.statistics.auc import auc_estimate
from reporting.statistics.bootstrap import BOOTSTRAP_SEED, RESAMPLES, percentile_estimate
from reporting.statistics.clusters import mean_of_totals, share_of_totals
from reporting.statistics.moments import Moments
from reporting.statistics.results import Estimate, Scope, undefined

FEW_CALLED = "no interval: few patients with such calls"
_CALLED: Floats = floats(np.arange(len(THRESHOLDS)) >= np.arange(len(THRESHOLDS) + 1)[:, None])
"""Whether a row of a fine bin is positive at each threshold; at the last one nothing is."""


@dataclass(frozen=True)
class CalibrationBin:
    low: float
    high: float
    n: int
    predicted: Estimate
    observed: Estimate


@dataclass(frozen=True)
class ThresholdPoint:
    """Counts and rates at one threshold, with patients as clusters."""

    threshold: float
    tp: int
    fp: int
    fn: int
    tn: int
    tpr: Estimate
    tnr: Estimate
    ppv: Estimate


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

    @cached_property
    def _variances(self) -> ScoreVariances:
        return ScoreVariances(self.positives, self.negatives, self.moments)

    def points(self, level: float = 0.95) -> list[ThresholdPoint]:
        """From the lowest threshold up; a last point calls nothing positive."""
        m, n = int(self.positives.sum()), int(self.negatives.sum())
        tp, fp = np.rint(_CALLED @ self.positives).astype(int), np.rint(_CALLED @ self.negatives).astype(int)
        tpr, tnr, ppv = (
            np.divide(over, under, out=np.zeros(len(tp)), where=np.asarray(under) > 0)[:, None]
            for over, under in ((tp, np.full(len(tp), m)), (n - fp, np.full(len(tp), n)), (tp, tp + fp))
        )
        of_true = self._variances.squares(_CALLED - tpr, 0 * _CALLED)
        of_false = self._variances.squares(0 * _CALLED, 1 - _CALLED - tnr)
        of_called = self._variances.squares(_CALLED * (1 - ppv), -_CALLED * ppv)
        thresholds = [*THRESHOLDS.tolist(), math.inf]
        found = []
        for place, (threshold, a, b) in enumerate(zip(thresholds, tp.tolist(), fp.tolist(), strict=True)):
            called_by = self._patients_called(place)
            of_calls = _share(a, a + b, called_by, float(of_called[place]), level, "positive calls")
            if called_by < 2 <= a + b:
                of_calls = Estimate(of_calls.value, note=FEW_CALLED)
            true = _share(a, m, self.patients_with["positives"], float(of_true[place]), level, "positives")
            false = _share(n - b, n, self.patients_with["negatives"], float(of_false[place]), level, "negatives")
            found.append(ThresholdPoint(threshold, a, b, m - a, n - b, true, false, of_calls))
        return found

    def _patients_called(self, place: int) -> int:
        """At least so many patients have a row in this fine bin or a later one.

        Those of the fullest tenth beyond it; of the tenth that is cut, the share of its rows.
        """
        if place >= len(THRESHOLDS):
            return 0
        own, rows = int(TENTH[place]), self.positives + self.negatives
        of_own = rows * IN_TENTH[own]
        share = of_own[place:].sum() / of_own.sum() if of_own.any() else 0.0
        beyond = max((self.patients_with[f"tenth_{tenth}"] for tenth in range(own + 1, DECILES)), default=0)
        return max(beyond, math.ceil(round(share * self.patients_with[f"tenth_{own}"], 9)))

    def auc(self, level: float = 0.95) -> Estimate:
        """Area with Obuchowski's variance over patients (1997). Scores of one bin count as ties."""
        m, n = float(self.positives.sum()), float(self.negatives.sum())
        if not m or not n:
            return undefined("one class is missing")
        below, above = (
            np.cumsum(self.negatives) - self.negatives / 2,
            m - np.cumsum(self.positives) + self.positives / 2,
        )
        of_positive, of_negative = below / n, above / m  # share of the other class that is ranked as it should be
        area = float(self.positives @ of_positive) / m
        with_p, with_n, k = (self.patients_with[name] for name in ("positives", "negatives", "any"))
        if with_p < 2 or with_n < 2:
            return Estimate(area, note="no interval: fewer than two patients with, or without")
        placed = np.stack([of_positive - area, NOTHING]), np.stack([NOTHING, of_negative - area])
        (s_p, cross), (_cross, s_n) = self._variances.products(*placed).tolist()
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
                predicted = self._mean_probability(place, n, k, level)
                found.append(CalibrationBin(place / DECILES, (place + 1) / DECILES, n, predicted, observed))
        return found

    def _mean_probability(self, place: int, n: int, patients: int, level: float) -> Estimate:
        """Of the rows of one tenth; its bounds stay in the tenth."""
        inside = IN_TENTH[place]
        middle = float((self.positives + self.negatives) @ (inside * MIDDLES)) / n
        rest = inside * (MIDDLES - middle)
        mean = mean_of_totals(
            self.probability_sums[place] / MILLIONTHS, n, patients, float(self._variances.squares(rest, rest)[0]), level
        )
        if mean.low is None or mean.high is None:
            return mean
        return replace(mean, low=max(mean.low, place / DECILES), high=min(mean.high, (place + 1) / DECILES))

    @property
    def n(self) -> int:
        return int(self.positives.sum() + self.negatives.sum())

    def brier(self, level: float = 0.95) -> Estimate:
        """Mean (p − y)²; for the interval p is the middle of its bin."""
        if not self.n:
            return undefined("nothing to count")
        errors = (1 - MIDDLES) ** 2, MIDDLES**2
        mean = float(self.positives @ errors[0] + self.negatives @ errors[1]) / self.n
        square = float(self._variances.squares(errors[0] - mean, errors[1] - mean)[0])
        found = mean_of_totals(self.squared_errors / MILLIONTHS, self.n, self.patients_with["any"], square, level)
        return replace(found, low=None if found.low is None else max(0.0, found.low))

    def calibration_error(self, level: float = 0.95) -> Estimate:
        """Mean |predicted − observed| over tenths, weighted by their counts (ECE).

        Interval: percentiles of normal draws of the tenths' gaps with their covariance over patients, in place of
        resampled patients, whom a summary does not know.
        """
        n, patients = self.n, self.patients_with["any"]
        if not n:
            return undefined("nothing to count")
        gaps = (self.probability_sums / MILLIONTHS - self.moments.sums[:DECILES]) / n
        of_positive, of_negative = IN_TENTH * (MIDDLES - 1), IN_TENTH * MIDDLES
        mean = (of_positive @ self.positives + of_negative @ self.negatives)[:, None] / n
        spread = self._variances.products(of_positive - mean, of_negative - mean) / n**2
        draws = np.random.default_rng([BOOTSTRAP_SEED, patients]).multivariate_normal(
            gaps, spread * patients / max(1, patients - 1), RESAMPLES, check_valid="ignore", method="eigh"
        )
        found = percentile_estimate(float(np.abs(gaps).sum()), np.abs(draws).sum(axis=1), level, patients)
        return replace(found, method=f"{RESAMPLES} normal draws of the tenths' gaps, seed {BOOTSTRAP_SEED}")


def _share(hits: int, chances: int, patients: int, square: float, level: float, of: str) -> Estimate:
    """``square``: Σ over patients of (Σ (hit − share) of their rows)²."""
    variance = patients / (patients - 1) * square / chances**2 if chances and patients > 1 else math.nan
    return share_of_totals(hits, chances, patients, variance, level=level, of=of)
