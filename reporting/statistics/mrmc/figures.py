"""A figure of merit per modality and reader, and what every case contributes to it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reporting.statistics.arrays import Bools, Floats, floats
from reporting.statistics.auc import Placements

Figure = Literal["auc", "sensitivity", "specificity"]
FIGURES: tuple[Figure, ...] = ("auc", "sensitivity", "specificity")


@dataclass(frozen=True)
class CaseValues:
    """Rows: sets of readings of the same cases. Their mean over the cases of a class is ``values``.

    AUC has both parts (placements); sensitivity and specificity have the part of one class only, the other is empty.
    """

    scores: Floats
    truth: Bools
    figure: Figure
    of_positives: Floats
    of_negatives: Floats
    values: Floats

    @classmethod
    def of(cls, scores: Floats, truth: Bools, figure: Figure = "auc", threshold: float | None = None) -> CaseValues:
        """``scores``: (rows, cases), complete. Sensitivity and specificity call a case positive at ``threshold``."""
        if figure == "auc":
            placed = [Placements.of(row, truth) for row in scores]
            above = np.array([one.of_positives for one in placed]).reshape(len(scores), -1)
            below = np.array([one.of_negatives for one in placed]).reshape(len(scores), -1)
            values = floats([one.auc for one in placed])
            return cls(scores, truth, figure, above, below, values)
        if threshold is None:
            raise ValueError(f"{figure} needs a threshold")
        called = scores >= threshold
        hits = floats(called[:, truth] if figure == "sensitivity" else ~called[:, ~truth])
        empty = np.zeros((len(scores), 0))
        values = hits.mean(axis=1) if hits.shape[1] else np.full(len(scores), math.nan)
        above, below = (hits, empty) if figure == "sensitivity" else (empty, hits)
        return cls(scores, truth, figure, above, below, values)

    @property
    def parts(self) -> list[Floats]:
        """The parts that the figure has."""
        if self.figure == "auc":
            return [self.of_positives, self.of_negatives]
        return [self.of_positives if self.figure == "sensitivity" else self.of_negatives]

    def without_each_case(self) -> Floats:
        """The figure of every row with one case left out, shape (rows, cases that enter the figure)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.hstack(
                [(part.shape[1] * self.values[:, None] - part) / (part.shape[1] - 1) for part in self.parts]
            )
