"""Active reading time of a case: medians, paired ratios between arms, and a mixed model of its logarithm."""

from __future__ import annotations

import math
import warnings
from itertools import combinations
from typing import Any

import numpy as np
from statsmodels.regression.mixed_linear_model import MixedLM

from reporting.reader_studies.analysis.reads import StudyReads
from reporting.statistics.arrays import Floats, Ints, floats, sums_by
from reporting.statistics.bootstrap import percentile_estimate
from reporting.statistics.results import Estimate, HypothesisTest, undefined

LEVEL = 0.95


def reading_times(reads: StudyReads, weights: Floats) -> dict[str, Any]:
    """Seconds. Ratios are geometric means of the first arm over the second, paired by reader and case."""
    seconds = np.where(reads.active_ms > 0, reads.active_ms, np.nan) / 1000
    return {
        "arms": {arm: _arm(seconds[n], weights) for n, arm in enumerate(reads.arms)},
        "ratios": [_paired(reads, seconds, i, j, weights) for i, j in combinations(range(len(reads.arms)), 2)],
        "model": _model(reads, seconds),
    }


def _arm(seconds: Floats, weights: Floats) -> dict[str, Any]:
    read = seconds[~np.isnan(seconds)]
    if not len(read):
        nothing = undefined("no times are known").as_json()
        return {"n": 0, "median": nothing, "geometric_mean": nothing, "readers": []}
    log = np.log(seconds)
    low, middle, high = np.percentile(read, [25, 50, 75])
    value, draws = _mean_over(log, weights)
    with np.errstate(invalid="ignore"):
        each = [None if np.isnan(row).all() else round(float(np.median(row[~np.isnan(row)])), 3) for row in seconds]
    return {
        "n": len(read),
        "median": Estimate(float(middle), float(low), float(high), method="quartiles").as_json(),
        "geometric_mean": _exponential(percentile_estimate(value, draws, LEVEL, weights.shape[1])).as_json(),
        "readers": each,
    }


def _paired(reads: StudyReads, seconds: Floats, i: int, j: int, weights: Floats) -> dict[str, Any]:
    difference = np.log(seconds[i]) - np.log(seconds[j])
    value, draws = _mean_over(difference, weights)
    ratio = _exponential(percentile_estimate(value, draws, LEVEL, weights.shape[1]))
    pairs = int((~np.isnan(difference)).sum())
    return {"first": reads.arms[i], "second": reads.arms[j], "pairs": pairs, "ratio": ratio.as_json()}


def _mean_over(values: Floats, weights: Floats) -> tuple[float, Floats]:
    """Mean over readers and cases, and that of each resample of cases (a case is a patient)."""
    known = ~np.isnan(values)
    sums, numbers = np.where(known, values, 0).sum(axis=0), known.sum(axis=0)
    if not numbers.sum():
        return math.nan, np.full(len(weights), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(sums.sum() / numbers.sum()), (weights @ sums) / (weights @ numbers)


def _exponential(one: Estimate) -> Estimate:
    if one.value is None:
        return one
    low, high = (None if bound is None else math.exp(bound) for bound in (one.low, one.high))
    return Estimate(math.exp(one.value), low, high, method=one.method, note=one.note)


def _model(reads: StudyReads, seconds: Floats) -> dict[str, Any]:
    """log(time) less its mean of the case ~ arm + session; readers random in level and in the effect of the arm.

    Taking off the mean of the case makes cases fixed effects, so that crossed random effects are not needed.
    """
    base = reads.arms[-1]
    found: dict[str, Any] = {"base": base, "effects": {}, "notes": []}
    arm, reader, case = np.nonzero(~np.isnan(seconds))
    if len(reads.arms) < 2 or len(np.unique(reader)) < 2 or len(arm) < 20:
        return found | {"notes": ["needs two arms, two readers and twenty readings"]}
    log = np.log(seconds[arm, reader, case])
    session = reads.session[arm, reader, case]
    columns = {f"arm_{name}": (arm == n).astype(float) for n, name in enumerate(reads.arms[:-1])}
    if np.ptp(session) > 0:
        columns["session"] = session
    within = {name: _within(values, case) for name, values in columns.items()}
    effects = [name for name, values in within.items() if np.abs(values).max() > 1e-9]
    if not effects:
        return found | {"notes": ["no case was read in two arms"]}
    fixed = np.column_stack([within[name] for name in effects])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = MixedLM(
            _within(log, case),
            fixed,
            groups=reader,
            exog_re=np.column_stack([np.ones(len(log)), fixed[:, 0]]),
        )
        try:
            fitted = model.fit(reml=True, method=["lbfgs", "powell"])
        except (np.linalg.LinAlgError, ValueError) as error:
            return found | {"notes": [f"the model could not be fitted: {error}"]}
        bounds, errors = fitted.conf_int(alpha=1 - LEVEL), fitted.bse_fe
    if not np.isfinite(errors).all():
        return found | {"notes": ["the model has no standard errors: too few readings for what varies"]}
    for n, name in enumerate(effects):
        one = Estimate(float(fitted.fe_params[n]), float(bounds[n][0]), float(bounds[n][1]), float(errors[n]))
        test = HypothesisTest("z", float(fitted.tvalues[n]), float(fitted.pvalues[n]))
        found["effects"][name] = {"ratio": _exponential(one).as_json(), "test": test.as_json()}
    found["notes"] = sorted({type(one.message).__name__ for one in said})
    found["readings"] = len(log)
    return found


def _within(values: Floats, case: Ints) -> Floats:
    """Less the mean of the case."""
    return floats(values - (sums_by(case, int(case.max()) + 1, values) / np.bincount(case).clip(1))[case])
