"""Probabilities and sizes fitted once more on whole studies, from DICOM to statement, as they are served.

Validation crops are cut from scans of every kind, many of them worse than a usual protocol; a temperature fitted on
them leaves the networks less sure of usual scans than they may be. Decisions stay as they are: each threshold moves
with its temperature. Sizes get a scale and an offset: large ones are overrated where masks are better than those that
a network learnt with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logit

from inference.evaluation.records import Place, StudyRecord
from inference.training.calibrate import sigmoid, temperature
from inference.weights import WeightsCard

SIDE = "calibration"
"""Beside ``train``, ``validation`` and ``test`` on the card: patients that may not be evaluated on either."""

_SURE = 1e-6  # a probability of 0 or 1 has no logit


def recalibrated(card: WeightsCard, records: Iterable[StudyRecord], seeds: range) -> WeightsCard:
    """The card with the temperature of least log-loss over every place of its finding in ``records``, and the scale and
    offset of its sizes of least absolute error, places with and without disease weighing alike.

    Raises:
        ValueError: there are no places of both kinds to fit on.
    """
    places = [place for record in records for place in record.places if place.finding == card.name and place.assessed]
    positive = np.array([place.true_positive for place in places], dtype=bool)
    if not positive.any() or positive.all():
        raise ValueError(f"{card.name}: the studies hold no places both with and without disease")
    fitted = round(temperature(card.temperature * _logits(places), positive), 4)
    threshold = card.threshold if card.threshold is not None else 0.5
    moved = float(sigmoid(card.temperature / fitted * _logit(np.array([threshold])))[0])
    scale, offset_mm = _line([place for place in places if place.mm is not None])
    return replace(
        card,
        size_scale=round(scale * card.size_scale, 4),
        size_offset_mm=round(scale * card.size_offset_mm + offset_mm, 4),
        temperature=fitted,
        threshold=round(moved, 4),
        seeds={**card.seeds, SIDE: f"{seeds.start}..{seeds.stop - 1}"},
    )


def _line(places: list[Place]) -> tuple[float, float]:
    """Scale and offset (mm) from sizes as served to true ones; 1 and 0 where nothing was sized."""
    positive = np.array([place.true_positive for place in places], dtype=bool)
    if not positive.any() or positive.all():
        return 1.0, 0.0
    said, true = (np.abs([getattr(place, name) for place in places]) for name in ("mm", "true_mm"))
    weight = np.where(positive, 0.5 / positive.sum(), 0.5 / (~positive).sum())

    def error(line: NDArray[np.float64]) -> float:
        return float((weight * np.abs(np.maximum(line[0] * said + line[1], 0.0) - true)).sum())

    scale, offset_mm = minimize(error, [1.0, 0.0], method="Nelder-Mead").x
    return float(scale), float(offset_mm)


def uncalibrated(card: WeightsCard) -> WeightsCard:
    """The card as if it had never been fitted here: its own patients may be used again."""
    return replace(card, seeds={side: seeds for side, seeds in card.seeds.items() if side != SIDE})


def _logits(places: list[Place]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return _logit(np.array([place.probability for place in places], dtype=np.float64))


def _logit(probability: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray(logit(np.clip(probability, _SURE, 1 - _SURE)))
