"""Covariance of the figures of all modalities and readers over cases: DeLong, jackknife, bootstrap, patients.

DeLong 1988; jackknife with factor (n−1)/n over the n cases that enter the figure; bootstrap of cases within class;
Obuchowski 1997 where a patient has several cases (multi-level studies).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from reporting.statistics.arrays import Floats, Ints, floats, sums_by
from reporting.statistics.mrmc.figures import CaseValues

Covariance = Literal["delong", "jackknife", "bootstrap", "clustered"]
COVARIANCES: tuple[Covariance, ...] = ("delong", "jackknife", "bootstrap", "clustered")


def covariance_matrix(found: CaseValues, method: Covariance, patient: Ints | None, resamples: int, seed: int) -> Floats:
    """(rows, rows); NaN where a class that enters has fewer than two cases (or patients)."""
    rows = len(found.values)
    if any(part.shape[1] < 2 for part in found.parts):
        return np.full((rows, rows), np.nan)
    if method == "delong":
        return floats(sum(np.cov(part).reshape(rows, rows) / part.shape[1] for part in found.parts))
    if method == "jackknife":
        left = found.without_each_case()
        rest = left - left.mean(axis=1, keepdims=True)
        return floats((left.shape[1] - 1) / left.shape[1] * (rest @ rest.T))
    if method == "bootstrap":
        return floats(np.cov(_bootstrapped(found, resamples, seed)).reshape(rows, rows))
    if patient is None:
        raise ValueError("the clustered covariance needs patients")
    return _clustered(found, patient)


def _bootstrapped(found: CaseValues, resamples: int, seed: int) -> Floats:
    """Figures of each resample, shape (rows, resamples); cases are drawn within their class."""
    rng = np.random.default_rng(seed)
    weights = []
    for part in found.parts:
        n = part.shape[1]
        weights.append(rng.multinomial(n, np.full(n, 1 / n), size=resamples) / n)
    if found.figure != "auc":
        return floats(found.parts[0] @ weights[0].T)
    draws = np.empty((len(found.values), resamples))
    for row, scores in enumerate(found.scores):
        above, below = scores[found.truth], scores[~found.truth]
        wins = np.sign(above[:, None] - below[None, :]) / 2 + 0.5
        draws[row] = ((weights[0] @ wins) * weights[1]).sum(axis=1)
    return draws


def _clustered(found: CaseValues, patient: Ints) -> Floats:
    """Obuchowski's S₁₀/M + S₀₁/N + (S₁₁ + S₁₁′)/(MN), for every pair of rows."""
    rows, patients = len(found.values), int(patient.max()) + 1
    total = np.zeros((rows, rows))
    sums: list[tuple[Floats, float]] = []
    for part, inside in ((found.of_positives, found.truth), (found.of_negatives, ~found.truth)):
        if not part.shape[1]:
            continue
        owner = patient[inside]
        rest = np.array([sums_by(owner, patients, row) for row in part - found.values[:, None]])
        counted = np.count_nonzero(sums_by(owner, patients))
        if counted < 2:
            return np.full((rows, rows), np.nan)
        total += counted / (counted - 1) * (rest @ rest.T) / part.shape[1] ** 2
        sums.append((rest, part.shape[1]))
    if len(sums) == 2:
        (above, m), (below, n) = sums
        everyone = len(np.unique(patient))
        cross = above @ below.T
        total += everyone / (everyone - 1) * (cross + cross.T) / (m * n)
    return floats(total)
