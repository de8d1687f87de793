"""Figures of one set of readings summed by patient: the value, without each patient, and with patients drawn anew.

A patient has several rows (levels, sides). AUC is a ratio of sums over pairs of patients, a share a ratio of sums over
patients, so that leaving one out or drawing them with replacement needs no second look at the rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import sparse

from reporting.statistics.arrays import Bools, Floats, Ints, floats, sums_by


class ByPatient(Protocol):
    """One figure of one set of readings."""

    @property
    def value(self) -> float: ...

    def without_each(self) -> Floats: ...

    def resampled(self, weights: Floats) -> Floats: ...


@dataclass(frozen=True)
class PairSums:
    """``wins[k, l]``: pairs of a positive of patient k and a negative of patient l in which the positive scores higher,
    ties half; ``positives`` and ``negatives`` of each patient.
    """

    wins: Floats
    positives: Floats
    negatives: Floats

    @classmethod
    def of(cls, scores: Floats, truth: Bools, patient: Ints, patients: int) -> PairSums:
        """Rows without a score (NaN) are not counted."""
        read = ~np.isnan(scores)
        scores, truth, owner = scores[read], truth[read], patient[read]
        steps, place = np.unique(scores, return_inverse=True)
        place = place.reshape(-1)
        here = np.zeros((len(steps), patients), dtype=np.float32)  # half-counts: exact far beyond any study
        np.add.at(here, (place[~truth], owner[~truth]), 1)
        below = np.cumsum(here, axis=0) - here / 2
        m = int(truth.sum())
        ours = sparse.csr_matrix((np.ones(m, dtype=np.float32), (owner[truth], place[truth])), (patients, len(steps)))
        return cls(floats(ours @ below), sums_by(owner[truth], patients), sums_by(owner[~truth], patients))

    @property
    def value(self) -> float:
        pairs = self.positives.sum() * self.negatives.sum()
        return float(self.wins.sum() / pairs) if pairs else math.nan

    def without_each(self) -> Floats:
        """AUC without each patient, shape (patients,); NaN where a class is missing then."""
        left = self.wins.sum() - self.wins.sum(axis=0) - self.wins.sum(axis=1) + np.diag(self.wins)
        pairs = (self.positives.sum() - self.positives) * (self.negatives.sum() - self.negatives)
        with np.errstate(divide="ignore", invalid="ignore"):
            return floats(np.where(pairs > 0, left / pairs, np.nan))

    def resampled(self, weights: Floats) -> Floats:
        """AUC of each resample; ``weights``: (resamples, patients)."""
        won = ((weights @ self.wins) * weights).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return floats(won / ((weights @ self.positives) * (weights @ self.negatives)))

    @classmethod
    def mean(cls, of: Sequence[PairSums]) -> PairSums:
        """The mean of several readers of the same rows: their AUCs have the same pairs below."""
        wins = np.mean([one.wins for one in of], axis=0)
        return cls(floats(wins), of[0].positives, of[0].negatives)


@dataclass(frozen=True)
class ShareSums:
    """A share: how many of how many, by patient."""

    hits: Floats
    rows: Floats

    @classmethod
    def of(cls, hit: Floats, among: Bools, patient: Ints, patients: int) -> ShareSums:
        """``hit``: 1, 0 or NaN (not read); only rows in ``among`` count."""
        used = among & ~np.isnan(hit)
        return cls(sums_by(patient[used], patients, hit[used]), sums_by(patient[used], patients))

    @property
    def value(self) -> float:
        return float(self.hits.sum() / self.rows.sum()) if self.rows.sum() else math.nan

    def without_each(self) -> Floats:
        rows = self.rows.sum() - self.rows
        with np.errstate(divide="ignore", invalid="ignore"):
            return floats(np.where(rows > 0, (self.hits.sum() - self.hits) / rows, np.nan))

    def resampled(self, weights: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return floats((weights @ self.hits) / (weights @ self.rows))


def jackknife_covariance(left: Floats) -> Floats:
    """Covariance of figures from their values without each patient, ``left``: (figures, patients).

    (k−1)/k · Σ over k patients; NaN where a figure does not exist without some patient.
    """
    k = left.shape[1]
    rest = left - left.mean(axis=1, keepdims=True)
    return floats((k - 1) / k * (rest @ rest.T))


def pseudovalues(values: Floats, left: Floats) -> Floats:
    """kθ − (k−1)θ₍ₖ₎, shape of ``left``."""
    k = left.shape[1]
    return floats(k * values[:, None] - (k - 1) * left)
