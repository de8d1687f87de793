"""Arms against each other, and readers against the algorithm alone: readers and cases random, patients as clusters.

Obuchowski–Rockette with Obuchowski's clustered covariance (pooled AUC: the jackknife over patients), and DBM on
pseudovalues of patients, a second road that must arrive nearby. Non-inferiority: the lower bound of the two-sided
interval lies above −margin.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
from scipy import stats

from reporting.reader_studies.analysis.figures_of_merit import Merit, Merits
from reporting.reader_studies.analysis.reads import Units
from reporting.statistics.arrays import Bools, Floats
from reporting.statistics.bootstrap import percentile_estimate
from reporting.statistics.distributions import z_of
from reporting.statistics.mrmc.covariance import covariance_matrix
from reporting.statistics.mrmc.dbm import analysed_pseudovalues
from reporting.statistics.mrmc.figures import CaseValues
from reporting.statistics.mrmc.obuchowski_rockette import analysed_figures
from reporting.statistics.mrmc.patients import jackknife_covariance, pseudovalues
from reporting.statistics.mrmc.standalone import analysed_against
from reporting.statistics.results import Estimate, HypothesisTest, Result, Scope, shown_p, undefined

LEVEL = 0.95
NOT_CROSSED = "no case was read by every reader in every arm"
TOO_FEW = "fewer than two patients have what this figure counts"
SILENT = "the algorithm says nothing about what this figure counts, or a class is missing there"
SCOPE = Scope("disease", "place")


def described(
    of: Merits, units: Units, arms: tuple[str, ...], readers: tuple[str, ...], margin: float
) -> dict[str, Any]:
    """``units``: what everybody read."""
    merit, crossed = of.everything, of.crossed
    counted = np.unique(units.patient)
    patients = len(counted)
    found: dict[str, Any] = {
        "arms": {
            arm: {
                "mean": percentile_estimate(float(merit.values[n].mean()), merit.draws[n], LEVEL, patients).as_json(),
                "readers": [one.as_json() for one in _each(merit.values[n], merit.left[n])],
            }
            for n, arm in enumerate(arms)
        },
        "differences": [],
        "standalone": [],
    }
    if crossed is None:
        return found | {"note": NOT_CROSSED}
    rows = _counting(crossed, units)
    if rows.sum() < 2:
        return found | {"note": TOO_FEW}
    matrix = _covariance(crossed, units, rows)
    names: dict[str, Any] = {"counts": {"patients": patients, "readers": len(readers)}, "level": LEVEL}
    rockette = analysed_figures(
        crossed.values, matrix, arms, readers, SCOPE, method="OR, RRRC, clustered covariance, Hillis df", **names
    )
    fixed = analysed_figures(crossed.values, matrix, arms, readers, SCOPE, method="OR, FRRC", analysis="FRRC", **names)
    flat = crossed.left.reshape(-1, crossed.left.shape[2])[:, rows]
    pseudo = pseudovalues(crossed.values.reshape(-1), flat).reshape(len(arms), len(readers), -1)
    metz = analysed_pseudovalues(pseudo, arms, SCOPE, method="DBM, RRRC, pseudovalues of patients", **names)
    for arm in arms:
        found["arms"][arm]["mrmc"] = rockette[f"mean_{arm}"].as_json()
    found["or"], found["dbm"] = rockette.as_json(), metz.as_json()
    for i, j in combinations(range(len(arms)), 2):
        draws = merit.draws[i] - merit.draws[j]
        gap = float(merit.values[i].mean() - merit.values[j].mean())
        one: dict[str, Any] = {"first": arms[i], "second": arms[j]}
        one["bootstrap"] = percentile_estimate(gap, draws, LEVEL, patients).as_json()
        name = f"{arms[i]} - {arms[j]}"
        for key, result in (("or", rockette), ("dbm", metz), ("fixed_readers", fixed)):
            one[key] = {"estimate": result[name].as_json(), "test": result.tests[name].as_json()}
        one["noninferiority"] = noninferiority(rockette[name], rockette.tests[name], margin)
        found["differences"].append(one)
    found["standalone"] = [_against_machine(of.heard, units, n, arm, readers) for n, arm in enumerate(arms)]
    return found


def noninferiority(difference: Estimate, test: HypothesisTest, margin: float) -> dict[str, Any]:
    """Of the first arm to the second: t of (difference + margin) on the same degrees of freedom, one-sided."""
    found: dict[str, Any] = {"margin": margin, "shown": None, "p": shown_p(None)}
    if difference.value is None or difference.low is None or not difference.se:
        return found
    t = (difference.value + margin) / difference.se
    p = float(stats.t.sf(t, test.df[0]) if test.df else stats.norm.sf(t))
    return found | {"shown": difference.low > -margin, "p": shown_p(p)}


def _each(values: Floats, left: Floats) -> list[Estimate]:
    """Each reader alone, patients random: normal interval with the jackknife over patients, cut at 0 and 1."""
    found = []
    for value, without in zip(values, left, strict=True):
        if math.isnan(value):
            found.append(undefined("a class is missing, or nothing was read"))
            continue
        left = without[~np.isnan(without)]
        variance = float(jackknife_covariance(left[None])[0, 0]) if len(left) > 1 else 0.0
        if not variance > 1e-18:
            found.append(Estimate(float(value), note="no interval: patients do not vary"))
            continue
        se = math.sqrt(variance)
        low, high = (float(min(1, max(0, value + way * z_of(LEVEL) * se))) for way in (-1, 1))
        found.append(Estimate(float(value), low, high, se, "jackknife over patients"))
    return found


def _counting(merit: Merit, units: Units) -> Bools:
    """Patients that the figure counts: sensitivity knows only those with disease somewhere."""
    among = {"auc": np.ones(len(units.truth), bool), "sensitivity": units.truth, "specificity": ~units.truth}
    found = np.zeros(merit.left.shape[2], dtype=np.bool_)
    found[units.patient[among[merit.figure]]] = True
    return found


def _covariance(merit: Merit, units: Units, rows: Bools, machine: bool = False) -> Floats:
    """Over arms × readers. Pooled AUC is no AUC of the units side by side, so it has the jackknife's."""
    flat = units.scores if merit.figure == "auc" else units.calls
    case_values = CaseValues.of(flat.reshape(-1, flat.shape[2]), units.truth, merit.figure, 0.5)
    if np.allclose(case_values.values, merit.values.reshape(-1), equal_nan=True):
        return covariance_matrix(case_values, "clustered", units.patient, 0, 0)
    return jackknife_covariance(merit.left.reshape(-1, merit.left.shape[2])[:, rows])


def _against_machine(
    merit: Merit | None, units: Units, arm: int, name: str, readers: tuple[str, ...]
) -> dict[str, Any]:
    """All readers of an arm against the algorithm on the same places, those it speaks of; how many it is silent about.

    The jackknife over patients for both.
    """
    places = {"places": int(units.machine_spoke.sum()), "silent": int((~units.machine_spoke).sum())}
    heard = units.of(units.machine_spoke)
    if merit is None or math.isnan(merit.machine) or (rows := _counting(merit, heard)).sum() < 2:
        return {"arm": name, "note": SILENT, **places}
    left = np.vstack([merit.left[arm], merit.machine_left[None]])[:, rows]
    values = np.append(merit.values[arm], merit.machine)
    result: Result = analysed_against(
        values,
        jackknife_covariance(left),
        readers,
        SCOPE,
        method="1T-RRRC, jackknife over patients, Hillis df; the algorithm fixed",
        counts={"readers": len(readers), "patients": int(rows.sum())},
        level=LEVEL,
    )
    return {
        "arm": name,
        "readers": result["readers"].as_json(),
        "machine": result["machine"].as_json(),
        "difference": result["readers - machine"].as_json(),
        "test": result.tests["readers - machine"].as_json(),
        **places,
    }
