"""How much a disagreement of two grades counts: weights of agreement, 1 on the diagonal, over the FULL grade list."""

from __future__ import annotations

from typing import Literal

import numpy as np

from reporting.statistics.arrays import Floats, floats

Weights = Literal["unweighted", "linear", "quadratic"]
WEIGHTS: tuple[Weights, ...] = ("unweighted", "linear", "quadratic")


def agreement_weights(categories: int, weights: Weights) -> Floats:
    """Identity, 1 − |i−j|/(q−1) (Cicchetti) or 1 − (i−j)²/(q−1)² (Fleiss & Cohen)."""
    if weights == "unweighted" or categories < 2:
        return np.eye(categories)
    grade = np.arange(categories)
    distance = np.abs(grade[:, None] - grade[None, :]) / (categories - 1)
    return floats(1 - distance if weights == "linear" else 1 - distance**2)
