"""Charts that watch a number over time: p chart (and Laney's p′), EWMA, CUSUM. Limits come from a frozen baseline.

Montgomery, Introduction to Statistical Quality Control, 7th ed. 2013, chapters 7 and 9; Laney, Qual Eng 2002;14:531.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.signal import lfilter

from reporting.statistics.arrays import Bools, Floats, bools, floats, same_length
from reporting.statistics.results import Cell, Estimate, Result, Scope, undefined

Limits = Literal["binomial", "laney"]
LIMITS: tuple[Limits, ...] = ("binomial", "laney")
_MOVING_RANGE = 1.128  # mean range of two normal values, in standard deviations (d2)


def p_chart(
    hits: ArrayLike,
    n: ArrayLike,
    scope: Scope,
    *,
    baseline: ArrayLike | None = None,
    limits: Limits = "binomial",
    design_effect: float = 1.0,
    sigmas: float = 3.0,
    labels: Sequence[str] = (),
) -> Result:
    """Share of ``hits`` of ``n`` per period; centre Σhits/Σn over the baseline, limits p̄ ∓ 3√(deff p̄(1−p̄)/nᵢ), ≥ 0.

    Laney: the limits times σ_z, the mean moving range of the baseline's standardised shares over 1.128; for counts
    that vary more (or, with clustered reads, otherwise) than independent rows would. ``baseline`` marks its periods.
    """
    x, m = floats(hits), floats(n)
    frozen = np.ones(len(x), dtype=bool) if baseline is None else bools(baseline)
    same_length(hits=x, n=m, baseline=frozen)
    if np.any(x < 0) or np.any(x > m):
        raise ValueError("hits must lie between 0 and n")
    if not design_effect > 0:
        raise ValueError("the design effect must be positive")
    frozen = frozen & (m > 0)
    total = float(m[frozen].sum())
    counts = {"periods": len(x), "empty_periods": int(np.count_nonzero(m == 0)), "baseline_periods": int(frozen.sum())}
    counts |= {"hits": int(x.sum()), "rows": int(m.sum())}
    method = f"{limits} limits, {sigmas:g} sigma, centre over the baseline" + (
        f", design effect {design_effect:g}" if design_effect != 1 else ""
    )
    if not total:
        return Result("p_chart", method, scope, counts, {"center": undefined("the baseline has no rows")})
    center = float(x[frozen].sum()) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(m > 0, x / m, np.nan)
        sigma = np.where(m > 0, np.sqrt(design_effect * center * (1 - center) / m), np.nan)
    spread = _laney(share[frozen], sigma[frozen], center) if limits == "laney" else Estimate(1.0)
    reach = sigmas * sigma * (math.nan if spread.value is None else spread.value)
    low, high = np.maximum(0.0, center - reach), np.minimum(1.0, center + reach)
    beyond = (share < low) | (share > high)
    estimates = {"center": Estimate(center, note="no limits: a share of 0 or 1" if center in (0.0, 1.0) else "")}
    if limits == "laney":
        estimates["sigma_z"] = spread
    columns = {"n": m, "share": share, "lcl": low, "ucl": high}
    return Result(
        "p_chart",
        method,
        scope,
        counts | {"beyond_limits": int(beyond.sum()), "longest_run": int(_runs(share - center).max(initial=0))},
        estimates,
        series={"points": _rows(columns, beyond, _runs(share - center), labels)},
    )


def ewma(
    values: ArrayLike,
    scope: Scope,
    *,
    center: float,
    sd: float,
    weight: float = 0.2,
    sigmas: float = 3.0,
    asymptotic: bool = False,
    labels: Sequence[str] = (),
) -> Result:
    """zᵢ = λxᵢ + (1−λ)zᵢ₋₁ from z₀ = centre; limits centre ∓ k·sd·√(λ/(2−λ)·(1 − (1−λ)²ⁱ)), or their end value.

    A missing value is left out: the average waits. Roberts, Technometrics 1959;1:239.
    """
    if not 0 < weight <= 1:
        raise ValueError("weight must lie between 0 and 1")
    if not sd >= 0:
        raise ValueError("sd must not be negative")
    x = floats(values)
    known = ~np.isnan(x)
    used = x[known]
    z = np.full(len(x), np.nan)
    if len(used):
        z[known] = lfilter([weight], [1, weight - 1], used, zi=[(1 - weight) * center])[0]
    steps = np.arange(1, len(used) + 1)
    growth = np.ones(len(used)) if asymptotic else 1 - (1 - weight) ** (2.0 * steps)
    reach = np.full(len(x), np.nan)
    reach[known] = sigmas * sd * np.sqrt(weight / (2 - weight) * growth)
    beyond = np.abs(z - center) > reach
    final = sigmas * sd * math.sqrt(weight / (2 - weight))
    return Result(
        "ewma",
        f"weight {weight:g}, {sigmas:g} sigma, {'asymptotic' if asymptotic else 'exact'} limits; centre and sd given",
        scope,
        {"values": len(used), "missing": int(np.count_nonzero(~known)), "beyond_limits": int(beyond.sum())},
        {
            "center": Estimate(center),
            "lcl": Estimate(center - final, note="of the limit's end value"),
            "ucl": Estimate(center + final, note="of the limit's end value"),
        },
        series={
            "points": _rows(
                {"value": x, "z": z, "lcl": center - reach, "ucl": center + reach}, beyond, _runs(z - center), labels
            )
        },
    )


def cusum(
    values: ArrayLike,
    scope: Scope,
    *,
    center: float,
    sd: float,
    slack: float = 0.5,
    decision: float = 5.0,
    labels: Sequence[str] = (),
) -> Result:
    """Tabular CUSUM: C⁺ᵢ = max(0, C⁺ᵢ₋₁ + xᵢ − centre − k·sd), C⁻ alike downwards; an alarm above h·sd.

    ``slack`` k and ``decision`` h in standard deviations; not reset after an alarm. Page, Biometrika 1954;41:100.
    """
    if not sd >= 0 or slack < 0 or decision <= 0:
        raise ValueError("sd and slack must not be negative, decision must be positive")
    x = floats(values)
    known = ~np.isnan(x)
    up, down = np.full(len(x), np.nan), np.full(len(x), np.nan)
    up[known] = _never_below_zero(x[known] - center - slack * sd)
    down[known] = _never_below_zero(center - x[known] - slack * sd)
    beyond = (up > decision * sd) | (down > decision * sd)
    first = int(np.argmax(beyond)) + 1 if beyond.any() else None
    return Result(
        "cusum",
        f"slack {slack:g} sd, decision {decision:g} sd; centre and sd given; not reset after an alarm",
        scope,
        {"values": int(known.sum()), "missing": int(np.count_nonzero(~known)), "beyond_limits": int(beyond.sum())},
        {
            "center": Estimate(center),
            "limit": Estimate(decision * sd),
            "first_alarm": undefined("no alarm")
            if first is None
            else Estimate(first, note="number of the value, from 1"),
        },
        series={"points": _rows({"value": x, "up": up, "down": down}, beyond, _runs(x - center), labels)},
    )


def _never_below_zero(steps: Floats) -> Floats:
    """Running sums that start again from 0 whenever they would fall below it, without a loop."""
    total = np.cumsum(steps)
    return floats(total - np.minimum(0.0, np.minimum.accumulate(total))) if len(total) else total


def _laney(share: Floats, sigma: Floats, center: float) -> Estimate:
    if len(share) < 2 or center in (0.0, 1.0):
        return undefined("needs two baseline periods and a share between 0 and 1")
    return Estimate(float(np.abs(np.diff((share - center) / sigma)).mean()) / _MOVING_RANGE)


def _runs(distance: Floats) -> Floats:
    """How many periods in a row, up to each, lie on the same side of the centre (0 on it or without a value)."""
    side = np.where(np.isnan(distance), 0.0, np.sign(np.nan_to_num(distance)))
    place = np.arange(len(side))
    changed = np.append(True, side[1:] != side[:-1])[: len(side)]
    start = np.maximum.accumulate(np.where(changed, place, 0)) if len(side) else place
    return floats(np.where(side == 0, 0, place - start + 1))


def _rows(columns: dict[str, Floats], beyond: Bools, runs: Floats, labels: Sequence[str]) -> list[dict[str, Cell]]:
    names = labels or [str(number) for number in range(1, len(beyond) + 1)]
    if len(names) != len(beyond):
        raise ValueError(f"columns differ in length: labels {len(names)}, values {len(beyond)}")
    lists = {name: column.tolist() for name, column in columns.items()}
    return [
        {
            "period": name,
            **{key: cells[place] for key, cells in lists.items()},
            "beyond": int(beyond[place]),
            "run": int(runs[place]),
        }
        for place, name in enumerate(names)
    ]
