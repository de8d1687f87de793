"""ROC curve, its best point, and the area under a part of it. A row is called positive when score ≥ threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from reporting.statistics.arrays import Bools, Floats, Ints, bools, floats, numbered, same_length
from reporting.statistics.bootstrap import BOOTSTRAP_SEED, RESAMPLES, affordable, percentile_estimate, resampled_rows
from reporting.statistics.proportions import proportion
from reporting.statistics.results import Cell, Estimate, Result, Scope, undefined

MOST_POINTS = 1000
Focus = Literal["specificity", "sensitivity"]


@dataclass(frozen=True)
class Ranking:
    """Rows from the highest score down, sorted once; a curve for any weights of the rows comes from it."""

    order: Ints
    last_of_tie: Bools
    thresholds: Floats
    truth: Bools

    @classmethod
    def of(cls, scores: Floats, truth: Bools) -> Ranking:
        order = np.argsort(-scores, kind="stable")
        ranked = scores[order]
        last_of_tie = np.append(np.diff(ranked) != 0, True)[: len(ranked)]
        return cls(order, last_of_tie, np.append(np.full(1, math.inf), ranked[last_of_tie]), truth[order])

    def curve(self, weights: Floats | None = None) -> Curve:
        weight = np.ones(len(self.order)) if weights is None else weights[self.order]
        start = np.zeros(1)
        hits = np.cumsum(np.where(self.truth, weight, 0.0))[self.last_of_tie]
        alarms = np.cumsum(np.where(self.truth, 0.0, weight))[self.last_of_tie]
        return Curve(self.thresholds, np.append(start, hits), np.append(start, alarms))


@dataclass(frozen=True)
class Curve:
    """Corners from (0, 0) to (1, 1): calls at each threshold, highest threshold first (the first calls nothing)."""

    thresholds: Floats
    tp: Floats
    fp: Floats

    @property
    def defined(self) -> bool:
        return bool(self.tp[-1] > 0 and self.fp[-1] > 0)

    @property
    def tpr(self) -> Floats:
        return floats(self.tp / self.tp[-1])

    @property
    def fpr(self) -> Floats:
        return floats(self.fp / self.fp[-1])

    @property
    def area(self) -> float:
        """Trapezoidal area under the whole curve; NaN without a class."""
        return float(np.trapezoid(self.tpr, self.fpr)) if self.defined else math.nan

    def partial_area(self, low: float, high: float) -> float:
        """Trapezoidal area under the curve for false positive rates from ``low`` to ``high``; NaN without a class."""
        if not self.defined:
            return math.nan
        x, y = self.fpr, self.tpr
        inside = (x > low) & (x < high)
        # Where the curve climbs at one abscissa the bound on the left meets its top, the one on the right its bottom.
        left = y[x <= low][-1] if np.any(x == low) else float(np.interp(low, x, y))
        right = y[x >= high][0] if np.any(x == high) else float(np.interp(high, x, y))
        return float(np.trapezoid([left, *y[inside], right], [low, *x[inside], high]))


def roc_curve(
    scores: ArrayLike, positive: ArrayLike, scope: Scope, *, level: float = 0.95, points: int = MOST_POINTS
) -> Result:
    """Counts, TPR and TNR at the thresholds (at most ``points`` of them), and the point of greatest TPR + TNR.

    Youden, Cancer 1950;3:32. Ties of the index: the highest threshold. The interval at the best point is Wilson's and
    takes the threshold as given, so it is too narrow for a threshold found on the same rows.
    """
    values, truth = floats(scores), bools(positive)
    same_length(scores=values, positive=truth)
    known = ~np.isnan(values)
    values, truth = values[known], truth[known]
    m, n = int(truth.sum()), int((~truth).sum())
    counts = {"positives": m, "negatives": n, "missing": int((~known).sum())}
    method = "positive when score >= threshold; rows counted as independent"
    if not m or not n:
        lacking = {name: undefined("one class is missing") for name in ("TPR", "TNR", "youden", "threshold")}
        return Result("roc_curve", method, scope, counts, lacking, level=level)
    curve = Ranking.of(values, truth).curve()
    best = int(np.argmax(np.round(curve.tpr - curve.fpr, 12)))
    tp, fp = int(curve.tp[best]), int(curve.fp[best])
    threshold = float(curve.thresholds[best])
    best_point = {
        "TPR": proportion(tp, m, level=level),
        "TNR": proportion(n - fp, n, level=level),
        "youden": Estimate(tp / m - fp / n),
        "threshold": Estimate(threshold)
        if math.isfinite(threshold)
        else undefined("no threshold beats calling nothing"),
    }
    kept = np.unique(np.linspace(0, len(curve.tp) - 1, min(points, len(curve.tp))).astype(int))
    return Result(
        "roc_curve",
        method,
        scope,
        counts | {"thresholds": len(curve.tp) - 1},
        best_point,
        series={"points": [_point(curve, int(index), m, n) for index in kept]},
        level=level,
        notes=("the interval at the best point takes its threshold as given",),
    )


def partial_auc(
    scores: ArrayLike,
    positive: ArrayLike,
    scope: Scope,
    *,
    low: float = 0.9,
    high: float = 1.0,
    focus: Focus = "specificity",
    patient: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = BOOTSTRAP_SEED,
) -> Result:
    """Area where specificity (or sensitivity) lies between ``low`` and ``high``, and McClish's standardised area.

    Standardised: ½(1 + (A − min)/(max − min)), min the area of chance, max that of a perfect score (McClish, Med Decis
    Making 1989;9:190). Intervals: percentile bootstrap, of patients where ``patient`` is given, else of rows.
    """
    if not 0 <= low < high <= 1:
        raise ValueError("low and high must satisfy 0 <= low < high <= 1")
    values, truth = floats(scores), bools(positive)
    units = np.arange(len(values)) if patient is None else np.asarray(patient)
    same_length(scores=values, positive=truth, patient=units)
    known = ~np.isnan(values)
    values, truth = values[known], truth[known]
    unit, size = numbered(units[known])
    resamples = affordable(resamples, len(truth))
    if focus == "sensitivity":  # the curve seen from the other class: its false positive rate is 1 − TPR
        values, truth = -values, ~truth
    start, stop = 1 - high, 1 - low
    least, most = (stop**2 - start**2) / 2, stop - start

    ranking = Ranking.of(values, truth)
    value = ranking.curve().partial_area(start, stop)
    draws = []
    if not math.isnan(value):
        resampled = resampled_rows(unit, size, resamples, seed)
        draws = [ranking.curve(weights).partial_area(start, stop) for weights in resampled]
    partial = percentile_estimate(value, np.array(draws), level, size)
    standard = percentile_estimate(
        (1 + (value - least) / (most - least)) / 2, (1 + (np.array(draws) - least) / (most - least)) / 2, level, size
    )
    positives = int(truth.sum()) if focus == "specificity" else int((~truth).sum())
    return Result(
        "partial_auc",
        f"{focus} from {low:g} to {high:g}; percentile bootstrap, {resamples} resamples of "
        f"{'rows' if patient is None else 'patients'}, seed {seed}",
        scope,
        {
            "positives": positives,
            "negatives": len(truth) - positives,
            "missing": int((~known).sum()),
            "resampled_units": size,
        },
        {"partial_AUC": partial, "standardised": standard},
        level=level,
    )


def _point(curve: Curve, index: int, m: int, n: int) -> dict[str, Cell]:
    tp, fp = int(curve.tp[index]), int(curve.fp[index])
    called = tp + fp
    return {
        "threshold": float(curve.thresholds[index]) if index else None,
        "tp": tp,
        "fp": fp,
        "fn": m - tp,
        "tn": n - fp,
        "TPR": tp / m,
        "TNR": 1 - fp / n,
        "PPV": tp / called if called else None,
    }
