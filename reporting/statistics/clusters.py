"""Proportions and ratios when several rows come from one patient: the patient is the unit that varies.

Ratio estimator p = Σx/Σm with var = k/(k−1) Σ(xᵢ − p mᵢ)²/(Σm)² over patients with mᵢ > 0 (Cochran 1977, chapter 6; the
linearised variance of survey statistics). Design effect and effective numbers: Rao & Scott, Biometrics 1992;48:577.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from reporting.statistics.arrays import Floats, bools, numbered, same_length, sums_by
from reporting.statistics.bootstrap import BOOTSTRAP_SEED, RESAMPLES, affordable, percentile_estimate, resampled_sums
from reporting.statistics.distributions import chi2_test, t_of, z_of
from reporting.statistics.proportions import proportion_interval
from reporting.statistics.results import Estimate, Result, Scope, undefined

ONE_PATIENT = "no interval: one patient"
NO_SPREAD = "no interval: patients do not vary"


def ratio_variance(numerator: Floats, denominator: Floats) -> float:
    """Variance of Σx/Σm from sums per patient; NaN with fewer than two patients that count."""
    counted = denominator > 0
    patients = int(counted.sum())
    if patients < 2:
        return math.nan
    x, m = numerator[counted], denominator[counted]
    rest = x - x.sum() / m.sum() * m
    return float(patients / (patients - 1) * (rest @ rest) / m.sum() ** 2)


def share_estimate(hits: Floats, chances: Floats, level: float = 0.95, of: str = "") -> Estimate:
    """A share from sums per patient: Wilson's interval of the effective number n/deff (Rao & Scott).

    At 0 or 1 patients do not vary; then every patient with a chance counts as one row.
    """
    patients = int(np.count_nonzero(chances))
    return share_of_totals(
        float(hits.sum()), float(chances.sum()), patients, ratio_variance(hits, chances), level=level, of=of
    )


def share_of_totals(
    hits: float, chances: float, patients: int, variance: float, *, level: float = 0.95, of: str = ""
) -> Estimate:
    """The same from totals: ``patients`` are those with a chance, ``variance`` that of the ratio estimator."""
    if chances <= 0:
        return undefined(f"no {of}" if of else "nothing to count")
    value = hits / chances
    if patients < 2:
        return Estimate(value, note=ONE_PATIENT)
    if value in (0.0, 1.0):
        low, high = proportion_interval(value * patients, patients, level)
        return Estimate(value, low, high, method="wilson over patients")
    if variance <= 1e-18:
        return Estimate(value, note=NO_SPREAD)
    effective = value * (1 - value) / variance
    low, high = proportion_interval(value * effective, effective, level)
    return Estimate(value, low, high, math.sqrt(variance), "wilson of the effective number")


def log_estimate(value: float, spread: float, level: float = 0.95) -> Estimate:
    """A ratio of rates: normal interval of its logarithm, whose standard error over patients is ``spread``."""
    if spread <= 1e-9:
        return Estimate(value, note=NO_SPREAD)
    reach = z_of(level) * spread
    return Estimate(value, value * math.exp(-reach), value * math.exp(reach), value * spread, "log, over patients")


def logit_estimate(value: float, variance: float, level: float = 0.95) -> Estimate:
    """A figure from 0 to 1 with its ``variance`` over patients (NaN: one patient): normal interval of its logit."""
    if math.isnan(variance):
        return Estimate(value, note=ONE_PATIENT)
    if value in (0.0, 1.0) or variance <= 1e-18:
        return Estimate(value, note=NO_SPREAD)
    se = math.sqrt(variance)
    middle, reach = math.log(value / (1 - value)), z_of(level) * se / (value * (1 - value))
    low, high = (1 / (1 + math.exp(-bound)) for bound in (middle - reach, middle + reach))
    return Estimate(value, low, high, se, "logit, over patients")


def mean_estimate(sums: Floats, rows: Floats, level: float = 0.95) -> Estimate:
    """A mean over rows from sums per patient: t interval with patients − 1 df."""
    patients, n = int(np.count_nonzero(rows)), float(rows.sum())
    rest = sums - (float(sums.sum()) / n if n > 0 else 0.0) * rows
    return mean_of_totals(float(sums.sum()), n, patients, float(rest @ rest), level)


def mean_of_totals(total: float, rows: float, patients: int, square: float, level: float = 0.95) -> Estimate:
    """The same from totals. ``square``: Σ over patients of (Σ (value − mean) of their rows)²."""
    if rows <= 0:
        return undefined("nothing to count")
    value = total / rows
    if patients < 2:
        return Estimate(value, note=ONE_PATIENT)
    variance = patients / (patients - 1) * square / rows**2
    if variance <= 1e-15 * value**2:  # nothing but rounding
        return Estimate(value, note=NO_SPREAD)
    reach = t_of(level, patients - 1) * math.sqrt(variance)
    return Estimate(value, value - reach, value + reach, math.sqrt(variance), "t over patients")


def design_effect(hits: Floats, chances: Floats) -> Estimate:
    """Variance over patients ÷ variance of as many independent rows; below 1 is legitimate."""
    n = float(chances.sum())
    value = float(hits.sum()) / n if n > 0 else math.nan
    variance = ratio_variance(hits, chances)
    if not 0 < value < 1 or math.isnan(variance):
        return undefined("needs two patients and a share between 0 and 1")
    return Estimate(variance / (value * (1 - value) / n))


def clustered_proportion(
    hit: ArrayLike,
    patient: ArrayLike,
    scope: Scope,
    *,
    level: float = 0.95,
    bootstrap: bool = False,
    resamples: int = RESAMPLES,
    seed: int = BOOTSTRAP_SEED,
) -> Result:
    """Share of rows with ``hit``; ratio estimator with Rao and Scott's effective number, or a patient bootstrap."""
    hits, owner = bools(hit), np.asarray(patient)
    same_length(hit=hits, patient=owner)
    index, patients = numbered(owner)
    resamples = affordable(resamples, patients)
    x, m = sums_by(index, patients, hits), sums_by(index, patients)
    share = share_estimate(x, m, level)
    method = "ratio estimator over patients, Wilson interval of the effective number (Rao-Scott)"
    if bootstrap and share.value is not None:
        draws = resampled_sums(np.column_stack([x, m]), lambda sums: sums[:, 0] / sums[:, 1], resamples, seed)
        share = percentile_estimate(share.value, draws, level, patients)
        method = f"percentile bootstrap of patients, {resamples} resamples, seed {seed}"
    return Result(
        "clustered_proportion",
        method,
        scope,
        {"hits": int(x.sum()), "rows": int(m.sum()), "patients": patients},
        {"proportion": share, "design_effect": design_effect(x, m)},
        level=level,
    )


def rao_scott_test(
    hit: ArrayLike, group: ArrayLike, patient: ArrayLike, scope: Scope, *, level: float = 0.95
) -> Result:
    """Whether shares differ between groups of patients: Pearson's χ² after dividing each group's counts by its deff.

    A patient's rows lie in one group; a patient of two groups is counted as one patient in each.
    """
    hits, groups, owner = bools(hit), np.asarray(group), np.asarray(patient)
    same_length(hit=hits, group=groups, patient=owner)
    names = np.unique(groups)
    counts: dict[str, int] = {}
    estimates: dict[str, Estimate] = {}
    effective: list[tuple[float, float]] = []
    for name in names:
        inside = groups == name
        index, patients = numbered(owner[inside])
        x, m = sums_by(index, patients, hits[inside]), sums_by(index, patients)
        effect = design_effect(x, m)
        counts |= {f"rows_{name}": int(m.sum()), f"patients_{name}": patients}
        estimates |= {f"proportion_{name}": share_estimate(x, m, level), f"design_effect_{name}": effect}
        if effect.value:
            effective.append((x.sum() / effect.value, m.sum() / effect.value))
    test = chi2_test(math.nan, 0, "not estimable: a group has one patient, or a share of 0 or 1, or there is one group")
    if len(effective) == len(names) >= 2:
        x, m = (np.array(one) for one in zip(*effective, strict=True))
        pooled = x.sum() / m.sum()
        test = chi2_test(float(((x - m * pooled) ** 2 / (m * pooled * (1 - pooled))).sum()), len(names) - 1)
    return Result(
        "rao_scott_test",
        "Pearson's chi-square of counts divided by each group's design effect",
        scope,
        counts,
        estimates,
        {"groups": test},
        level=level,
    )
