"""Cohen's kappa of two readers, shown together with raw agreement and Gwet's AC (the kappa paradox).

Sources: Cohen 1960 and 1968; SE of Fleiss, Cohen & Everitt, Psychol Bull 1969;72:323; Gwet, Br J Math Stat Psychol
2008;61:29.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from reporting.statistics.agreement_weights import Weights, agreement_weights
from reporting.statistics.arrays import Floats, floats
from reporting.statistics.chance_corrected import chance_corrected
from reporting.statistics.distributions import z_of
from reporting.statistics.results import Estimate, Result, Scope, undefined


def agreement_table(first: ArrayLike, second: ArrayLike, categories: int) -> tuple[Floats, int]:
    """Cross table of two readers' grades (numbers from 0; −1 is missing), and how many rows lacked one."""
    a, b = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    if len(a) != len(b):
        raise ValueError(f"columns differ in length: {len(a)} and {len(b)}")
    both = (a >= 0) & (b >= 0)
    if np.any(a >= categories) or np.any(b >= categories):
        raise ValueError("a grade is not in the grade list")
    flat = np.bincount(a[both] * categories + b[both], minlength=categories**2)
    return floats(flat.reshape(categories, categories)), int(np.count_nonzero(~both))


def cohen_kappa(
    table: ArrayLike,
    scope: Scope,
    *,
    weights: Weights = "unweighted",
    grades: Sequence[str] = (),
    level: float = 0.95,
    missing: int = 0,
) -> Result:
    """κ = (Σwp − Σwp_e)/(1 − Σwp_e) with the asymptotic SE; not estimable when both readers used one same grade.

    ``table``: rows the first reader, columns the second, one line for every grade of the list, used or not.
    """
    cells = floats(table)
    if cells.ndim != 2 or cells.shape[0] != cells.shape[1]:
        raise ValueError("the table must be square: one row and one column for every grade")
    if np.any(cells < 0):
        raise ValueError("a count is negative")
    n = float(cells.sum())
    w = agreement_weights(len(cells), weights)
    estimates = {"kappa": _kappa(cells, w, n, level)}
    raters = _one_row_per_rating_pair(cells)
    gwet = chance_corrected(raters[0], w, "gwet", frequency=raters[1], level=level)
    estimates |= {"agreement": _raw(cells, w, n), "AC1" if weights == "unweighted" else "AC2": gwet}
    names = list(grades) or [str(number) for number in range(len(cells))]
    return Result(
        "cohen_kappa",
        f"{weights} weights over {len(cells)} grades; asymptotic SE, normal interval",
        scope,
        {"n": int(n), "missing": missing},
        estimates,
        series={
            "table": [
                {"first": a, **dict(zip(names, map(int, row), strict=True))}
                for a, row in zip(names, cells, strict=True)
            ]
        },
        level=level,
        notes=("rows with a missing grade were left out",) if missing else (),
    )


def _kappa(cells: Floats, w: Floats, n: float, level: float) -> Estimate:
    if n == 0:
        return undefined("nothing to compare")
    p = cells / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float((w * p).sum()), float((w * np.outer(rows, columns)).sum())
    if 1 - expected < 1e-12:
        return undefined("both readers used one and the same grade")
    value = (observed - expected) / (1 - expected)
    by_row, by_column = w @ columns, rows @ w
    inner = w - (by_row[:, None] + by_column[None, :]) * (1 - value)
    variance = (float((p * inner**2).sum()) - (value - expected * (1 - value)) ** 2) / (n * (1 - expected) ** 2)
    if variance <= 1e-18:
        return Estimate(value, note="no interval: no spread")
    se = math.sqrt(variance)
    reach = z_of(level) * se
    return Estimate(value, value - reach, value + reach, se, "normal, asymptotic SE")


def _raw(cells: Floats, w: Floats, n: float) -> Estimate:
    if n == 0:
        return undefined("nothing to compare")
    return Estimate(float((w * cells).sum() / n), note="raw agreement, nothing taken off for chance")


def _one_row_per_rating_pair(cells: Floats) -> tuple[Floats, Floats]:
    """The table as kinds of subject, one per cell: counts per grade, and how many subjects are of that kind."""
    q = len(cells)
    i, j = np.divmod(np.arange(q * q), q)
    counts = np.zeros((q * q, q))
    np.add.at(counts, (np.arange(q * q), i), 1)
    np.add.at(counts, (np.arange(q * q), j), 1)
    return counts, cells.reshape(-1)
