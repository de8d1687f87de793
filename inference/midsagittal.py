"""The mid-sagittal picture: the curved surface through the middle of the cord, flattened onto one 2-D label image.

The middle slice of the stack is not it: patients lie turned and bent. Row by row the cord's centre says which slice is
in the midline; labels are taken from there (nearest slice, nothing is mixed).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.signal import savgol_filter

from inference.preprocess import canonical
from inference.volumes import Volume
from reporting.studies.series_roles import Plane
from reporting.vocabulary import LABEL_VALUES, Structure

STEP_MM = 0.5
"""Pixel side of the picture."""

_SMOOTH_MM = 40.0
_DIRECTION_MM = 40.0
_MIN_CORD_MM3 = 300.0


@dataclass(frozen=True)
class Midsagittal:
    """``labels`` (row, column): rows run down, columns to the back, ``STEP_MM`` apart, values ``LABEL_VALUES``.

    ``canal_front`` gives, per row, the column of the sac's front wall (interpolated, extrapolated at the ends).
    """

    labels: NDArray[np.uint8]
    canal_front: NDArray[np.float64]
    _volume: Volume  # canonical sagittal label map
    _slice_of_row: NDArray[np.float64]  # fractional slice index of each canonical row

    def to_lps_mm(self, row: float, column: float) -> NDArray[np.float64]:
        """Picture coordinates (pixels, may be fractional) → LPS mm on the curved surface."""
        j, i = self._to_voxel(row, column)
        k = np.interp(j, np.arange(len(self._slice_of_row)), self._slice_of_row)
        return self._volume.to_lps_mm(np.array([k, j, i]))

    def to_picture(self, point_lps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """LPS mm → (row, column), whatever the distance from the surface."""
        index = self._volume.to_index_kji(point_lps_mm)
        spacing = self._volume.spacing_kji_mm
        return (index[1:] + 0.5) * spacing[1:] / STEP_MM - 0.5

    def _to_voxel(self, row: float, column: float) -> tuple[float, float]:
        spacing = self._volume.spacing_kji_mm
        return (row + 0.5) * STEP_MM / spacing[1] - 0.5, (column + 0.5) * STEP_MM / spacing[2] - 0.5

    def mask(self, structure: Structure) -> NDArray[np.bool_]:
        return np.asarray(self.labels == LABEL_VALUES[structure])


def midsagittal(label_map: Volume) -> Midsagittal | None:
    """Flatten a sagittal label map along its cord; ``None`` when it shows too little cord or sac to say where."""
    volume = canonical(label_map, Plane.SAGITTAL)
    labels = volume.array
    spacing = volume.spacing_kji_mm
    canal = labels == LABEL_VALUES[Structure.CORD]
    if canal.sum() * np.prod(spacing) < _MIN_CORD_MM3:
        canal = canal | (labels == LABEL_VALUES[Structure.SAC])
        if canal.sum() * np.prod(spacing) < _MIN_CORD_MM3:
            return None
    slice_of_row = _slice_of_row(canal, spacing[1])
    rows = np.arange(labels.shape[1])
    chosen = np.clip(np.rint(slice_of_row), 0, labels.shape[0] - 1).astype(int)
    flat = labels[chosen, rows]
    height, width = (int(np.ceil(size * mm / STEP_MM)) for size, mm in zip(flat.shape, spacing[1:], strict=True))
    j = _nearest(height, spacing[1], flat.shape[0])
    i = _nearest(width, spacing[2], flat.shape[1])
    picture = flat[np.ix_(j, i)].astype(np.uint8)
    return Midsagittal(picture, _canal_front(picture), volume, slice_of_row)


def _nearest(size: int, spacing: float, limit: int) -> NDArray[np.intp]:
    index = np.rint((np.arange(size) + 0.5) * STEP_MM / spacing - 0.5)
    return np.asarray(np.clip(index, 0, limit - 1), dtype=np.intp)


def _slice_of_row(canal: NDArray[np.bool_], row_mm: float) -> NDArray[np.float64]:
    """Per row the canal's mean slice index: smoothed where it is seen, straight on beyond."""
    weight = canal.sum(axis=2).astype(np.float64)  # (k, j)
    totals = weight.sum(axis=0)
    seen = np.flatnonzero(totals > 0)
    centres = (np.arange(len(weight))[:, None] * weight).sum(axis=0)[seen] / totals[seen]
    between = np.interp(np.arange(seen[0], seen[-1] + 1), seen, centres)
    window = min(len(between), round(_SMOOTH_MM / row_mm) | 1)
    if window >= 5:
        between = savgol_filter(between, window - 1 + window % 2, polyorder=2, mode="interp")
    result = np.full(canal.shape[1], np.nan)
    result[seen[0] : seen[-1] + 1] = between
    _go_straight_on(result, round(_DIRECTION_MM / row_mm))
    inside: NDArray[np.float64] = np.clip(result, 0, len(weight) - 1)
    return inside


def _go_straight_on(values: NDArray[np.float64], reach: int) -> None:
    """Fill the NaN at both ends along the direction of the nearest ``reach`` known values, in place."""
    known = np.flatnonzero(np.isfinite(values))
    rows = np.arange(len(values))
    ends = ((known[:reach], rows[: known[0]]), (known[-reach:], rows[known[-1] + 1 :]))
    for part, ahead in ends:
        slope, intercept = np.polyfit(part, values[part], 1) if len(part) > 8 else (0.0, values[part].mean())
        values[ahead] = slope * ahead + intercept


def _canal_front(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    canal = np.isin(picture, (LABEL_VALUES[Structure.SAC], LABEL_VALUES[Structure.CORD]))
    rows = np.flatnonzero(canal.any(axis=1))
    front = canal[rows].argmax(axis=1).astype(np.float64)
    front = ndimage.median_filter(front, size=min(41, len(front)), mode="nearest")
    result = np.full(len(picture), np.nan)
    result[rows[0] : rows[-1] + 1] = np.interp(np.arange(rows[0], rows[-1] + 1), rows, front)
    _go_straight_on(result, round(_DIRECTION_MM / STEP_MM))
    return result
