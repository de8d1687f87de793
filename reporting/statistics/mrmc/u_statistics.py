"""Reader-averaged AUC by U-statistics: any pattern of who read what, missing reads and split plots included.

Gallas, Acad Radiol 2006;13:353; Gallas & Brown, Neural Netw 2008;21:387; df: Obuchowski, Gallas & Hillis, Acad Radiol
2012;19:1508. With missing reads AUC is weighted by pairs of cases, not by readers. The unbiased (U) variance can be
negative; the V-statistic variance, which cannot in theory, is offered beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from reporting.statistics.arrays import Floats, floats
from reporting.statistics.auc import cut
from reporting.statistics.distributions import t_test
from reporting.statistics.mrmc.obuchowski_rockette import interval
from reporting.statistics.mrmc.study import ReaderStudy
from reporting.statistics.results import Estimate, HypothesisTest, Result, Scope, undefined

NO_VARIANCE = "no variance: needs two readers, positives and negatives that share the readers"
NEGATIVE = "the unbiased variance is negative: read the V-statistic one"
# From sums over all pairs (same reader: rows 1 to 4, any readers: 5 to 8; all cases the same, positives the same,
# negatives the same, any) to sums over pairs that differ where they should.
_TO_UNBIASED = np.array(
    [
        [1, 0, 0, 0, 0, 0, 0, 0],
        [-1, 1, 0, 0, 0, 0, 0, 0],
        [-1, 0, 1, 0, 0, 0, 0, 0],
        [1, -1, -1, 1, 0, 0, 0, 0],
        [-1, 0, 0, 0, 1, 0, 0, 0],
        [1, -1, 0, 0, -1, 1, 0, 0],
        [1, 0, -1, 0, -1, 0, 1, 0],
        [-1, 1, 1, -1, 1, -1, -1, 1],
    ],
    dtype=np.float64,
)


@dataclass(frozen=True)
class Moments:
    """Second moments M1 to M8 of two modalities (or one with itself), their coefficients, and (co)variances."""

    unbiased: Floats
    biased: Floats
    coefficients: Floats
    covariance: float
    v_covariance: float

    @classmethod
    def of(cls, one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> Moments:
        """Each: (wins, design), shape (readers, negatives, positives); wins are 0 where nothing was read."""
        sums, pairs = _sums(one[0], other[0]), _sums(one[1], other[1])
        top, bottom = _TO_UNBIASED @ sums, np.round(_TO_UNBIASED @ pairs)
        with np.errstate(divide="ignore", invalid="ignore"):
            unbiased, biased = top / bottom, sums / pairs
            coefficients = bottom / pairs[7]
        # A kind of pair that the design lacks has coefficient 0; M8 alone is always needed.
        covariance = float(np.nansum(coefficients * unbiased) - unbiased[7])
        v_covariance = float(np.nansum(coefficients * biased) - biased[7])
        return cls(unbiased, biased, coefficients, covariance, v_covariance)

    @property
    def components(self) -> Floats:
        """V-statistic components of negatives, positives and readers: M7, M6, M4 less M8."""
        return floats(self.biased[[6, 5, 3]] - self.biased[7])

    @property
    def df(self) -> Floats:
        """Of negatives, positives and readers: 1/Σ(shares²) − 1, which is n − 1 in a crossed study."""
        c = self.coefficients
        shares = np.array([c[0] + c[2] + c[4] + c[6], c[0] + c[1] + c[4] + c[5], c[:4].sum()])
        with np.errstate(divide="ignore", invalid="ignore"):
            return floats(np.round(1 / shares - 1))


def u_statistics(study: ReaderStudy, scope: Scope, *, level: float = 0.95) -> Result:
    """Every modality's AUC and all differences, with t intervals on the (fractional) BDG degrees of freedom."""
    kernels = [_kernel(study.scores[place], study) for place in range(len(study.modalities))]
    areas = [float(wins.sum() / design.sum()) if design.sum() else math.nan for wins, design in kernels]
    own = [Moments.of(one, one) for one in kernels]
    estimates: dict[str, Estimate] = {}
    tests: dict[str, HypothesisTest] = {}
    variances: dict[str, Estimate] = {}
    for name, area, one in zip(study.modalities, areas, own, strict=True):
        for key, variance in ((f"AUC_{name}", one.covariance), (f"AUC_{name}_V", one.v_covariance)):
            df = degrees_of_freedom(variance, one.components, one.df)
            estimates[key] = cut(_estimate(area, variance, df, level))
            variances[f"variance_{key}"] = Estimate(variance, note="" if variance == variance else NO_VARIANCE)
    for i, j in combinations(range(len(kernels)), 2):
        both = Moments.of(kernels[i], kernels[j])
        components = own[i].components + own[j].components - 2 * both.components
        floor = np.minimum(own[i].df, own[j].df)
        gap, name = areas[i] - areas[j], f"{study.modalities[i]} - {study.modalities[j]}"
        for key, variance in (
            (name, own[i].covariance + own[j].covariance - 2 * both.covariance),
            (f"{name} V", own[i].v_covariance + own[j].v_covariance - 2 * both.v_covariance),
        ):
            df = degrees_of_freedom(variance, components, floor)
            estimates[key] = _estimate(gap, variance, df, level)
            tests[key] = t_test(gap, math.sqrt(variance) if variance > 0 else math.nan, df)
            variances[f"variance_{key}"] = Estimate(variance, note="" if variance == variance else NO_VARIANCE)
    notes = [f"{name}: {NEGATIVE}" for name, one in estimates.items() if one.note == NEGATIVE]
    missing = int(np.count_nonzero(np.isnan(study.scores)))
    if missing:
        notes.append("with missing reads AUC is weighted by pairs of cases, not by readers")
    return Result(
        "u_statistics",
        "U-statistic variance (V: V-statistic), BDG degrees of freedom, readers and cases random",
        scope,
        study.counts() | {"missing_reads": missing},
        estimates | variances,
        tests,
        {"moments": [_moment_row(name, one) for name, one in zip(study.modalities, own, strict=True)]},
        level=level,
        notes=tuple(notes),
    )


def degrees_of_freedom(variance: float, components: Floats, df: Floats) -> float:
    """variance²/Σ(component²/df³), at least the smallest df (Gaylor & Hopper 1969); NaN for a negative variance."""
    if not variance > 0 or not np.all(df >= 1):
        return math.nan
    below = float((components**2 / df**3).sum())
    return max(variance**2 / below, float(df.min())) if below > 0 else math.inf


def _kernel(scores: Floats, study: ReaderStudy) -> tuple[Floats, Floats]:
    """Wins (ties half) and what was read, (readers, negatives, positives)."""
    below, above = scores[:, ~study.truth], scores[:, study.truth]
    difference = above[:, None, :] - below[:, :, None]
    design = ~np.isnan(difference)
    return floats(np.where(design, np.sign(np.nan_to_num(difference)) / 2 + 0.5, 0.0)), floats(design)


def _sums(a: Floats, b: Floats) -> Floats:
    found = []
    for one, other in ((a, b), (a.sum(axis=0, keepdims=True), b.sum(axis=0, keepdims=True))):
        found += [
            (one * other).sum(),
            (one.sum(axis=1) * other.sum(axis=1)).sum(),
            (one.sum(axis=2) * other.sum(axis=2)).sum(),
            (one.sum(axis=(1, 2)) * other.sum(axis=(1, 2))).sum(),
        ]
    return floats(found)


def _estimate(value: float, variance: float, df: float, level: float) -> Estimate:
    if math.isnan(value):
        return undefined("a class is missing, or nothing was read")
    if math.isnan(variance):
        return Estimate(value, note=NO_VARIANCE)
    if variance < 0:
        return Estimate(value, note=NEGATIVE)
    return interval(value, math.sqrt(variance), df, level)


def _moment_row(name: str, one: Moments) -> dict[str, float | str]:
    return {"modality": name} | {f"M{k + 1}": float(value) for k, value in enumerate(one.unbiased)}
