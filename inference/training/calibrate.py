"""Temperature and threshold, chosen on validation patients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

Floats = NDArray[np.float64]


def temperature(logits: Floats, positive: NDArray[np.bool_]) -> float:
    """The temperature that minimises the negative log-likelihood (Guo et al. 2017); 1 where one class is missing."""
    if positive.all() or not positive.any():
        return 1.0
    signed = np.where(positive, logits, -logits)

    def loss(log_temperature: float) -> float:
        return float(np.mean(np.logaddexp(0.0, -signed / np.exp(log_temperature))))

    found = minimize_scalar(loss, bounds=(np.log(0.2), np.log(8.0)), method="bounded")
    return float(np.exp(found.x))


def threshold(probabilities: Floats, positive: NDArray[np.bool_]) -> float:
    """The middle of the probabilities that give the best balanced accuracy (Youden); ½ where one class is missing."""
    if positive.all() or not positive.any():
        return 0.5
    candidates = np.linspace(0.02, 0.98, 97)
    said = probabilities[None, :] >= candidates[:, None]
    balanced = (said[:, positive].mean(axis=1) + (~said[:, ~positive]).mean(axis=1)) / 2
    return round(float(np.median(candidates[balanced >= balanced.max() - 1e-3])), 3)


def sigmoid(values: Floats) -> Floats:
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(values, -30.0, 30.0)))
    return result
