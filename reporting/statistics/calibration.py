"""Whether a probability of 0.8 means the positive class in eight of ten rows.

Brier, Mon Weather Rev 1950;78:1; Cox, Biometrika 1958;45:562 (intercept and slope); Spiegelhalter, Stat Med 1986;5:421;
Van Calster, J Clin Epidemiol 2016;74:167 (what the levels of calibration mean).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from reporting.statistics.arrays import Bools, Floats, Ints, bools, floats, numbered, same_length, sums_by
from reporting.statistics.bootstrap import BOOTSTRAP_SEED, RESAMPLES, affordable, percentile_estimate, resampled_sums
from reporting.statistics.clusters import mean_estimate, share_estimate
from reporting.statistics.distributions import z_of, z_test
from reporting.statistics.results import Cell, Estimate, HypothesisTest, Result, Scope, undefined

BINS = 10
_EDGE = 1e-6  # probabilities of 0 and 1 have no logit
_STEPS = 50


def bin_of(probabilities: Floats, bins: int = BINS) -> Ints:
    """Equal-width bins from 0 to 1."""
    return np.minimum((probabilities * bins).astype(np.int64), bins - 1)


def expected_calibration_error(probabilities: Floats, positive: Bools, bins: int = BINS) -> float:
    """Mean |probability − frequency| over equal-width bins, weighted by their counts; NaN without rows."""
    if len(probabilities) == 0:
        return math.nan
    gaps = np.bincount(bin_of(probabilities, bins), weights=probabilities - positive, minlength=bins)
    return float(np.abs(gaps).sum() / len(probabilities))


def calibration(
    probabilities: ArrayLike,
    positive: ArrayLike,
    scope: Scope,
    *,
    patient: ArrayLike | None = None,
    bins: int = BINS,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = BOOTSTRAP_SEED,
) -> Result:
    """Brier score, mean gap, expected calibration error, intercept and slope of logit P(positive) on logit p, bins.

    All intervals are over patients where ``patient`` is given, else over rows. Slope 1 and intercept 0 are perfect;
    the intercept is that at slope 1 ("in the large"). A curve that separates the classes has no slope.
    """
    p, truth = floats(probabilities), bools(positive)
    owner = np.arange(len(p)) if patient is None else np.asarray(patient)
    same_length(probabilities=p, positive=truth, patient=owner)
    if bins < 1:
        raise ValueError("bins must be at least 1")
    known = ~np.isnan(p)
    p, truth = p[known], truth[known]
    if np.any((p < 0) | (p > 1)):
        raise ValueError("a probability lies outside 0 to 1")
    index, patients = numbered(owner[known])
    resamples = affordable(resamples, patients)
    rows = sums_by(index, patients)
    gap = p - truth
    estimates = {
        "brier": mean_estimate(sums_by(index, patients, gap**2), rows, level),
        "mean_gap": mean_estimate(sums_by(index, patients, gap), rows, level),
        "ECE": _error(p, truth, index, patients, bins, (level, resamples, seed)),
    }
    logit = np.log(np.clip(p, _EDGE, 1 - _EDGE) / (1 - np.clip(p, _EDGE, 1 - _EDGE)))
    estimates |= _recalibration(logit, truth, index, level)
    clipped = int(np.count_nonzero((p < _EDGE) | (p > 1 - _EDGE)))
    return Result(
        "calibration",
        f"{bins} equal bins; intervals over {'rows' if patient is None else 'patients'}; ECE: percentile bootstrap, "
        f"{resamples} resamples, seed {seed}",
        scope,
        {
            "positives": int(truth.sum()),
            "negatives": int((~truth).sum()),
            "missing": int(np.count_nonzero(~known)),
            "units": patients,
            "clipped": clipped,
        },
        estimates,
        {"spiegelhalter": _spiegelhalter(p, truth)},
        {"bins": _bins(p, truth, index, bins, level)},
        level=level,
        notes=("resampling adds scatter: the interval of the ECE lies a little high",)
        + ((f"probabilities of 0 or 1 were moved by {_EDGE:g} for the logit",) if clipped else ()),
    )


def _error(p: Floats, truth: Bools, index: Ints, patients: int, bins: int, how: tuple[float, int, int]) -> Estimate:
    level, resamples, seed = how
    value = expected_calibration_error(p, truth, bins)
    if math.isnan(value):
        return undefined("nothing to count")
    sums = np.zeros((patients, bins + 1))
    np.add.at(sums, (index, bin_of(p, bins)), p - truth)
    sums[:, bins] = sums_by(index, patients)
    draws = resampled_sums(sums, lambda t: floats(np.abs(t[:, :-1]).sum(axis=1) / t[:, -1]), resamples, seed)
    return percentile_estimate(value, draws, level, patients)


def _recalibration(logit: Floats, truth: Bools, index: Ints, level: float) -> dict[str, Estimate]:
    """Intercept at slope 1, and slope, by maximum likelihood; SE robust to patients (sandwich)."""
    reason = "not estimable: one class, no spread, or the classes are separated"
    if truth.all() or not truth.any():
        return {"intercept": undefined("one class is missing"), "slope": undefined("one class is missing")}
    one = np.ones((len(logit), 1))
    large = _logistic(one, truth, index, offset=logit)
    both = _logistic(np.column_stack([one, logit]), truth, index) if np.ptp(logit) > 1e-9 else None
    found = {}
    for name, fit in (("intercept", large), ("slope", both)):
        if fit is None:
            found[name] = undefined(reason)
            continue
        value, se = fit[0][-1], fit[1][-1]
        reach = z_of(level) * se
        found[name] = Estimate(value, value - reach, value + reach, se, "normal, robust SE")
    return found


def _logistic(x: Floats, truth: Bools, index: Ints, offset: Floats | None = None) -> tuple[Floats, Floats] | None:
    """Coefficients and robust standard errors by Newton's method; ``None`` where it does not settle."""
    base = np.zeros(len(truth)) if offset is None else offset
    beta = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        mean = 1 / (1 + np.exp(-np.clip(base + x @ beta, -500, 500)))
        information = (x * (mean * (1 - mean))[:, None]).T @ x
        if np.linalg.cond(information) > 1e12:
            return None
        step = np.linalg.solve(information, x.T @ (truth - mean))
        beta = beta + step
        if np.abs(beta).max() > 1e3:
            return None
        if np.abs(step).max() < 1e-10:
            break
    else:
        return None
    patients = int(index.max()) + 1
    scores = np.column_stack([sums_by(index, patients, x[:, k] * (truth - mean)) for k in range(x.shape[1])])
    inverse = np.linalg.inv(information)
    spread = inverse @ (scores.T @ scores) @ inverse * patients / max(1, patients - 1)
    return floats(beta), floats(np.sqrt(np.diag(spread)))


def _spiegelhalter(p: Floats, truth: Bools) -> HypothesisTest:
    """z = Σ(y−p)(1−2p)/√Σ(1−2p)²p(1−p); rows counted as independent."""
    variance = float(((1 - 2 * p) ** 2 * p * (1 - p)).sum())
    return z_test(float(((truth - p) * (1 - 2 * p)).sum()), math.sqrt(variance) if variance > 0 else math.nan)


def _bins(p: Floats, truth: Bools, index: Ints, bins: int, level: float) -> list[dict[str, Cell]]:
    """Filled bins with the frequency's interval over patients."""
    place = bin_of(p, bins)
    found: list[dict[str, Cell]] = []
    for number in np.unique(place):
        inside = place == number
        owner, patients = numbered(index[inside])
        share = share_estimate(sums_by(owner, patients, truth[inside]), sums_by(owner, patients), level)
        found.append(
            {
                "from": number / bins,
                "to": (number + 1) / bins,
                "n": int(inside.sum()),
                "predicted": float(p[inside].mean()),
                "observed": share.value,
                "low": share.low,
                "high": share.high,
            }
        )
    return found
