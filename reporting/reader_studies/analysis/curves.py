"""ROC curves: each reader's operating points, and the readers' mean sensitivity at every false-positive rate."""

from __future__ import annotations

from typing import Any

import numpy as np

from reporting.reader_studies.analysis.reads import Units
from reporting.statistics.arrays import Bools, Floats, floats

MOST_POINTS = 40
GRID = np.linspace(0, 1, 51)


def roc(scores: Floats, truth: Bools) -> tuple[Floats, Floats]:
    """False-positive and true-positive rates from (0, 0) to (1, 1), one point a score; empty without both classes."""
    read = ~np.isnan(scores)
    scores, truth = scores[read], truth[read]
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return floats([]), floats([])
    steps, place = np.unique(-scores, return_inverse=True)
    place = place.reshape(-1)
    above = np.bincount(place[truth], minlength=len(steps)).cumsum() / positives
    below = np.bincount(place[~truth], minlength=len(steps)).cumsum() / negatives
    return floats(np.append(0, below)), floats(np.append(0, above))


def curves(units: Units, arms: tuple[str, ...], readers: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {"arms": {}, "machine": None, "grid": _rounded(GRID)}
    for n, arm in enumerate(arms):
        each, heights = [], []
        for reader in range(len(readers)):
            false, true = roc(units.scores[n, reader], units.truth)
            if len(false):
                heights.append(np.interp(GRID, false, true))
            each.append(_thinned(false, true))
        mean = np.mean(heights, axis=0) if heights else floats([])
        if len(mean):
            mean[0] = 0.0  # an upright first step belongs to the curve, not to its beginning
        found["arms"][arm] = {"readers": each, "mean": _rounded(mean)}
    false, true = roc(units.machine_scores, units.truth)
    if len(false):
        found["machine"] = _thinned(false, true)
    return found


def _thinned(false: Floats, true: Floats) -> dict[str, list[float]]:
    if len(false) > MOST_POINTS:
        kept = np.unique(np.linspace(0, len(false) - 1, MOST_POINTS).round().astype(int))
        false, true = false[kept], true[kept]
    return {"fpr": _rounded(false), "tpr": _rounded(true)}


def _rounded(values: Floats) -> list[float]:
    return [round(float(value), 4) for value in values]
