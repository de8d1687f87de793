"""Dorfman, Berbaum and Metz: analysis of variance of jackknife pseudovalues, a second road to the same answers.

Dorfman, Invest Radiol 1992;27:723; Hillis, Berbaum & Metz, Acad Radiol 2008;15:647. RRRC equals Obuchowski–Rockette's
with jackknife covariance; FRRC uses F with (t−1)(c−1) df where the other uses χ².
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations

import numpy as np

from reporting.statistics.arrays import Floats, floats
from reporting.statistics.auc import cut
from reporting.statistics.distributions import f_test, t_test
from reporting.statistics.mrmc.figures import CaseValues, Figure
from reporting.statistics.mrmc.obuchowski_rockette import Analysis, hillis, interval
from reporting.statistics.mrmc.study import ReaderStudy
from reporting.statistics.results import Estimate, HypothesisTest, Result, Scope


def dorfman_berbaum_metz(
    study: ReaderStudy,
    scope: Scope,
    *,
    analysis: Analysis = "RRRC",
    figure: Figure = "auc",
    threshold: float | None = None,
    level: float = 0.95,
) -> Result:
    """Pseudovalue nθ − (n−1)θ₍ₖ₎ of every case, then a three-way analysis of modality × reader × case."""
    complete, left_out = study.complete()
    t, r = len(complete.modalities), len(complete.readers)
    found = CaseValues.of(complete.scores.reshape(t * r, -1), complete.truth, figure, threshold)
    left = found.without_each_case() if min(part.shape[1] for part in found.parts) > 1 else np.full((t * r, 1), np.nan)
    n = left.shape[1]
    pseudo = n * found.values[:, None] - (n - 1) * left
    return analysed_pseudovalues(
        pseudo.reshape(t, r, n),
        complete.modalities,
        scope,
        method=f"{analysis}, {figure}, jackknife pseudovalues, Hillis df",
        counts=complete.counts() | {"cases_left_out": left_out},
        analysis=analysis,
        level=level,
        notes=("cases lacking a reading were left out",) if left_out else (),
    )


def analysed_pseudovalues(
    pseudo: Floats,
    modalities: tuple[str, ...],
    scope: Scope,
    *,
    method: str,
    counts: Mapping[str, int],
    analysis: Analysis = "RRRC",
    level: float = 0.95,
    notes: tuple[str, ...] = (),
) -> Result:
    """``pseudo``: (modalities, readers, cases), or patients where a patient with all rows was left out each time."""
    t, r, n = pseudo.shape
    ms = _mean_squares(pseudo)
    estimates = {f"mean_{name}": _mean(pseudo[i], analysis, level) for i, name in enumerate(modalities)}
    more = max(ms["TC"] - ms["TRC"], 0.0) if analysis == "RRRC" else 0.0
    base = ms["TC"] if analysis == "FRRC" else ms["TR"]
    df = (t - 1.0) * (n - 1) if analysis == "FRRC" else hillis(base, more, (t - 1) * (r - 1))
    below = base + more
    se = math.sqrt(2 / (r * n) * below) if below > 0 else math.nan
    tests: dict[str, HypothesisTest] = {}
    for i, j in combinations(range(t), 2):
        name = f"{modalities[i]} - {modalities[j]}"
        gap = float(pseudo[i].mean() - pseudo[j].mean())
        estimates[name], tests[name] = interval(gap, se, df, level), t_test(gap, se, df)
    if t > 1:
        tests["modalities"] = f_test(ms["T"] / below if below > 0 else math.nan, t - 1, df)
    return Result(
        "dorfman_berbaum_metz",
        method,
        scope,
        counts,
        estimates | {f"ms_{name}": _shown(value) for name, value in ms.items()} | _components(ms, t, r, n),
        tests,
        level=level,
        notes=notes,
    )


def _mean_squares(y: Floats) -> dict[str, float]:
    """Balanced three-way analysis of variance with one value a cell."""
    t, r, c = y.shape
    grand = y.mean()
    by = {
        name: y.mean(axis=axes, keepdims=True) - grand
        for name, axes in (("T", (1, 2)), ("R", (0, 2)), ("C", (0, 1)), ("TR", 2), ("TC", 1), ("RC", 0))
    }
    by["TR"] = by["TR"] - by["T"] - by["R"]
    by["TC"] = by["TC"] - by["T"] - by["C"]
    by["RC"] = by["RC"] - by["R"] - by["C"]
    by["TRC"] = y - grand - by["T"] - by["R"] - by["C"] - by["TR"] - by["TC"] - by["RC"]
    size = {"T": t - 1, "R": r - 1, "C": c - 1}
    found = {}
    for name, effect in by.items():
        df = math.prod(size[letter] for letter in name)
        found[name] = float((floats(effect) ** 2).sum()) * (y.size / effect.size) / df if df else math.nan
    return found


def _components(ms: dict[str, float], t: int, r: int, c: int) -> dict[str, Estimate]:
    found = {
        "var_R": (ms["R"] - ms["TR"] - ms["RC"] + ms["TRC"]) / (t * c),
        "var_C": (ms["C"] - ms["TC"] - ms["RC"] + ms["TRC"]) / (t * r),
        "var_TR": (ms["TR"] - ms["TRC"]) / c,
        "var_TC": (ms["TC"] - ms["TRC"]) / r,
        "var_RC": (ms["RC"] - ms["TRC"]) / t,
        "var_TRC_error": ms["TRC"],
    }
    return {name: _shown(value) for name, value in found.items()}


def _mean(y: Floats, analysis: Analysis, level: float) -> Estimate:
    """One modality: readers × cases, from its own mean squares."""
    r, c = y.shape
    ms = _mean_squares(y[None])
    if analysis == "FRRC":
        base, more, df = ms["C"], 0.0, c - 1.0
    else:
        base = ms["R"]
        more = max(ms["C"] - ms["RC"], 0.0) if analysis == "RRRC" else 0.0
        df = hillis(base, more, r - 1)
    se = math.sqrt((base + more) / (r * c)) if base + more > 0 else math.nan
    return cut(interval(float(y.mean()), se, df, level))


def _shown(value: float) -> Estimate:
    return Estimate(value, note="" if math.isfinite(value) else "needs two modalities, readers and cases")
