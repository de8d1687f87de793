"""Ligaments, disc contour, sac and cord on one axial slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference.measurements.axial_slice import AxialSlice, largest
from inference.measurements.span import Span
from inference.zones import zone_of
from reporting.vocabulary import Side, Structure, Zone

MIDLINE_BAND_MM = 2.0
LF_PERCENTILE = 97.0
LF_UPSAMPLING = 4
MIN_DISC_MM2 = 60.0
"""Less disc than this on the slice is the edge of one."""

_CONTOUR_REACH_MM = 13.0
_BESIDE_MM = (7.0, 14.0)
_ASYMMETRY_MM = 2.0  # no two halves are alike
_PLL_BAND_MM = 2.0


@dataclass(frozen=True)
class Herniation:
    """``mm`` over the smooth posterior contour; ``fraction`` of half the canal width, > 0 on the patient's left."""

    mm: float
    fraction: float

    @property
    def zone(self) -> Zone:
        return zone_of(self.fraction)

    @property
    def side(self) -> Side:
        if self.zone is Zone.CENTRAL:
            return Side.MIDLINE
        return Side.LEFT if self.fraction > 0 else Side.RIGHT


def pll_mm(view: AxialSlice) -> float | None:
    """Median front-to-back extent of the posterior longitudinal ligament within ±2 mm of the midline; 0 without any."""
    thickness = _median_extent(view, view.mask(Structure.PLL), _PLL_BAND_MM)
    return thickness.mm if thickness is not None else None


def lf_mm(view: AxialSlice, side: Side) -> float | None:
    """Thickness of one ligamentum flavum: twice the 97th percentile of the distance to its border."""
    across = view.left_of_midline_mm()
    on_side = across > 0 if side is Side.LEFT else across < 0
    mask = view.mask(Structure.LF) & on_side[np.newaxis, :]
    if mask.sum() < 4:
        return None
    mask = largest(mask)
    rows, columns = np.nonzero(mask)
    cut = np.pad(mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1], 2)
    fine = ndimage.zoom(cut.astype(np.float32), LF_UPSAMPLING, order=1, grid_mode=True, mode="grid-constant") > 0.5
    sampling = (view.row_mm / LF_UPSAMPLING, view.column_mm / LF_UPSAMPLING)
    depth = ndimage.distance_transform_edt(fine, sampling=sampling)
    return float(2 * np.percentile(depth[fine], LF_PERCENTILE))


def sac_ap(view: AxialSlice) -> Span | None:
    """Front-to-back extent of the dural sac, cord included, at the midline."""
    return _if_any(_median_extent(view, _canal(view), MIDLINE_BAND_MM))


def cord_ap(view: AxialSlice) -> Span | None:
    """Front-to-back extent of the cord at the midline."""
    cord = largest(view.mask(Structure.CORD))
    return _if_any(_median_extent(view, cord, MIDLINE_BAND_MM))


def cord_area_mm2(view: AxialSlice) -> float | None:
    """Area of the cord in the slice's plane."""
    cord = largest(view.mask(Structure.CORD))
    return float(cord.sum() * view.row_mm * view.column_mm) if cord.any() else None


def cord_rl(view: AxialSlice) -> Span | None:
    """Widest left-right extent of the cord."""
    return _widest(view, largest(view.mask(Structure.CORD)))


def sac_rl(view: AxialSlice) -> Span | None:
    """Widest left-right extent of the sac, cord included."""
    return _widest(view, _canal(view))


def sac_area_mm2(view: AxialSlice) -> float | None:
    """Area of the sac, cord included, in the slice's plane."""
    canal = _canal(view)
    return float(canal.sum() * view.row_mm * view.column_mm) if canal.any() else None


def half_canal_width_mm(view: AxialSlice) -> float | None:
    """Half the widest left-right extent of the sac, cord included: the unit of a herniation's place."""
    width = sac_rl(view)
    return None if width is None else width.mm / 2


def herniation(view: AxialSlice, half_width_mm: float | None = None) -> Herniation | None:
    """The highest focal rise of the disc's posterior contour over its smooth course, or ``None`` without a disc.

    Behind the disc the contour is the front of the ligament that drapes over it (a thick ligament does not move it);
    beside the ligament it is the disc's own rear edge, compared with the other side.
    ``half_width_mm``: half the canal's width where nothing indents it; measured on this slice when not given.
    """
    half_width = half_width_mm or half_canal_width_mm(view)
    if half_width is None or view.mask(Structure.DISC).sum() * view.row_mm * view.column_mm < MIN_DISC_MM2:
        return None
    found = [rise for rise in (_rise_behind(view), _rise_beside(view)) if rise is not None]
    if not found:
        return None
    height, across = max(found)
    return Herniation(height, across / half_width)


def _canal(view: AxialSlice) -> NDArray[np.bool_]:
    return largest(view.mask(Structure.SAC, Structure.CORD))


def _if_any(span: Span | None) -> Span | None:
    return span if span is not None and span.mm > 0 else None


def _widest(view: AxialSlice, mask: NDArray[np.bool_]) -> Span | None:
    widest: tuple[float, int, int, int] | None = None
    for row in np.flatnonzero(mask.any(axis=1)).tolist():
        columns = np.flatnonzero(mask[row])
        found = (float(columns[-1] - columns[0] + 1), int(row), int(columns[0]), int(columns[-1]))
        widest = found if widest is None or found[0] > widest[0] else widest
    if widest is None:
        return None
    width, row, first, last = widest
    return Span(width * view.column_mm, (np.array([row, first - 0.5]), np.array([row, last + 0.5])))


def _median_extent(view: AxialSlice, mask: NDArray[np.bool_], band_mm: float) -> Span | None:
    """Median over midline columns of the longest vertical run."""
    near = np.flatnonzero(np.abs(view.left_of_midline_mm()) <= band_mm)
    if len(near) == 0:
        return None
    runs = [(_longest_run(mask[:, column]), int(column)) for column in near]
    median = float(np.median([length for (length, _), _ in runs]))
    (length, first), column = min(runs, key=lambda run: (abs(run[0][0] - median), abs(run[1] - view.midline)))
    ends = (np.array([first - 0.5, column]), np.array([first + length - 0.5, column]))
    return Span(median * view.row_mm, ends)


def _longest_run(line: NDArray[np.bool_]) -> tuple[int, int]:
    """(length, first index) of the longest run; (0, 0) without one."""
    padded = np.diff(np.pad(line.astype(np.int8), 1))
    starts, ends = np.flatnonzero(padded == 1), np.flatnonzero(padded == -1)
    if len(starts) == 0:
        return 0, 0
    best = int(np.argmax(ends - starts))
    return int(ends[best] - starts[best]), int(starts[best])


def _rise_behind(view: AxialSlice) -> tuple[float, float] | None:
    """(mm, place across) of the highest point of the ligament's front over its lowest part."""
    ligament = view.mask(Structure.PLL)
    across = view.left_of_midline_mm()
    columns = np.flatnonzero(ligament.any(axis=0) & (np.abs(across) <= _CONTOUR_REACH_MM))
    if len(columns) * view.column_mm < 5.0:
        return None
    front = ndimage.median_filter(ligament[:, columns].argmax(axis=0).astype(np.float64), 3, mode="nearest")
    rise = (front - np.percentile(front, 15)) * view.row_mm
    return _apex(rise, across[columns])


def _rise_beside(view: AxialSlice) -> tuple[float, float] | None:
    """(mm, place across) of the disc's rear edge beside the ligament where it exceeds its mirror image most."""
    disc = view.mask(Structure.DISC)
    disc[min(len(disc), int(view.canal_row) + 1) :] = False
    across = view.left_of_midline_mm()
    rear = np.where(disc.any(axis=0), disc.shape[0] - disc[::-1].argmax(axis=0), np.nan) * view.row_mm
    places = np.arange(_BESIDE_MM[0], _BESIDE_MM[1], 0.5)
    left, right = np.interp(places, across, rear), np.interp(-places, across, rear)
    excess = ndimage.median_filter(left - right, 3, mode="nearest")
    if not np.isfinite(excess).any():
        return None
    at = int(np.nanargmax(np.abs(excess)))
    height = abs(float(excess[at])) - _ASYMMETRY_MM
    return (height, float(np.sign(excess[at])) * float(places[at])) if height > 0 else None


def _apex(rise: NDArray[np.float64], across: NDArray[np.float64]) -> tuple[float, float]:
    """Height, and the middle of what is higher than half of it."""
    top = float(rise.max())
    high = rise > 0.6 * top
    return max(0.0, top), float(np.average(across[high], weights=rise[high])) if high.any() else 0.0
