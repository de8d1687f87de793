"""Obuchowski and Rockette's analysis of figures of merit, with Hillis' degrees of freedom.

Obuchowski & Rockette, Commun Stat Simul 1995;24:285; Hillis, Stat Med 2007;26:596 (df) and Stat Med 2014;33:330. Fixed
or random readers and cases: RRRC (both random), FRRC (these readers only), RRFC (these cases only). Cov2 − Cov3 below
0 counts as 0 in tests (RRRC and FRRC); variance components are shown as they come out, negative ones too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from reporting.statistics.arrays import Bools, Floats
from reporting.statistics.auc import cut
from reporting.statistics.bootstrap import BOOTSTRAP_SEED, RESAMPLES
from reporting.statistics.distributions import chi2_test, f_test, t_of, t_test, z_of
from reporting.statistics.mrmc.covariance import Covariance, covariance_matrix
from reporting.statistics.mrmc.figures import CaseValues, Figure
from reporting.statistics.mrmc.study import ReaderStudy
from reporting.statistics.results import Cell, Estimate, HypothesisTest, Result, Scope, undefined

Analysis = Literal["RRRC", "FRRC", "RRFC"]
ANALYSES: tuple[Analysis, ...] = ("RRRC", "FRRC", "RRFC")


@dataclass(frozen=True)
class Covariances:
    """Averages of the covariance matrix: variance, same reader (1), same modality (2), neither (3); NaN: no pair."""

    variance: float
    cov1: float
    cov2: float
    cov3: float

    @classmethod
    def of(cls, matrix: Floats, modalities: int, readers: int) -> Covariances:
        block = matrix.reshape(modalities, readers, modalities, readers)
        same_m = np.eye(modalities, dtype=bool)[:, None, :, None]
        same_r = np.eye(readers, dtype=bool)[None, :, None, :]

        def mean(of: Bools) -> float:
            chosen = block[np.broadcast_to(of, block.shape)]
            return float(chosen.mean()) if chosen.size else math.nan

        return cls(mean(same_m & same_r), mean(~same_m & same_r), mean(same_m & ~same_r), mean(~same_m & ~same_r))

    @property
    def between_readers(self) -> float:
        """max(Cov2 − Cov3, 0); 0 with one reader."""
        return 0.0 if math.isnan(self.cov2) else max(self.cov2 - self.cov3, 0.0)


@dataclass(frozen=True)
class MeanSquares:
    """Of the figures, modalities × readers; NaN where there is one modality or one reader."""

    t: float
    r: float
    tr: float

    @classmethod
    def of(cls, values: Floats) -> MeanSquares:
        modalities, readers = values.shape
        by_modality, by_reader, grand = values.mean(axis=1), values.mean(axis=0), values.mean()
        rest = values - by_modality[:, None] - by_reader[None, :] + grand
        df_t, df_r = modalities - 1, readers - 1
        return cls(
            readers * float(((by_modality - grand) ** 2).sum()) / df_t if df_t else math.nan,
            modalities * float(((by_reader - grand) ** 2).sum()) / df_r if df_r else math.nan,
            float((rest**2).sum()) / (df_t * df_r) if df_t and df_r else math.nan,
        )


def obuchowski_rockette(
    study: ReaderStudy,
    scope: Scope,
    *,
    analysis: Analysis = "RRRC",
    covariance: Covariance = "delong",
    figure: Figure = "auc",
    threshold: float | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = BOOTSTRAP_SEED,
) -> Result:
    """Means, differences and their test. Cases lacking a reading are left out, counted (or use ``u_statistics``)."""
    complete, left_out = study.complete()
    t, r = len(complete.modalities), len(complete.readers)
    found = CaseValues.of(complete.scores.reshape(t * r, -1), complete.truth, figure, threshold)
    matrix = covariance_matrix(found, covariance, complete.patient, resamples, seed)
    how = f", {resamples} resamples, seed {seed}" if covariance == "bootstrap" else ""
    return analysed_figures(
        found.values.reshape(t, r),
        matrix,
        complete.modalities,
        complete.readers,
        scope,
        method=f"{analysis}, {figure}, {covariance} covariance{how}, Hillis df",
        counts=complete.counts() | {"cases_left_out": left_out},
        analysis=analysis,
        level=level,
        notes=("cases lacking a reading were left out",) if left_out else (),
    )


def analysed_figures(
    values: Floats,
    matrix: Floats,
    modalities: tuple[str, ...],
    readers: tuple[str, ...],
    scope: Scope,
    *,
    method: str,
    counts: Mapping[str, int],
    analysis: Analysis = "RRRC",
    level: float = 0.95,
    notes: tuple[str, ...] = (),
) -> Result:
    """Of any figure of merit: ``values`` (modalities, readers) with their covariance over cases (or over patients).

    ``matrix``: (modalities × readers)², in the order of ``values`` row by row.
    """
    t, r = values.shape
    squares, shared = MeanSquares.of(values), Covariances.of(matrix, t, r)
    blocks = matrix.reshape(t, r, t, r)
    estimates = {
        f"mean_{name}": _mean(values[i], blocks[i, :, i, :], analysis, level) for i, name in enumerate(modalities)
    }
    spread, df = _difference_spread(analysis, squares, shared, t, r)
    tests: dict[str, HypothesisTest] = {}
    for i, j in combinations(range(t), 2):
        name = f"{modalities[i]} - {modalities[j]}"
        gap = float(values[i].mean() - values[j].mean())
        estimates[name] = interval(gap, spread, df, level)
        tests[name] = t_test(gap, spread, df)
    if t > 1:
        tests["modalities"] = _global_test(analysis, squares, shared, t, r)
    return Result(
        "obuchowski_rockette",
        method,
        scope,
        counts,
        estimates | _components(squares, shared, t),
        tests,
        {
            "figures": _figures(modalities, readers, values),
            "per_reader": _per_reader(modalities, readers, values, blocks, level),
        },
        level=level,
        notes=notes,
    )


def interval(value: float, se: float, df: float, level: float) -> Estimate:
    """t interval; ``df`` infinite is the normal one."""
    if not math.isfinite(value):
        return undefined("a class is missing")
    if not se > 1e-12 or not df > 0:
        return Estimate(value, note="no interval: its variance is not estimable or not positive")
    normal = math.isinf(df)
    reach = (z_of(level) if normal else t_of(level, df)) * se
    return Estimate(value, value - reach, value + reach, se, "normal" if normal else f"t, df {df:.4g}")


def hillis(mean_square: float, more: float, df: float) -> float:
    """(MS + more)²/(MS²/df): Hillis' degrees of freedom; infinite where only ``more`` varies."""
    if not mean_square > 0:
        return math.inf if more > 0 else math.nan
    return (mean_square + more) ** 2 / (mean_square**2 / df) if df > 0 else math.nan


def single_spread(values: Floats, block: Floats) -> tuple[float, float]:
    """Standard error and df of the mean of random readers over random cases: √((MS_R + max(r·Cov2, 0))/r)."""
    r = len(values)
    if r < 2:
        return math.nan, math.nan
    square, cov2 = float(np.var(values, ddof=1)), Covariances.of(block, 1, r).cov2
    more = max(r * cov2, 0.0)
    return _root((square + more) / r), hillis(square, more, r - 1)


def _mean(values: Floats, block: Floats, analysis: Analysis, level: float) -> Estimate:
    """One modality's mean, from its own mean square and Cov2 only."""
    r = len(values)
    own = Covariances.of(block, 1, r)
    if analysis == "RRRC":
        se, df = single_spread(values, block)
    elif analysis == "FRRC":
        more = 0.0 if r == 1 else (r - 1) * max(own.cov2, 0.0)
        se, df = _root((own.variance + more) / r), math.inf
    else:
        se, df = (_root(float(np.var(values, ddof=1)) / r), r - 1.0) if r > 1 else (math.nan, math.nan)
    return cut(interval(float(values.mean()), se, df, level))


def _difference_spread(
    analysis: Analysis, squares: MeanSquares, shared: Covariances, t: int, r: int
) -> tuple[float, float]:
    if analysis == "RRRC":
        more = r * shared.between_readers
        return _root(2 / r * (squares.tr + more)), hillis(squares.tr, more, (t - 1) * (r - 1))
    if analysis == "FRRC":
        return _root(2 / r * (shared.variance - shared.cov1 + (r - 1) * shared.between_readers)), math.inf
    return _root(2 / r * squares.tr), (t - 1) * (r - 1)


def _global_test(analysis: Analysis, squares: MeanSquares, shared: Covariances, t: int, r: int) -> HypothesisTest:
    if analysis == "FRRC":
        below = shared.variance - shared.cov1 + (r - 1) * shared.between_readers
        return chi2_test((t - 1) * squares.t / below if below > 0 else math.nan, t - 1)
    more = r * shared.between_readers if analysis == "RRRC" else 0.0
    below = squares.tr + more
    df = hillis(squares.tr, more, (t - 1) * (r - 1))
    return f_test(squares.t / below if below > 0 else math.nan, t - 1, df)


def _components(squares: MeanSquares, shared: Covariances, t: int) -> dict[str, Estimate]:
    """ANOVA estimates; negative ones are shown."""
    var_r = (squares.r - squares.tr) / t - shared.cov1 + shared.cov3
    var_tr = squares.tr - shared.variance + shared.cov1 + shared.cov2 - shared.cov3
    why = "needs two modalities and two readers"
    found = {
        "ms_T": squares.t,
        "ms_R": squares.r,
        "ms_TR": squares.tr,
        "var_R": var_r,
        "var_TR": var_tr,
        "var_error": shared.variance,
        "cov1": shared.cov1,
        "cov2": shared.cov2,
        "cov3": shared.cov3,
    }
    return {name: Estimate(value, note="" if math.isfinite(value) else why) for name, value in found.items()}


def _figures(modalities: tuple[str, ...], readers: tuple[str, ...], values: Floats) -> list[dict[str, Cell]]:
    return [
        {"modality": modality, "reader": reader, "value": float(values[i, j])}
        for i, modality in enumerate(modalities)
        for j, reader in enumerate(readers)
    ]


def _per_reader(
    modalities: tuple[str, ...], readers: tuple[str, ...], values: Floats, blocks: Floats, level: float
) -> list[dict[str, Cell]]:
    """Each reader's differences, cases random: √(2(Var − Cov1)) of that reader alone, over all modalities."""
    rows: list[dict[str, Cell]] = []
    for place, reader in enumerate(readers):
        own = Covariances.of(blocks[:, place, :, place], len(modalities), 1)
        se = _root(2 * (own.variance - own.cov1))
        for i, j in combinations(range(len(modalities)), 2):
            gap = float(values[i, place] - values[j, place])
            found, test = interval(gap, se, math.inf, level), t_test(gap, se, math.inf)
            rows.append(
                {
                    "reader": reader,
                    "comparison": f"{modalities[i]} - {modalities[j]}",
                    "difference": found.value,
                    "se": found.se,
                    "low": found.low,
                    "high": found.high,
                    "z": test.statistic,
                    "p": test.p,
                }
            )
    return rows


def _root(value: float) -> float:
    return math.sqrt(value) if value > 0 else math.nan
