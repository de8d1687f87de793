"""McNemar's test when several pairs come from one patient; four methods side by side with the one that ignores it.

Obuchowski, Stat Med 1998;17:1495; Durkalski, Stat Med 2003;22:2417; Eliasziw & Donner, Stat Med 1991;10:1981; Yang,
Stat Med 2010;29:2382. Obuchowski's assumes least and is the default to read.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from reporting.statistics.arrays import Floats, bools, numbered, same_length, sums_by
from reporting.statistics.clusters import mean_estimate
from reporting.statistics.distributions import chi2_test
from reporting.statistics.mcnemar import NOTHING_CHANGED
from reporting.statistics.results import Result, Scope


def clustered_mcnemar(
    first: ArrayLike, second: ArrayLike, patient: ArrayLike, scope: Scope, *, level: float = 0.95
) -> Result:
    """Two yes/no readings of the same rows, several rows a patient."""
    one, other = bools(first), bools(second)
    index, patients = numbered(patient)
    same_length(first=one, second=other, patient=index)
    cells = [sums_by(index, patients, cell) for cell in (one & other, one & ~other, ~one & other, ~one & ~other)]
    return matched_pairs_by_patient(np.column_stack(cells), scope, level=level)


def matched_pairs_by_patient(cells: ArrayLike, scope: Scope, *, level: float = 0.95) -> Result:
    """``cells``: per patient the pairs that are (both, first only, second only, neither)."""
    table = np.asarray(cells, dtype=np.float64).reshape(-1, 4)
    table = table[table.sum(axis=1) > 0]
    _, b, c, _ = table.T
    rows = table.sum(axis=1)
    discordant = float((b + c).sum())
    reason = NOTHING_CHANGED if not discordant else "not estimable: needs two patients that vary"

    def chi2(above: float, below: float) -> float:
        return above / below if below > 1e-12 else math.nan

    patients = len(table)
    gap = b - c
    rest = gap - rows * (gap.sum() / rows.sum()) if patients else gap
    fewer = (patients - 1) / patients if patients else 0.0
    found = {
        "obuchowski": fewer * chi2(gap.sum() ** 2, gap @ gap),
        "durkalski": chi2((gap / rows).sum() ** 2, ((gap / rows) ** 2).sum()),
        "eliasziw": chi2(chi2(gap.sum() ** 2, discordant), _eliasziw_correction(table)),
        "yang": fewer * chi2(gap.sum() ** 2, (rest @ rest + gap @ gap) / 2),
        "ignoring_patients": chi2(gap.sum() ** 2, discordant),
    }
    both, first_only, second_only, neither = (int(one) for one in table.sum(axis=0))
    return Result(
        "clustered_mcnemar",
        "chi-square over patients; read Obuchowski's, the others are for comparison",
        scope,
        {
            "both": both,
            "first_only": first_only,
            "second_only": second_only,
            "neither": neither,
            "patients": patients,
            "patients_with_discordant_pairs": int(np.count_nonzero(b + c)),
        },
        {"difference": mean_estimate(gap, rows, level)},
        {
            name: chi2_test(
                value if patients > 1 or name == "ignoring_patients" else math.nan, 1, "" if value == value else reason
            )
            for name, value in found.items()
        },
        level=level,
    )


def _eliasziw_correction(table: Floats) -> float:
    """1 + (n_c − 1)ρ̃: ρ̃ from the pooled variance between and within patients of all four answers."""
    rows = table.sum(axis=1)
    patients, total = len(table), rows.sum()
    discordant = table[:, 1] + table[:, 2]
    with_discordant = np.count_nonzero(discordant)
    if patients < 2 or with_discordant < 2 or total == patients:
        return math.nan
    mean = total / patients
    shares = table.sum(axis=0) / total
    between = float((((table - rows[:, None] * shares) ** 2) / rows[:, None]).sum()) / patients
    within = float((table * (rows[:, None] - table) / rows[:, None]).sum()) / (patients * (mean - 1))
    typical = mean - float(((rows - mean) ** 2).sum()) / (patients * (patients - 1) * mean)
    below = between + (typical - 1) * within
    rho = (between - within) / below if below else math.nan
    if not rho:
        return 1.0
    rho_discordant = 1 / (1 + (shares[1] + shares[2]) * (1 - rho) / rho)
    average = discordant.sum() / with_discordant
    spread = float(((discordant - average) ** 2).sum()) - (patients - with_discordant) * average**2
    s0 = average - spread / (with_discordant * (with_discordant - 1) * average)
    return float(1 + (s0 + with_discordant * (average - s0) - 1) * rho_discordant)
