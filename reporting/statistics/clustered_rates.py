"""The eight rates when several rows come from one patient: linearised over patients, or patients resampled."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from reporting.statistics.arrays import Floats, bools, floats, numbered, same_length, sums_by
from reporting.statistics.bootstrap import BOOTSTRAP_SEED, RESAMPLES, affordable, percentile_estimate, resampled_sums
from reporting.statistics.clusters import ONE_PATIENT, log_estimate, logit_estimate, ratio_variance, share_estimate
from reporting.statistics.confusion import RATES, count, rates
from reporting.statistics.results import Estimate, Result, Scope, undefined

Interval = Literal["linearised", "bootstrap"]
INTERVALS: tuple[Interval, ...] = ("linearised", "bootstrap")


def clustered_rates(
    positive: ArrayLike,
    said: ArrayLike,
    patient: ArrayLike,
    scope: Scope,
    *,
    level: float = 0.95,
    interval: Interval = "linearised",
    resamples: int = RESAMPLES,
    seed: int = BOOTSTRAP_SEED,
) -> Result:
    """Rates over rows with intervals over patients.

    Linearised: shares as in ``clustered_proportion``; likelihood ratios on the log scale with Σ(uᵢ)² k/(k−1), where
    uᵢ = (aᵢ − p₁nᵢ)/Σa − (bᵢ − p₂mᵢ)/Σb; F1 on the logit scale.
    """
    truth, called = bools(positive), bools(said)
    index, patients = numbered(patient)
    resamples = affordable(resamples, patients)
    same_length(positive=truth, said=called, patient=index)
    tp, fp, fn, tn = (
        sums_by(index, patients, cell) for cell in (truth & called, ~truth & called, truth & ~called, ~truth & ~called)
    )
    counts = count(truth, called)
    if interval == "bootstrap":
        estimates = _bootstrapped(np.column_stack([tp, fp, fn, tn]), rates(counts), level, resamples, seed)
        method = f"percentile bootstrap of patients, {resamples} resamples, seed {seed}"
    else:
        estimates = {
            "ACC": share_estimate(tp + tn, tp + fp + fn + tn, level, "rows"),
            "TPR": share_estimate(tp, tp + fn, level, "positives"),
            "TNR": share_estimate(tn, tn + fp, level, "negatives"),
            "PPV": share_estimate(tp, tp + fp, level, "positive calls"),
            "NPV": share_estimate(tn, tn + fn, level, "negative calls"),
            "PLR": _likelihood_ratio((tp, tp + fn), (fp, tn + fp), level),
            "NLR": _likelihood_ratio((fn, tp + fn), (tn, tn + fp), level),
            "F1": _f1(2 * tp, 2 * tp + fp + fn, level),
        }
        method = "linearised over patients; Wilson of the effective number for shares"
    return Result(
        "clustered_rates",
        method,
        scope,
        asdict(counts)
        | {
            "n": counts.total,
            "patients": patients,
            "patients_with_positives": int(np.count_nonzero(tp + fn)),
            "patients_with_negatives": int(np.count_nonzero(tn + fp)),
        },
        estimates,
        level=level,
    )


def _likelihood_ratio(above: tuple[Floats, Floats], below: tuple[Floats, Floats], level: float) -> Estimate:
    (a, n1), (b, n2) = above, below
    if not n1.sum() or not n2.sum():
        return undefined("one class has no rows")
    if not b.sum():
        return undefined("infinite: the rate below is 0" if a.sum() else "0 over 0")
    p1, p2 = a.sum() / n1.sum(), b.sum() / n2.sum()
    value, patients = float(p1 / p2), int(np.count_nonzero(n1 + n2))
    if not a.sum():
        return Estimate(value, note="interval not estimable: a cell is 0")
    if patients < 2:
        return Estimate(value, note=ONE_PATIENT)
    rest = (a - p1 * n1) / a.sum() - (b - p2 * n2) / b.sum()
    spread = math.sqrt(patients / (patients - 1) * float(rest @ rest))
    return log_estimate(value, spread, level)


def _f1(numerator: Floats, denominator: Floats, level: float) -> Estimate:
    if not denominator.sum():
        return undefined("neither positives nor positive calls")
    value = float(numerator.sum() / denominator.sum())
    variance = ratio_variance(numerator, denominator)
    return logit_estimate(value, variance, level)


def _bootstrapped(
    sums: Floats, points: dict[str, float | None], level: float, resamples: int, seed: int
) -> dict[str, Estimate]:
    def figures(drawn: Floats) -> Floats:
        tp, fp, fn, tn = drawn.T
        sensitivity, specificity = tp / (tp + fn), tn / (tn + fp)
        return floats(
            np.column_stack(
                [
                    (tp + tn) / (tp + fp + fn + tn),
                    sensitivity,
                    specificity,
                    tp / (tp + fp),
                    tn / (tn + fn),
                    sensitivity / (1 - specificity),
                    (1 - sensitivity) / specificity,
                    2 * tp / (2 * tp + fp + fn),
                ]
            )
        )

    draws = resampled_sums(sums, figures, resamples, seed)
    return {
        name: percentile_estimate(
            math.nan if points[name] is None else float(points[name] or 0), draws[:, place], level, len(sums)
        )
        for place, name in enumerate(RATES)
    }
