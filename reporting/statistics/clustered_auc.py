"""AUC when several rows come from one patient, alone or two scores compared (Obuchowski, Biometrics 1997;53:567).

With V₁₀ᵢ, V₀₁ᵢ the sums of placements of patient i, who has mᵢ positives and nᵢ negatives:
S₁₀ = I₁₀/((I₁₀−1)M) Σ(V₁₀ᵢ − mᵢA)², S₀₁ alike, S₁₁ = I/(I−1) Σ(V₁₀ᵢ − mᵢA)(V₀₁ᵢ − nᵢA);
var A = S₁₀/M + S₀₁/N + 2S₁₁/(MN).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from reporting.statistics.arrays import Bools, Floats, Ints, bools, floats, numbered, same_length, sums_by
from reporting.statistics.auc import CEILING, Placements, auc_estimate
from reporting.statistics.auc_tests import difference_by_z
from reporting.statistics.bootstrap import BOOTSTRAP_SEED, RESAMPLES, affordable, percentile_estimate, resampled_rows
from reporting.statistics.results import Estimate, Result, Scope
from reporting.statistics.roc_curve import Ranking

Interval = Literal["obuchowski", "logit", "bootstrap"]
INTERVALS: tuple[Interval, ...] = ("obuchowski", "logit", "bootstrap")


@dataclass(frozen=True)
class PatientPlacements:
    """Placements summed per patient, less what the patient's rows would have at the AUC."""

    auc: float
    of_positives: Floats
    of_negatives: Floats
    positives: Floats
    negatives: Floats

    @classmethod
    def of(cls, scores: Floats, truth: Bools, patient: Ints, patients: int) -> PatientPlacements:
        placed = Placements.of(scores, truth)
        m, n = sums_by(patient[truth], patients), sums_by(patient[~truth], patients)
        above = sums_by(patient[truth], patients, placed.of_positives) - m * placed.auc
        below = sums_by(patient[~truth], patients, placed.of_negatives) - n * placed.auc
        return cls(placed.auc, above, below, m, n)


def obuchowski_covariance(one: PatientPlacements, other: PatientPlacements) -> float:
    """Covariance of two AUCs read from the same rows; NaN with fewer than two patients with positives or negatives."""
    m, n = one.positives.sum(), one.negatives.sum()
    with_positives, with_negatives = np.count_nonzero(one.positives), np.count_nonzero(one.negatives)
    patients = np.count_nonzero(one.positives + one.negatives)
    if with_positives < 2 or with_negatives < 2:
        return math.nan
    s10 = with_positives / ((with_positives - 1) * m) * (one.of_positives @ other.of_positives)
    s01 = with_negatives / ((with_negatives - 1) * n) * (one.of_negatives @ other.of_negatives)
    cross = one.of_positives @ other.of_negatives + other.of_positives @ one.of_negatives
    return float(s10 / m + s01 / n + patients / (patients - 1) * cross / (m * n))


def clustered_auc(
    scores: ArrayLike,
    positive: ArrayLike,
    patient: ArrayLike,
    scope: Scope,
    *,
    level: float = 0.95,
    interval: Interval = "obuchowski",
    resamples: int = RESAMPLES,
    seed: int = BOOTSTRAP_SEED,
) -> Result:
    """AUC over rows with an interval over patients. Rows with a missing score are left out and counted."""
    values, truth, index, patients, missing = _known(positive, patient, scores)
    found = PatientPlacements.of(values[0], truth, index, patients)
    if interval != "bootstrap":
        variance = obuchowski_covariance(found, found)
        area = auc_estimate(found.auc, variance, level, "logit" if interval == "logit" else "delong")
        if area.low is not None:
            area = Estimate(area.value, area.low, area.high, area.se, interval, area.note)
        method = f"Obuchowski's variance over patients, {'logit' if interval == 'logit' else 'normal'} interval"
    elif found.auc in (0.0, 1.0):
        area, method = Estimate(found.auc, note=CEILING), "no resampling"
    else:
        resamples = affordable(resamples, len(truth))
        ranking = Ranking.of(values[0], truth)
        draws = [ranking.curve(weights).area for weights in resampled_rows(index, patients, resamples, seed)]
        area = percentile_estimate(found.auc, floats(draws), level, patients)
        method = f"percentile bootstrap of patients, {resamples} resamples, seed {seed}"
    return Result("clustered_auc", method, scope, _counts(found, missing), {"AUC": area}, level=level)


def clustered_auc_test(
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    positive: ArrayLike,
    patient: ArrayLike,
    scope: Scope,
    *,
    level: float = 0.95,
) -> Result:
    """Two scores of the same rows: z = (A − B)/√(var A + var B − 2cov), all over patients."""
    values, truth, index, patients, missing = _known(positive, patient, scores_a, scores_b)
    a, b = (PatientPlacements.of(one, truth, index, patients) for one in values)
    var_a, var_b, cov = obuchowski_covariance(a, a), obuchowski_covariance(b, b), obuchowski_covariance(a, b)
    difference, test = difference_by_z(a.auc - b.auc, var_a + var_b - 2 * cov, level)
    return Result(
        "clustered_auc_test",
        "Obuchowski's covariance over patients",
        scope,
        _counts(a, missing),
        {
            "AUC_a": auc_estimate(a.auc, var_a, level),
            "AUC_b": auc_estimate(b.auc, var_b, level),
            "difference": difference,
        },
        {"difference": test},
        level=level,
    )


def _known(positive: ArrayLike, patient: ArrayLike, *scores: ArrayLike) -> tuple[list[Floats], Bools, Ints, int, int]:
    columns, truth, owner = [floats(one) for one in scores], bools(positive), np.asarray(patient)
    same_length(positive=truth, patient=owner, **{f"scores_{number}": one for number, one in enumerate(columns)})
    known = ~np.any([np.isnan(one) for one in columns], axis=0)
    index, patients = numbered(owner[known])
    return [one[known] for one in columns], truth[known], index, patients, int(np.count_nonzero(~known))


def _counts(found: PatientPlacements, missing: int) -> dict[str, int]:
    return {
        "positives": int(found.positives.sum()),
        "negatives": int(found.negatives.sum()),
        "missing": missing,
        "patients": int(np.count_nonzero(found.positives + found.negatives)),
        "patients_with_positives": int(np.count_nonzero(found.positives)),
        "patients_with_negatives": int(np.count_nonzero(found.negatives)),
    }
