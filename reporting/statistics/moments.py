"""Sums over patients that are enough for every clustered ratio: kept in a summary instead of the rows themselves.

With cᵢ the counts of patient i, Σcᵢ and Σcᵢcᵢᵀ give each ratio p = Σ(u·cᵢ)/Σ(w·cᵢ) and its variance
k/(k−1) Σ((u−pw)·cᵢ)²/(Σw·cᵢ)² (Cochran 1977, chapter 6) without going back to the patients. Whole numbers add up
exactly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from reporting.statistics.arrays import Floats, floats
from reporting.statistics.clusters import ONE_PATIENT, log_estimate, logit_estimate, mean_of_totals, share_of_totals
from reporting.statistics.confusion import Counts
from reporting.statistics.results import Estimate, Result, Scope, undefined


@dataclass(frozen=True)
class Moments:
    """``sums`` (n,) = Σcᵢ and ``products`` (n, n) = Σcᵢcᵢᵀ over patients."""

    sums: Floats
    products: Floats

    @classmethod
    def of(cls, counts: ArrayLike) -> Moments:
        """From counts per patient, shape (patients, n)."""
        per_patient = floats(counts)
        return cls(per_patient.sum(axis=0), per_patient.T @ per_patient)

    @classmethod
    def unpacked(cls, sums: Sequence[int], upper: Sequence[int]) -> Moments:
        """``upper``: the products' upper triangle, row by row."""
        n = len(sums)
        products = np.zeros((n, n))
        rows, columns = np.triu_indices(n)
        products[rows, columns] = upper
        products[columns, rows] = upper
        return cls(floats(sums), products)

    def total(self, weights: ArrayLike) -> float:
        return float(floats(weights) @ self.sums)

    def square(self, weights: ArrayLike) -> float:
        """Σ(w·cᵢ)²; rounding never makes it negative."""
        w = floats(weights)
        return max(0.0, float(w @ self.products @ w))

    def ratio_variance(self, over: ArrayLike, under: ArrayLike, patients: int) -> float:
        """NaN with fewer than two patients, or nothing below the line."""
        u, w = floats(over), floats(under)
        below = self.total(w)
        if patients < 2 or below <= 0:
            return math.nan
        return patients / (patients - 1) * self.square(u - self.total(u) / below * w) / below**2

    def share(self, over: ArrayLike, under: ArrayLike, patients: int, level: float = 0.95, of: str = "") -> Estimate:
        """As ``clusters.share_estimate``; ``patients``: those with something below the line."""
        variance = self.ratio_variance(over, under, patients)
        return share_of_totals(self.total(over), self.total(under), patients, variance, level=level, of=of)

    def mean(self, over: ArrayLike, under: ArrayLike, patients: int, level: float = 0.95) -> Estimate:
        """As ``clusters.mean_estimate``: t interval with patients − 1 df."""
        u, w = floats(over), floats(under)
        below = self.total(w)
        square = self.square(u - self.total(u) / below * w) if below > 0 else 0.0
        return mean_of_totals(self.total(u), below, patients, square, level)


_TP, _FP, _FN, _TN = np.eye(4)
_SHARES: Mapping[str, tuple[Floats, Floats, str, str]] = {
    "ACC": (_TP + _TN, np.ones(4), "any", "rows"),
    "TPR": (_TP, _TP + _FN, "positives", "positives"),
    "TNR": (_TN, _TN + _FP, "negatives", "negatives"),
    "PPV": (_TP, _TP + _FP, "positive_calls", "positive calls"),
    "NPV": (_TN, _TN + _FN, "negative_calls", "negative calls"),
}
PATIENTS_WITH = ("any", "positives", "negatives", "positive_calls", "negative_calls", "hits_or_errors")


@dataclass(frozen=True)
class ConfusionMoments:
    """TP, FP, FN, TN with their sums over patients; ``patients``: how many have any row, any positive and so on."""

    moments: Moments
    patients: Mapping[str, int]

    @classmethod
    def of(cls, counts: ArrayLike) -> ConfusionMoments:
        """From TP, FP, FN, TN per patient, shape (patients, 4)."""
        per_patient = floats(counts)
        held = (per_patient @ mask > 0 for mask in _MASKS.values())
        return cls(
            Moments.of(per_patient),
            {name: int(np.count_nonzero(some)) for name, some in zip(PATIENTS_WITH, held, strict=True)},
        )

    @property
    def counts(self) -> Counts:
        tp, fp, fn, tn = (round(one) for one in self.moments.sums)
        return Counts(tp=tp, fp=fp, fn=fn, tn=tn)

    def rates(self, scope: Scope, *, level: float = 0.95) -> Result:
        """What ``clustered_rates`` says of the same rows, linearised."""
        counts, moments = self.counts, self.moments
        estimates = {
            name: moments.share(over, under, self.patients[who], level, of)
            for name, (over, under, who, of) in _SHARES.items()
        }
        estimates["PLR"] = self._likelihood_ratio((_TP, _TP + _FN), (_FP, _TN + _FP), level)
        estimates["NLR"] = self._likelihood_ratio((_FN, _TP + _FN), (_TN, _TN + _FP), level)
        estimates["F1"] = self._f1(level)
        return Result(
            "clustered_rates",
            "linearised over patients; Wilson of the effective number for shares",
            scope,
            {"tp": counts.tp, "fp": counts.fp, "fn": counts.fn, "tn": counts.tn, "n": counts.total}
            | {
                "patients": self.patients["any"],
                "patients_with_positives": self.patients["positives"],
                "patients_with_negatives": self.patients["negatives"],
            },
            estimates,
            level=level,
        )

    def _likelihood_ratio(self, above: tuple[Floats, Floats], below: tuple[Floats, Floats], level: float) -> Estimate:
        (a, n1), (b, n2) = above, below
        total = self.moments.total
        if not total(n1) or not total(n2):
            return undefined("one class has no rows")
        if not total(b):
            return undefined("infinite: the rate below is 0" if total(a) else "0 over 0")
        p1, p2, patients = total(a) / total(n1), total(b) / total(n2), self.patients["any"]
        value = p1 / p2
        if not total(a):
            return Estimate(value, note="interval not estimable: a cell is 0")
        if patients < 2:
            return Estimate(value, note=ONE_PATIENT)
        rest = (a - p1 * n1) / total(a) - (b - p2 * n2) / total(b)
        spread = math.sqrt(patients / (patients - 1) * self.moments.square(rest))
        return log_estimate(value, spread, level)

    def _f1(self, level: float) -> Estimate:
        over, under = 2 * _TP, 2 * _TP + _FP + _FN
        if not self.moments.total(under):
            return undefined("neither positives nor positive calls")
        value = self.moments.total(over) / self.moments.total(under)
        patients = self.patients["hits_or_errors"]
        variance = self.moments.ratio_variance(over, under, patients)
        return logit_estimate(value, variance, level)


_MASKS: Mapping[str, Floats] = {
    "any": np.ones(4),
    "positives": _TP + _FN,
    "negatives": _TN + _FP,
    "positive_calls": _TP + _FP,
    "negative_calls": _TN + _FN,
    "hits_or_errors": _TP + _FP + _FN,
}
CONFUSION_MASKS: Floats = np.stack([_MASKS[name] for name in PATIENTS_WITH])
