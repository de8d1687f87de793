"""A proportion with its interval: Wilson by default, Wilson with continuity correction, Clopper–Pearson.

Sources: Wilson 1927; Newcombe, Stat Med 1998;17:857 (methods 3, 4 and 5).
"""

from __future__ import annotations

import math
from typing import Literal

from scipy import stats

from reporting.statistics.distributions import z_of
from reporting.statistics.results import Estimate, undefined

Method = Literal["wilson", "wilson_cc", "clopper_pearson"]
METHODS: tuple[Method, ...] = ("wilson", "wilson_cc", "clopper_pearson")


def proportion(hits: float, n: float, *, level: float = 0.95, method: Method = "wilson", of: str = "") -> Estimate:
    """``hits / n`` with its interval; undefined for n = 0. ``of`` names the denominator in the reason."""
    if n <= 0:
        return undefined(f"no {of}" if of else "nothing to count")
    low, high = proportion_interval(hits, n, level, method)
    share = hits / n
    return Estimate(share, low, high, math.sqrt(share * (1 - share) / n), method)


def proportion_interval(hits: float, n: float, level: float = 0.95, method: Method = "wilson") -> tuple[float, float]:
    """Bounds for ``hits`` of ``n`` > 0; an effective ``n`` need not be whole."""
    if method == "wilson":
        low, high = _score(hits / n, n, level)
    elif method == "wilson_cc":
        half = min(0.5, abs(hits - n / 2))
        low, high = _score((hits - half) / n, n, level)[0], _score((hits + half) / n, n, level)[1]
    else:
        tail = (1 - level) / 2
        low = float(stats.beta.ppf(tail, hits, n - hits + 1)) if hits > 0 else 0.0
        high = float(stats.beta.ppf(1 - tail, hits + 1, n - hits)) if hits < n else 1.0
    return (max(0.0, low) if hits > 0 else 0.0), (min(1.0, high) if hits < n else 1.0)


def _score(share: float, n: float, level: float) -> tuple[float, float]:
    """Wilson: (p + z²/2n ∓ z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)."""
    share = min(1.0, max(0.0, share))
    z = z_of(level)
    middle, half = share + z * z / (2 * n), z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
