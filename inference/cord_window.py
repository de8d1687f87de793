"""Where to segment: windows around the cord, so that nobody computes probabilities of lungs and ears."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference.networks import SIZE_MULTIPLE, Plane

# What is segmented, in mm along each canonical axis, before and after the cord: sagittal from its outermost points, in
# every row; axial from its centre on each slice.
REACH_MM: dict[Plane, tuple[tuple[float, float], ...]] = {
    "sagittal": ((22.0, 22.0), (np.inf, np.inf), (42.0, 20.0)),
    "axial": ((np.inf, np.inf), (43.0, 28.0), (32.0, 32.0)),
}
MIN_CORD_MM2 = 30.0
"""Less cord than this, over all slices looked at, says nothing about where it is."""

NECK_MM = 190.0
"""From above the dens to below T1."""

_DIRECTION_MM = 40.0
_LENGTH_SHARE = 0.25  # of the longest piece; shorter ones are something else
_MAX_WIDTH_MM = 14.0  # front to back, mean of a piece, brain stem included


@dataclass(frozen=True)
class Windows:
    """One window of a common size per slice: slice ``slices[n]`` from row ``rows[n]`` and column ``columns[n]`` on."""

    slices: NDArray[np.intp]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.slices)


def whole(slices: NDArray[np.intp], shape: tuple[int, ...]) -> Windows:
    """Those slices from edge to edge."""
    zeros = np.zeros(len(slices), dtype=np.intp)
    return Windows(slices, zeros, zeros, (shape[1], shape[2]))


def around(
    points_kji: NDArray[np.float64], shape: tuple[int, ...], spacing_kji_mm: NDArray[np.float64], plane: Plane
) -> Windows:
    """Windows around points of the cord (n ≥ 1, fractional indices) in a stack of that shape."""
    reach = [
        (before / step, after / step) for (before, after), step in zip(REACH_MM[plane], spacing_kji_mm, strict=True)
    ]
    if plane == "axial":
        slices = np.arange(shape[0])
        centres = centre_of_slice(points_kji, slices)
        size = _size(sum(reach[1]), shape[1]), _size(sum(reach[2]), shape[2])
        starts = [
            np.clip(np.rint(centre - before), 0, whole_side - side).astype(np.intp)
            for centre, (before, _), whole_side, side in zip(centres, reach[1:], shape[1:], size, strict=True)
        ]
        return Windows(slices, starts[0], starts[1], size)
    low, high = np.percentile(points_kji, (1, 99), axis=0)
    first, last = max(0, int(low[0] - reach[0][0])), min(shape[0] - 1, int(np.ceil(high[0] + reach[0][1])))
    slices = np.arange(first, last + 1)
    ends = _straight_on(points_kji, shape[1], spacing_kji_mm[1])
    front, back = min(low[2], *ends), max(high[2], *ends)
    width = _size(back - front + sum(reach[2]), shape[2])
    start = int(np.clip(round(front - reach[2][0]), 0, shape[2] - width))
    zeros = np.zeros(len(slices), dtype=np.intp)
    return Windows(slices, zeros, zeros + start, (shape[1], width))


def runs_through(points_kji: NDArray[np.float64], rows: int, row_mm: float) -> bool:
    """Whether points of a cord reach from end to end of sagittal rows, or as far as a neck is long."""
    if not len(points_kji):
        return False
    low, high = np.percentile(points_kji[:, 1], (1, 99))
    return bool((high - low) * row_mm >= min(NECK_MM, 0.8 * rows * row_mm))


def cord_points(
    cord: NDArray[np.bool_], slices: NDArray[np.intp], spacing_kji_mm: NDArray[np.float64], plane: Plane
) -> NDArray[np.float64]:
    """Indices (n, 3) of the cord's pixels in a mask (n, j, i) of those slices; none where it is too small to trust.

    On a sagittal slice the cord is long and thin, on an axial one it is the largest piece; others are taken for
    errors.
    """
    found = []
    for k, mask in zip(slices, cord, strict=True):
        pieces, count = ndimage.label(mask)
        if not count:
            continue
        if plane == "axial":
            sizes = np.bincount(pieces.ravel())[1:]
            kept = sizes == sizes.max()
        else:
            lengths = np.array([box[0].stop - box[0].start for box in ndimage.find_objects(pieces)])
            widths_mm = np.bincount(pieces.ravel())[1:] / lengths * spacing_kji_mm[2]
            lengths = np.where(widths_mm <= _MAX_WIDTH_MM, lengths, 0)
            kept = (lengths > 0) & (lengths >= _LENGTH_SHARE * lengths.max())
        places = np.argwhere(np.append(False, kept)[pieces])
        found.append(np.column_stack([np.full(len(places), k), places]))
    points = np.concatenate(found).astype(np.float64) if found else np.empty((0, 3))
    if len(points) * spacing_kji_mm[1] * spacing_kji_mm[2] < MIN_CORD_MM2:
        return np.empty((0, 3))
    return points


def centre_of_slice(
    points_kji: NDArray[np.float64], slices: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median row and column of the points of each slice; between slices with points on a line, beyond them straight."""
    nearest = np.rint(points_kji[:, 0]).astype(int)
    seen = np.unique(nearest)
    medians = np.array([np.median(points_kji[nearest == k, 1:], axis=0) for k in seen])
    return np.interp(slices, seen, medians[:, 0]), np.interp(slices, seen, medians[:, 1])


def _straight_on(points_kji: NDArray[np.float64], rows: int, row_mm: float) -> tuple[float, float]:
    """Columns at which the cord leaves the first and the last row if it runs on as where it was last seen."""
    columns = []
    for edge, seen in ((0, points_kji[:, 1].min()), (rows - 1, points_kji[:, 1].max())):
        near = points_kji[np.abs(points_kji[:, 1] - seen) * row_mm <= _DIRECTION_MM]
        spread = float(np.ptp(near[:, 1]))
        slope = float(np.polyfit(near[:, 1], near[:, 2], 1)[0]) if spread * row_mm > _DIRECTION_MM / 2 else 0.0
        columns.append(float(near[:, 2].mean()) + slope * (edge - float(near[:, 1].mean())))
    return columns[0], columns[1]


def _size(pixels: float, whole_side: int) -> int:
    """Rounded up to what the network takes, and no more than there is."""
    return min(whole_side, int(np.ceil(pixels / SIZE_MULTIPLE)) * SIZE_MULTIPLE)
