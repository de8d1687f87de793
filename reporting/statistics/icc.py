"""Intraclass correlation of measurements by several readers: all six of Shrout & Fleiss, with F and its interval.

Shrout & Fleiss, Psychol Bull 1979;86:420; McGraw & Wong, Psychol Methods 1996;1:30. ICC2: readers random, absolute
agreement; ICC3: readers fixed, consistency; k: of the mean of k readers. Negative values are shown as they are.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from reporting.statistics.arrays import floats
from reporting.statistics.distributions import f_test
from reporting.statistics.results import Estimate, HypothesisTest, Result, Scope, undefined

NAMES = ("ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k")


def intraclass_correlation(measurements: ArrayLike, scope: Scope, *, level: float = 0.95) -> Result:
    """``measurements``: (targets, readers). Targets that lack a measurement are left out, list-wise, and counted."""
    given = floats(measurements)
    if given.ndim != 2:
        raise ValueError("measurements must have one row per target and one column per reader")
    complete = ~np.isnan(given).any(axis=1)
    x = given[complete]
    n, k = x.shape
    counts = {"targets": n, "readers": k, "targets_left_out": int(np.count_nonzero(~complete))}
    notes = ("targets lacking a measurement were left out",) if counts["targets_left_out"] else ()
    method = "two-way analysis of variance, F intervals"
    if n < 2 or k < 2:
        reason = "needs two readers" if k < 2 else "needs two complete targets"
        return Result("icc", method, scope, counts, dict.fromkeys(NAMES, undefined(reason)), level=level, notes=notes)
    grand = x.mean()
    between = k * float(((x.mean(axis=1) - grand) ** 2).sum()) / (n - 1)
    readers = n * float(((x.mean(axis=0) - grand) ** 2).sum())
    within_total = float(((x - x.mean(axis=1, keepdims=True)) ** 2).sum())
    within, error = within_total / (n * (k - 1)), max(0.0, within_total - readers) / ((n - 1) * (k - 1))
    readers /= k - 1
    estimates, tests = _all_six(n, k, between, within, readers, error, level)
    components = {
        "MS_between": Estimate(between),
        "MS_within": Estimate(within),
        "MS_readers": Estimate(readers),
        "MS_error": Estimate(error),
    }
    return Result("icc", method, scope, counts, estimates | components, tests, level=level, notes=notes)


def _all_six(
    n: int, k: int, between: float, within: float, readers: float, error: float, level: float
) -> tuple[dict[str, Estimate], dict[str, HypothesisTest]]:
    df1, df2, df3 = n - 1, n * (k - 1), (n - 1) * (k - 1)
    tail = 0.5 + level / 2
    f_one = between / within if within > 0 else math.inf
    f_two = between / error if error > 0 else math.inf
    one = _consistency(f_one, (df1, df2), k, tail, between)
    three = _consistency(f_two, (df1, df3), k, tail, between)
    below = between + (k - 1) * error + k * (readers - error) / n
    two = (
        undefined("no variance")
        if below <= 0
        else _absolute((between - error) / below, n, k, readers, error, between, tail)
    )
    average_below = between + (readers - error) / n
    two_k = undefined("no variance")
    if average_below > 0:
        low, high = _stepped_up(two.low, k), _stepped_up(two.high, k)
        two_k = Estimate((between - error) / average_below, low, high, note=two.note)
    singles = {"ICC1": one, "ICC2": two, "ICC3": three}
    averages = {"ICC1k": _average(f_one, one, k), "ICC2k": two_k, "ICC3k": _average(f_two, three, k)}
    tests = {"ICC1": f_test(f_one, df1, df2)} | dict.fromkeys(("ICC2", "ICC3"), f_test(f_two, df1, df3))
    return singles | averages, tests


def _consistency(f: float, df: tuple[int, int], k: int, tail: float, between: float) -> Estimate:
    """(F − 1)/(F + k − 1); the interval puts F over and times its quantiles."""
    if math.isinf(f):
        return Estimate(1.0, note="no interval: readers never differ") if between > 0 else undefined("no variance")
    low, high = f / stats.f.ppf(tail, *df), f * stats.f.ppf(tail, df[1], df[0])
    value, low, high = ((one - 1) / (one + k - 1) for one in (f, low, high))
    return Estimate(value, low, high, method="F")


def _average(f: float, single: Estimate, k: int) -> Estimate:
    """Of the mean of k readers: 1 − 1/F."""
    if single.value is None or math.isinf(f):
        return single
    if f <= 0:
        return undefined("no variance between targets: minus infinity")
    return Estimate(1 - 1 / f, _stepped_up(single.low, k), _stepped_up(single.high, k), method="F")


def _absolute(value: float, n: int, k: int, readers: float, error: float, between: float, tail: float) -> Estimate:
    """ICC2's interval with Satterthwaite's v (Shrout & Fleiss 1979, p. 424)."""
    if error <= 0:
        return Estimate(value, note="no interval: no error variance")
    fj = readers / error
    above = (k - 1) * (n - 1) * (k * value * fj + n * (1 + (k - 1) * value) - k * value) ** 2
    below = (n - 1) * k**2 * value**2 * fj**2 + (n * (1 + (k - 1) * value) - k * value) ** 2
    v = above / below
    upper, lower = float(stats.f.ppf(tail, n - 1, v)), float(stats.f.ppf(tail, v, n - 1))
    spread = k * readers + (k * n - k - n) * error
    low = n * (between - upper * error) / (upper * spread + n * between)
    high = n * (lower * between - error) / (spread + n * lower * between)
    return Estimate(value, low, high, method="F, Satterthwaite")


def _stepped_up(single: float | None, k: int) -> float | None:
    """Spearman and Brown: from one reader to the mean of k."""
    if single is None or 1 + (k - 1) * single <= 0:
        return None
    return k * single / (1 + (k - 1) * single)
