"""How many readers and cases a study with two modalities needs, from a pilot's variance components.

Hillis, Obuchowski & Berbaum, Acad Radiol 2011;18:129: with H = max(Cov2 − Cov3, 0), the pilot's covariances times
c*/c for c cases, and r readers: λ = r·δ²/2 / (σ²_TR + Var − Cov1 + (r−1)H), F with 1 and Hillis' df.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from reporting.statistics.mrmc.obuchowski_rockette import Analysis, hillis
from reporting.statistics.results import Cell, Estimate, Result, Scope, undefined

MOST_CASES = 100_000


@dataclass(frozen=True)
class Pilot:
    """Components of a pilot with ``cases`` cases; a negative σ²_TR counts as 0. The class balance is kept."""

    var_tr: float
    var_error: float
    cov1: float
    cov2: float
    cov3: float
    cases: int

    def __post_init__(self) -> None:
        if self.cases < 2:
            raise ValueError("the pilot needs at least two cases")
        if not self.var_error > 0:
            raise ValueError("var_error must be positive")

    def spread(self, readers: int, cases: int, analysis: Analysis) -> tuple[float, float]:
        """What an effect is compared with, and its degrees of freedom."""
        shrink = self.cases / cases
        between = shrink * max(self.cov2 - self.cov3, 0.0)
        own = shrink * (self.var_error - self.cov1)
        reader = max(self.var_tr, 0.0)
        if analysis == "FRRC":
            return own + (readers - 1) * between, math.inf
        mean_square = max(reader + own - between, 0.0)
        more = readers * between if analysis == "RRRC" else 0.0
        return mean_square + more, hillis(mean_square, more, readers - 1)


def power(
    pilot: Pilot, readers: int, cases: int, effect: float, *, analysis: Analysis = "RRRC", alpha: float = 0.05
) -> float:
    """Probability that a true difference of ``effect`` is found; NaN with one reader where readers are random."""
    if cases < 2 or readers < 1 or (readers < 2 and analysis != "FRRC"):
        return math.nan
    below, df = pilot.spread(readers, cases, analysis)
    if not below > 0 or not df > 0:
        return math.nan
    noncentrality = readers * effect**2 / 2 / below
    if math.isinf(df):
        return float(stats.ncx2.sf(stats.chi2.isf(alpha, 1), 1, noncentrality))
    return float(stats.ncf.sf(stats.f.isf(alpha, 1, df), 1, df, noncentrality))


def sample_size(
    pilot: Pilot,
    scope: Scope,
    *,
    effect: float,
    target: float = 0.8,
    most_readers: int = 12,
    analysis: Analysis = "RRRC",
    alpha: float = 0.05,
) -> Result:
    """Cases needed for every number of readers, or that no number suffices (the readers themselves differ too much)."""
    if not effect > 0:
        raise ValueError("effect must be positive")
    if not alpha < target < 1:
        raise ValueError("power must lie between alpha and 1")
    rows: list[dict[str, Cell]] = []
    estimates: dict[str, Estimate] = {}
    for readers in range(1 if analysis == "FRRC" else 2, most_readers + 1):
        cases = _fewest_cases(pilot, readers, effect, target, analysis, alpha)
        reached = None if cases is None else power(pilot, readers, cases, effect, analysis=analysis, alpha=alpha)
        rows.append({"readers": readers, "cases": cases, "power": reached})
        estimates[f"cases_with_{readers}_readers"] = (
            undefined(f"not reached with {MOST_CASES} cases") if cases is None else Estimate(cases)
        )
    return Result(
        "mrmc_sample_size",
        f"{analysis}, effect {effect:g}, power {target:g}, alpha {alpha:g}; two modalities, crossed; class balance as "
        "in the pilot",
        scope,
        {"pilot_cases": pilot.cases, "most_readers": most_readers},
        estimates,
        series={"designs": rows},
        level=1 - alpha,
    )


def _fewest_cases(
    pilot: Pilot, readers: int, effect: float, target: float, analysis: Analysis, alpha: float
) -> int | None:
    def enough(cases: int) -> bool:
        return power(pilot, readers, cases, effect, analysis=analysis, alpha=alpha) >= target

    if not enough(MOST_CASES):
        return None
    low, high = 1, MOST_CASES
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
