"""Quantiles and two-sided p-values of the distributions that the tests use; undefined in, undefined out."""

from __future__ import annotations

import math
from functools import lru_cache

from scipy import stats

from reporting.statistics.results import HypothesisTest


@lru_cache(maxsize=64)
def z_of(level: float) -> float:
    """Two-sided normal quantile: 1.96 for 0.95."""
    return float(stats.norm.ppf(0.5 + level / 2))


def t_of(level: float, df: float) -> float:
    return float(stats.t.ppf(0.5 + level / 2, df))


def sd_bounds(sd: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Of the standard deviation of ``n`` ≥ 2 independent normal values: √((n−1)s²/χ²) at both quantiles."""
    tails = stats.chi2.ppf([0.5 + level / 2, 0.5 - level / 2], n - 1)
    low, high = (sd * math.sqrt((n - 1) / tail) for tail in tails)
    return low, high


def z_test(difference: float, se: float) -> HypothesisTest:
    """Difference over its standard error against the normal distribution."""
    if not se > 0:
        return HypothesisTest("z", None, None, note=_without_spread(difference))
    z = difference / se
    return HypothesisTest("z", z, float(2 * stats.norm.sf(abs(z))))


def t_test(difference: float, se: float, df: float) -> HypothesisTest:
    """Difference over its standard error against Student's t; infinite ``df`` is the normal distribution."""
    if not se > 0 or not df > 0:
        return HypothesisTest("t", None, None, note=_without_spread(difference))
    if math.isinf(df):
        return z_test(difference, se)
    t = difference / se
    return HypothesisTest("t", t, float(2 * stats.t.sf(abs(t), df)), (df,))


def chi2_test(statistic: float, df: int, note: str = "") -> HypothesisTest:
    if not math.isfinite(statistic) or df < 1:
        return HypothesisTest("chi2", None, None, note=note or "not estimable")
    return HypothesisTest("chi2", statistic, float(stats.chi2.sf(statistic, df)), (df,), note)


def f_test(statistic: float, df1: float, df2: float) -> HypothesisTest:
    """F against its distribution; infinite ``df2`` is chi-square over ``df1``."""
    if not math.isfinite(statistic) or not df1 > 0 or not df2 > 0:
        return HypothesisTest("F", None, None, note="not estimable: no variance to compare with")
    if math.isinf(df2):
        p = float(stats.chi2.sf(statistic * df1, df1))
    else:
        p = float(stats.f.sf(statistic, df1, df2))
    return HypothesisTest("F", statistic, p, (df1, df2))


def _without_spread(difference: float) -> str:
    return "not estimable: no spread" if difference else "not estimable: no difference and no spread"
