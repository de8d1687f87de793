"""Area under the ROC curve with DeLong's covariance. A higher score always means positive; nothing is turned round.

Sources: DeLong, Biometrics 1988;44:837, computed by midranks (Sun & Xu, IEEE Signal Process Lett 2014;21:1389);
Hanley & McNeil, Radiology 1982;143:29.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from reporting.statistics.arrays import Bools, Floats, bools, floats, same_length
from reporting.statistics.distributions import z_of
from reporting.statistics.results import Estimate, Result, Scope, undefined

Interval = Literal["delong", "logit"]
INTERVALS: tuple[Interval, ...] = ("delong", "logit")
CEILING = "the classes are separated completely: no interval"


def auc_value(scores: ArrayLike, positive: ArrayLike) -> float:
    """Share of (positive, negative) pairs in which the positive scores higher, ties half; NaN without a class."""
    truth = bools(positive)
    m = int(np.count_nonzero(truth))
    n = len(truth) - m
    if m == 0 or n == 0:
        return math.nan
    ranks = rankdata(floats(scores))
    return float((ranks[truth].sum() - m * (m + 1) / 2) / (m * n))


@dataclass(frozen=True)
class Placements:
    """For every positive the share of negatives below it, and for every negative the share of positives above it."""

    of_positives: Floats
    of_negatives: Floats

    @classmethod
    def of(cls, scores: Floats, truth: Bools) -> Placements:
        above, below = scores[truth], scores[~truth]
        ranks = rankdata(scores)
        with np.errstate(divide="ignore", invalid="ignore"):
            return cls(
                (ranks[truth] - rankdata(above)) / len(below), 1 - (ranks[~truth] - rankdata(below)) / len(above)
            )

    @property
    def auc(self) -> float:
        return float(self.of_positives.mean()) if len(self.of_positives) and len(self.of_negatives) else math.nan

    @property
    def variance(self) -> float:
        """DeLong: S₁₀/m + S₀₁/n; NaN with fewer than two of a class."""
        return delong_covariance(self, self)


def delong_covariance(one: Placements, other: Placements) -> float:
    """Covariance of two AUCs read from the same rows."""
    total = 0.0
    for a, b in ((one.of_positives, other.of_positives), (one.of_negatives, other.of_negatives)):
        if len(a) < 2:
            return math.nan
        total += float((a - a.mean()) @ (b - b.mean())) / (len(a) - 1) / len(a)
    return total


def auc(
    scores: ArrayLike, positive: ArrayLike, scope: Scope, *, level: float = 0.95, interval: Interval = "delong"
) -> Result:
    """AUC with DeLong's variance; the interval is A ∓ z·SE, or its logit: logit A ∓ z·SE/(A(1−A)).

    Rows with a missing score are left out and counted. Rows are taken as independent; with several rows of one
    patient use ``clustered_auc``.
    """
    values, truth = floats(scores), bools(positive)
    same_length(scores=values, positive=truth)
    known = ~np.isnan(values)
    values, truth = values[known], truth[known]
    placements = Placements.of(values, truth)
    hanley = hanley_mcneil_se(placements.auc, int(truth.sum()), int((~truth).sum()))
    return Result(
        "auc",
        f"trapezoidal, ties half; DeLong variance, {interval} interval; rows counted as independent",
        scope,
        {"positives": int(truth.sum()), "negatives": int((~truth).sum()), "missing": int((~known).sum())},
        {
            "AUC": auc_estimate(placements.auc, placements.variance, level, interval),
            "SE_Hanley_McNeil": Estimate(hanley, note="" if hanley is not None else "a class is missing"),
        },
        level=level,
    )


def auc_estimate(value: float, variance: float, level: float, interval: Interval = "delong") -> Estimate:
    """AUC and its interval from any variance; says where the interval was cut at 0 or 1, or has none."""
    if math.isnan(value):
        return undefined("one class is missing")
    if not math.isfinite(variance):
        return Estimate(value, note="no interval: fewer than two of a class")
    if value in (0.0, 1.0):
        return Estimate(value, note=CEILING)
    if variance <= 0:
        return Estimate(value, note="no interval: variance is not positive")
    se = math.sqrt(variance)
    reach = z_of(level) * se
    if interval == "logit":
        middle, reach = math.log(value / (1 - value)), reach / (value * (1 - value))
        low, high = (1 / (1 + math.exp(-bound)) for bound in (middle - reach, middle + reach))
        return Estimate(value, low, high, se, interval)
    return cut(Estimate(value, value - reach, value + reach, se, interval))


def cut(estimate: Estimate) -> Estimate:
    """The same interval inside 0 to 1, and a note where that changed it."""
    if estimate.low is None or estimate.high is None or (estimate.low >= 0 and estimate.high <= 1):
        return estimate
    note = "; ".join(filter(None, [estimate.note, "interval cut at 0 or 1"]))
    low, high = max(0.0, estimate.low), min(1.0, estimate.high)
    return Estimate(estimate.value, low, high, estimate.se, estimate.method, note)


def hanley_mcneil_se(value: float, positives: int, negatives: int) -> float | None:
    """√((A(1−A) + (m−1)(Q₁−A²) + (n−1)(Q₂−A²))/mn) with Q₁ = A/(2−A), Q₂ = 2A²/(1+A)."""
    if not positives or not negatives or math.isnan(value):
        return None
    q1, q2, square = value / (2 - value), 2 * value**2 / (1 + value), value**2
    total = value * (1 - value) + (positives - 1) * (q1 - square) + (negatives - 1) * (q2 - square)
    return math.sqrt(max(0.0, total) / (positives * negatives))
