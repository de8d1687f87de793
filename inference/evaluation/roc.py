"""ROC curve and the area under it, with patients as the unit. A higher score always means disease; never flipped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.estimate import Estimate
from inference.evaluation.patients import MIN_PATIENTS, Floats, from_resamples, patient_weights

_BAND_RESAMPLES = 500
_TAIL = 2.5


@dataclass(frozen=True)
class PairedPatients:
    """What AUC is made of, per pair of patients: ``wins[p, q]`` counts the places of disease of patient p that score
    above healthy ones of patient q (ties half); ``positives[p]`` and ``negatives[q]`` are their numbers of places."""

    wins: Floats
    positives: Floats
    negatives: Floats

    @classmethod
    def of(
        cls, scores: Floats, positive: NDArray[np.bool_], patient: NDArray[np.int64], patients: int
    ) -> PairedPatients:
        higher = np.sign(scores[positive][:, None] - scores[~positive][None, :]) / 2 + 0.5
        rows, columns = np.eye(patients)[patient[positive]], np.eye(patients)[patient[~positive]]
        return cls(rows.T @ higher @ columns, rows.sum(axis=0), columns.sum(axis=0))

    def auc(self) -> float:
        pairs = self.positives.sum() * self.negatives.sum()
        return float(self.wins.sum() / pairs) if pairs else float("nan")

    def resampled(self) -> Floats:
        """AUC of every resample of patients; NaN where a class is missing."""
        weights = patient_weights(len(self.positives))
        won = np.einsum("bp,pq,bq->b", weights, self.wins, weights, optimize=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = won / ((weights @ self.positives) * (weights @ self.negatives))
        return found


def clustered_auc(scores: Floats, positive: NDArray[np.bool_], patient: NDArray[np.int64], patients: int) -> Estimate:
    """AUC with a percentile interval over patients."""
    pairs = PairedPatients.of(scores, positive, patient, patients)
    value = pairs.auc()
    if np.isnan(value):
        return Estimate(None, note="one class is missing")
    if patients < MIN_PATIENTS:
        return Estimate(value, note="no interval: too few patients")
    if value in (0.0, 1.0):
        return Estimate(value, note="no interval: the classes are separated completely")
    return from_resamples(value, pairs.resampled())


def auc_loss(before: PairedPatients, after: PairedPatients) -> Estimate:
    """How much AUC is lost from ``before`` to ``after``, the same patients in the same order in both."""
    loss = before.auc() - after.auc()
    if np.isnan(loss):
        return Estimate(None, note="one class is missing")
    if len(before.positives) < MIN_PATIENTS:
        return Estimate(loss, note="no interval: too few patients")
    return from_resamples(loss, before.resampled() - after.resampled())


@dataclass(frozen=True)
class Roc:
    """Corners of the curve, and a band: 95 % of resampled curves lie in it at each false positive rate."""

    false_positive_rate: Floats
    true_positive_rate: Floats
    grid: Floats
    low: Floats
    high: Floats


def roc(
    scores: Floats, positive: NDArray[np.bool_], patient: NDArray[np.int64], patients: int, steps: int = 41
) -> Roc | None:
    """The curve, or ``None`` where one class is missing."""
    if positive.all() or not positive.any():
        return None
    order = np.argsort(-scores, kind="stable")
    last_of_tie = np.append(np.diff(scores[order]) != 0, True)
    weights = np.vstack([np.ones(patients), patient_weights(patients, _BAND_RESAMPLES)])[:, patient[order]]
    is_positive = positive[order]
    hits = np.cumsum(weights * is_positive, axis=1)[:, last_of_tie]
    alarms = np.cumsum(weights * ~is_positive, axis=1)[:, last_of_tie]
    grid = np.linspace(0, 1, steps)
    start = np.zeros((len(weights), 1))
    hits, alarms = np.hstack([start, hits]), np.hstack([start, alarms])
    tpr, fpr = hits[0] / hits[0, -1], alarms[0] / alarms[0, -1]
    curves = [
        np.interp(grid, x / x[-1], y / y[-1]) for x, y in zip(alarms[1:], hits[1:], strict=True) if x[-1] and y[-1]
    ]
    if patients < MIN_PATIENTS or not curves:
        return Roc(fpr, tpr, grid[:0], grid[:0], grid[:0])
    low, high = np.percentile(curves, [_TAIL, 100 - _TAIL], axis=0)
    return Roc(fpr, tpr, grid, low, high)
