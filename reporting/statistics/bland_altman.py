"""Bland and Altman's limits of agreement of two measurements, for one or several places per patient.

Bland & Altman, Lancet 1986;1:307; Stat Methods Med Res 1999;8:135; several values per patient: J Biopharm Stat
2007;17:571 (variance between plus within patients). Limits are bias ∓ 1.96 SD, intervals use t.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from reporting.statistics.arrays import Floats, Ints, floats, numbered, same_length, sums_by
from reporting.statistics.bootstrap import BOOTSTRAP_SEED, RESAMPLES, affordable, percentile_estimate, resampled_sums
from reporting.statistics.clusters import mean_estimate
from reporting.statistics.distributions import sd_bounds, t_of, t_test, z_of
from reporting.statistics.results import Estimate, HypothesisTest, Result, Scope, undefined

TOO_FEW = "needs two rows"


def bland_altman(first: ArrayLike, second: ArrayLike, scope: Scope, *, level: float = 0.95) -> Result:
    """first − second, one pair per patient. SE of a limit: √(3s²/n) (1986) and s√(1/n + z²/(2(n−1))) (1999)."""
    a, b, missing = _pairs(first, second)
    d, n, z = a - b, len(a), z_of(0.95)
    estimates = dict.fromkeys(("bias", "sd", "lower_limit", "upper_limit"), undefined(TOO_FEW))
    if n == 1:
        estimates["bias"] = Estimate(float(d[0]), note="no interval: one row")
    if n > 1:
        bias, sd, t = float(d.mean()), float(d.std(ddof=1)), t_of(level, n - 1)
        se_1986, se_1999 = math.sqrt(3 * sd**2 / n), sd * math.sqrt(1 / n + z**2 / (2 * (n - 1)))
        estimates = {"bias": _around(bias, sd / math.sqrt(n), t), "sd": _sd(sd, n, level)}
        for name, limit in (("lower_limit", bias - z * sd), ("upper_limit", bias + z * sd)):
            estimates[name] = _around(limit, se_1999, t)
            estimates[f"{name}_1986"] = _around(limit, se_1986, t)
    slope, test = _slope((a + b) / 2, d, np.arange(n), level)
    return Result(
        "bland_altman",
        "limits bias -/+ 1.96 SD; t intervals, SE of a limit: Bland & Altman 1999, SD: chi-square; one row a patient",
        scope,
        {"n": n, "missing": missing},
        estimates | {"slope": slope},
        {"proportional_bias": test},
        level=level,
    )


def clustered_bland_altman(
    first: ArrayLike,
    second: ArrayLike,
    patient: ArrayLike,
    scope: Scope,
    *,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = BOOTSTRAP_SEED,
) -> Result:
    """first − second, several places a patient: SD from the components between and within; patients are resampled."""
    owner = np.asarray(patient)
    a, b, missing = _pairs(first, second, owner)
    known = ~(np.isnan(floats(first)) | np.isnan(floats(second)))
    index, patients = numbered(owner[known])
    resamples = affordable(resamples, patients)
    d = a - b
    sums = _sums(d, index, patients)
    ones, s = sums_by(index, patients), sums[:, 2]
    sd = float(_total_sd(sums.sum(axis=0, keepdims=True))[0]) if len(d) else math.nan
    bias = mean_estimate(s, ones, level)
    estimates = {"bias": bias}
    if len(d) < 2 or bias.value is None:
        estimates |= dict.fromkeys(("sd", "lower_limit", "upper_limit"), undefined(TOO_FEW))
    else:
        z = z_of(0.95)
        draws = resampled_sums(sums, lambda t: np.column_stack([t[:, 2] / t[:, 1], _total_sd(t)]), resamples, seed)
        estimates["sd"] = percentile_estimate(sd, draws[:, 1], level, patients)
        for name, sign in (("lower_limit", -1), ("upper_limit", 1)):
            limits = draws[:, 0] + sign * z * draws[:, 1]
            estimates[name] = percentile_estimate(bias.value + sign * z * sd, limits, level, patients)
    slope, test = _slope((a + b) / 2, d, index, level)
    return Result(
        "clustered_bland_altman",
        "limits bias -/+ 1.96 SD, SD from variance between plus within patients; bias: t over patients; SD and limits: "
        f"percentile bootstrap of patients, {resamples} resamples, seed {seed}",
        scope,
        {"n": len(d), "missing": missing, "patients": patients},
        estimates | {"slope": slope},
        {"proportional_bias": test},
        level=level,
    )


def total_sd(difference: ArrayLike, patient: ArrayLike) -> float | None:
    """Standard deviation of one difference of a random patient: variance between plus variance within patients."""
    d = floats(difference)
    index, patients = numbered(patient)
    if len(d) < 2:
        return None
    return float(_total_sd(_sums(d, index, patients).sum(axis=0, keepdims=True))[0])


def _pairs(first: ArrayLike, second: ArrayLike, patient: ArrayLike | None = None) -> tuple[Floats, Floats, int]:
    a, b = floats(first), floats(second)
    same_length(first=a, second=b, **({} if patient is None else {"patient": np.asarray(patient)}))
    known = ~(np.isnan(a) | np.isnan(b))
    return a[known], b[known], int(np.count_nonzero(~known))


def _around(value: float, se: float, t: float) -> Estimate:
    return Estimate(value, value - t * se, value + t * se, se, "t")


def _sd(value: float, n: int, level: float) -> Estimate:
    if not value > 0:
        return Estimate(value, note="no interval: no spread")
    return Estimate(value, *sd_bounds(value, n, level), method="chi-square")


def _sums(d: Floats, index: Ints, patients: int) -> Floats:
    """Per patient: 1, rows, Σd, Σ(d − own mean)², (Σd)²/rows, rows²."""
    rows, s = sums_by(index, patients), sums_by(index, patients, d)
    mean = s / np.where(rows > 0, rows, 1)
    within = sums_by(index, patients, (d - mean[index]) ** 2)
    return np.column_stack([np.ones(patients), rows, s, within, s * mean, rows**2])


def _total_sd(totals: Floats) -> Floats:
    """From sums over patients, shape (r, 6). One row a patient, or one patient: the ordinary standard deviation."""
    groups, n, s, within, squares, rows2 = totals.T
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.maximum(squares - s * s / n, 0.0)
        plain = (within + spread) / (n - 1)
        inside = within / (n - groups)
        typical = (n - rows2 / n) / (groups - 1)
        between = np.maximum(0.0, (spread / (groups - 1) - inside) / typical)
    return floats(np.sqrt(np.where((groups == n) | (groups == 1), plain, inside + between)))


def _slope(middle: Floats, d: Floats, index: Ints, level: float) -> tuple[Estimate, HypothesisTest]:
    """Least-squares slope of the difference on the mean of both; SE robust to patients (k/(k−1) Σuᵢ²/Sxx²)."""
    _, patients = numbered(index)
    nothing = HypothesisTest("t", None, None, note="not estimable: no spread, or fewer than three patients")
    x = middle - middle.mean() if len(middle) else middle
    sxx = float(x @ x)
    if patients < 3 or sxx < 1e-12:
        return undefined("no spread, or fewer than three patients"), nothing
    slope = float(x @ d) / sxx
    rest = d - d.mean() - slope * x
    if patients == len(d):
        df = patients - 2
        se = math.sqrt(float(rest @ rest) / df / sxx)
    else:
        df = patients - 1
        per_patient = sums_by(index, int(index.max()) + 1, x * rest)
        se = math.sqrt(patients / df * float(per_patient @ per_patient)) / sxx
    if se < 1e-12:
        return Estimate(slope, note="no interval: no spread around the line"), nothing
    return _around(slope, se, t_of(level, df)), t_test(slope, se, df)
