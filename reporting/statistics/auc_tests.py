"""Whether two AUCs differ: read from the same rows (paired) or from different ones. DeLong, Biometrics 1988;44:837."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from reporting.statistics.arrays import bools, floats, same_length
from reporting.statistics.auc import Placements, auc_estimate, delong_covariance
from reporting.statistics.distributions import t_of, t_test, z_of, z_test
from reporting.statistics.results import Estimate, HypothesisTest, Result, Scope, undefined

ONE_CLASS = "one class is missing"


def paired_auc_test(
    scores_a: ArrayLike, scores_b: ArrayLike, positive: ArrayLike, scope: Scope, *, level: float = 0.95
) -> Result:
    """Two scores of the same rows: z = (A − B)/√(var A + var B − 2 cov). Rows missing either score are left out."""
    a, b, truth = floats(scores_a), floats(scores_b), bools(positive)
    same_length(scores_a=a, scores_b=b, positive=truth)
    known = ~(np.isnan(a) | np.isnan(b))
    truth = truth[known]
    first, second = Placements.of(a[known], truth), Placements.of(b[known], truth)
    covariance = delong_covariance(first, second)
    variance = first.variance + second.variance - 2 * covariance
    difference, test = difference_by_z(first.auc - second.auc, variance, level)
    return Result(
        "paired_auc_test",
        "DeLong's paired test; rows counted as independent",
        scope,
        {"positives": int(truth.sum()), "negatives": int((~truth).sum()), "missing": int((~known).sum())},
        {
            "AUC_a": auc_estimate(first.auc, first.variance, level),
            "AUC_b": auc_estimate(second.auc, second.variance, level),
            "difference": difference,
            "covariance": Estimate(covariance),
        },
        {"difference": test},
        level=level,
    )


def unpaired_auc_test(
    scores_a: ArrayLike,
    positive_a: ArrayLike,
    scores_b: ArrayLike,
    positive_b: ArrayLike,
    scope: Scope,
    *,
    level: float = 0.95,
) -> Result:
    """AUCs of different patients: t = (A − B)/√(V₁ + V₂), df = (V₁+V₂)²/(V₁²/(N₁−1) + V₂²/(N₂−1)) (Satterthwaite)."""
    found: list[Placements] = []
    counts: dict[str, int] = {}
    sizes: list[int] = []
    for name, scores, positive in (("a", scores_a, positive_a), ("b", scores_b, positive_b)):
        values, truth = floats(scores), bools(positive)
        same_length(**{f"scores_{name}": values, f"positive_{name}": truth})
        known = ~np.isnan(values)
        values, truth = values[known], truth[known]
        found.append(Placements.of(values, truth))
        sizes.append(len(truth))
        counts |= {
            f"positives_{name}": int(truth.sum()),
            f"negatives_{name}": int((~truth).sum()),
            f"missing_{name}": int((~known).sum()),
        }
    first, second = found
    v1, v2 = first.variance, second.variance
    gap, total = first.auc - second.auc, v1 + v2
    df = _satterthwaite((v1, sizes[0] - 1), (v2, sizes[1] - 1))
    if math.isnan(gap):
        difference = undefined(ONE_CLASS)
    elif not total > 0 or not df > 0:
        difference = Estimate(gap, note="no interval: no spread")
    else:
        reach = t_of(level, df) * math.sqrt(total)
        difference = Estimate(gap, gap - reach, gap + reach, math.sqrt(total), "t")
    return Result(
        "unpaired_auc_test",
        "DeLong variances, Satterthwaite's degrees of freedom; rows counted as independent",
        scope,
        counts,
        {
            "AUC_a": auc_estimate(first.auc, v1, level),
            "AUC_b": auc_estimate(second.auc, v2, level),
            "difference": difference,
        },
        {"difference": t_test(gap, math.sqrt(total) if total > 0 else math.nan, df)},
        level=level,
    )


def difference_by_z(gap: float, variance: float, level: float) -> tuple[Estimate, HypothesisTest]:
    """A difference of two AUCs with its normal interval and test; a variance that is not positive gives neither."""
    if math.isnan(gap):
        return undefined(ONE_CLASS), HypothesisTest("z", None, None, note=ONE_CLASS)
    if not math.isfinite(variance) or variance <= 1e-18:
        note = "no interval: no spread, or fewer than two of a class"
        return Estimate(gap, note=note), HypothesisTest("z", None, None, note=note)
    se = math.sqrt(variance)
    reach = z_of(level) * se
    return Estimate(gap, gap - reach, gap + reach, se, "normal"), z_test(gap, se)


def _satterthwaite(*parts: tuple[float, int]) -> float:
    below = sum(variance**2 / df for variance, df in parts if df > 0)
    return sum(variance for variance, _ in parts) ** 2 / below if below > 0 else math.nan
