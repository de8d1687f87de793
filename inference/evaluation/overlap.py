"""Dice of two label maps on the slices that matter."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from inference.volumes import Volume
from reporting.vocabulary import LABEL_VALUES, Structure

CENTRAL_MM = 6.0
"""Sagittal slices this near to the cord's middle are central."""


def dice(
    true: NDArray[np.integer], found: NDArray[np.integer], structures: Iterable[Structure]
) -> dict[Structure, float]:
    """Dice of every structure that the truth shows, on label maps (values ``LABEL_VALUES``) of one shape."""
    scores = {}
    for structure in structures:
        a, b = true == LABEL_VALUES[structure], found == LABEL_VALUES[structure]
        if a.any():
            scores[structure] = 2 * float((a & b).sum()) / float(a.sum() + b.sum())
    return scores


def central_slices(truth: NDArray[np.integer], step_mm: float) -> NDArray[np.bool_]:
    """Which slices (first axis) lie within ``CENTRAL_MM`` of the middle of the cord."""
    areas = (truth == LABEL_VALUES[Structure.CORD]).sum(axis=(1, 2))
    places = np.arange(len(areas))
    middle = float((areas * places).sum() / max(1, areas.sum()))
    return np.asarray(np.abs(places - middle) * step_mm <= CENTRAL_MM)


def slices_between(
    volume: Volume, first_lps_mm: NDArray[np.float64], last_lps_mm: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which slices of a volume lie between two points."""
    ends = sorted(float(volume.to_index_kji(point)[0]) for point in (first_lps_mm, last_lps_mm))
    places = np.arange(volume.array.shape[0])
    return np.asarray((places >= ends[0]) & (places <= ends[1]))
