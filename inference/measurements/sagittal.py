"""Alignment, disc height and canal on the mid-sagittal picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.levels import Levels
from inference.measurements.span import Span
from inference.measurements.vertebral_edges import (
    Axes,
    body_points,
    depth_mm,
    endplate,
    mid_depth_mm,
    own_axes,
    pair_axes,
    posterior_wall,
)
from inference.midsagittal import STEP_MM, Midsagittal
from inference.results import Measurement, as_point
from reporting.vocabulary import LABEL_VALUES, DiscLevel, Structure, Vertebra

TORG_PAVLOV_VERTEBRAE = (Vertebra.C3, Vertebra.C4, Vertebra.C5, Vertebra.C6, Vertebra.C7)

_CANAL_BAND_MM = 1.5
_FUNCTIONAL_BAND_MM = 4.0
_BEHIND_MM = 45.0


@dataclass(frozen=True)
class Slip:
    """``mm`` > 0: the upper vertebra stands in front of the lower one. ``endplate_mm``: depth of the lower one."""

    mm: float
    endplate_mm: float

    @property
    def percent(self) -> float:
        return 100.0 * abs(self.mm) / self.endplate_mm


def slip_at(levels: Levels, disc: DiscLevel) -> Slip | None:
    """Offset of the two posterior walls, extrapolated to the disc's middle, along the pair's front-to-back axis."""
    pair = _pair(levels, disc)
    middle = levels.place(disc.value)
    if pair is None or middle is None:
        return None
    upper, lower, axes = pair
    at = float(middle @ axes.down)
    walls = []
    for points, name in ((upper, disc.upper_vertebra.value), (lower, disc.lower_vertebra.value)):
        slope, intercept = posterior_wall(points, axes, own_axes(levels.pieces[name], name))
        walls.append(slope * at + intercept)
    depth = depth_mm(lower, axes)
    return Slip(walls[1] - walls[0], depth) if depth > 5.0 else None


def disc_height(levels: Levels, disc: DiscLevel) -> Span | None:
    """Distance of the facing endplates halfway along the disc; ends in millimetres on the picture."""
    pair = _pair(levels, disc)
    if pair is None:
        return None
    upper, lower, axes = pair
    middle = float(np.mean([np.mean(points @ axes.back) for points in (upper, lower)]))
    (a, b), (c, d) = endplate(upper, axes, "lower"), endplate(lower, axes, "upper")
    top, bottom = a * middle + b, c * middle + d
    ends = (axes.back * middle + axes.down * top, axes.back * middle + axes.down * bottom)
    return Span(max(0.0, bottom - top), ends)


def c2_c7_angle_deg(levels: Levels) -> float | None:
    """Angle between the lower endplates of C2 and C7; > 0 is lordosis."""
    angles = []
    for name in ("C2", "C7"):
        piece = levels.pieces.get(name)
        if piece is None:
            return None
        axes = own_axes(piece, name)
        slope, _ = endplate(body_points(piece, name, axes.down), axes, "lower")
        direction = axes.back + slope * axes.down
        angles.append(float(np.degrees(np.arctan2(direction[0], direction[1]))))
    return angles[0] - angles[1]


def canal_ap(levels: Levels, name: str) -> Span | None:
    """Front-to-back width of the sac, cord included, square to the canal, level with a body's or disc's middle."""
    return _extent_behind(levels, name, (Structure.SAC, Structure.CORD))


def cord_ap_sagittal(levels: Levels, name: str) -> Span | None:
    """Front-to-back width of the cord, square to the canal, level with a body's or disc's middle."""
    return _extent_behind(levels, name, (Structure.CORD,))


def developmental_canal_mm(levels: Levels, vertebra: Vertebra) -> float | None:
    """From the body's posterior wall to the rear of the sac, square to the canal at mid-body (C3–C7)."""
    picture, place = levels.picture, levels.place(vertebra.value)
    piece = levels.pieces.get(vertebra.value)
    if picture is None or place is None or piece is None or vertebra not in TORG_PAVLOV_VERTEBRAE:
        return None
    axes = Axes.along(_canal_direction(picture, place))
    slope, intercept = posterior_wall(piece.outline, axes, own_axes(piece, vertebra.value))
    wall = slope * float(place @ axes.down) + intercept - float(place @ axes.back)
    rears = [
        edge.rear for edge in _extents_behind(picture, place, axes, (Structure.SAC, Structure.CORD), _CANAL_BAND_MM)
    ]
    width = float(np.median(rears)) - wall if len(rears) >= 3 else 0.0
    return width if width > 0 else None


def functional_canal(levels: Levels, disc: DiscLevel) -> Span | None:
    """The sac's smallest front-to-back width within ±4 mm of the disc's middle, square to the canal."""
    picture, place = levels.picture, levels.place(disc.value)
    if picture is None or place is None:
        return None
    axes = Axes.along(_canal_direction(picture, place))
    found = _extents_behind(picture, place, axes, (Structure.SAC, Structure.CORD), _FUNCTIONAL_BAND_MM)
    if len(found) < 3:
        return None
    return _span(place, axes, min(found, key=lambda edge: edge.width))


def torg_pavlov(levels: Levels, vertebra: Vertebra, canal_mm: float) -> float | None:
    """``canal_mm``, the developmental canal, over the body's depth: the analogue, on MR, of a ratio of plain films."""
    piece = levels.pieces.get(vertebra.value)
    depth = 0.0 if piece is None else mid_depth_mm(piece.outline, own_axes(piece, vertebra.value))
    return canal_mm / depth if depth > 5.0 else None


def measure_sagittal(levels: Levels, series_uid: str) -> Iterator[Measurement]:
    """Every sagittal measurement that can be made, of one series."""
    for disc in DiscLevel:
        slip = slip_at(levels, disc)
        if slip is not None:
            upper = disc.upper_vertebra.value
            yield Measurement("slip", upper, round(slip.mm, 2), "mm", series_uid=series_uid)
            yield Measurement("lower_endplate", upper, round(slip.endplate_mm, 2), "mm", series_uid=series_uid)
            yield Measurement("slip_percent", upper, round(slip.percent, 1), "%", series_uid=series_uid)
        yield from _along_line("disc_height", disc.value, disc_height(levels, disc), levels, series_uid)
    for level in levels.levels:
        yield from _along_line("canal_ap", level.name, canal_ap(levels, level.name), levels, series_uid)
        yield from _along_line("cord_ap_sagittal", level.name, cord_ap_sagittal(levels, level.name), levels, series_uid)
    for vertebra in TORG_PAVLOV_VERTEBRAE:
        width = developmental_canal_mm(levels, vertebra)
        if width is None:
            continue
        yield Measurement("canal_ap_developmental", vertebra.value, round(width, 2), "mm", series_uid=series_uid)
        ratio = torg_pavlov(levels, vertebra, width)
        if ratio is not None:
            yield Measurement("torg_pavlov", vertebra.value, round(ratio, 2), "1", series_uid=series_uid)
    for disc in DiscLevel:
        narrowest = functional_canal(levels, disc)
        yield from _along_line("canal_ap_functional", disc.value, narrowest, levels, series_uid)
    angle = c2_c7_angle_deg(levels)
    if angle is not None:
        yield Measurement("c2_c7_angle", "C2-C7", round(angle, 1), "deg", series_uid=series_uid)


def _along_line(name: str, level: str, span: Span | None, levels: Levels, series_uid: str) -> Iterator[Measurement]:
    if span is None or levels.picture is None:
        return
    first, second = (levels.picture.to_lps_mm(*(end / STEP_MM)) for end in span.ends)
    line = (as_point(first), as_point(second))
    yield Measurement(name, level, round(span.mm, 2), "mm", series_uid=series_uid, line_lps_mm=line)


def _pair(levels: Levels, disc: DiscLevel) -> tuple[NDArray[np.float64], NDArray[np.float64], Axes] | None:
    names = disc.upper_vertebra.value, disc.lower_vertebra.value
    upper, lower = (levels.pieces.get(name) for name in names)
    if upper is None or lower is None:
        return None
    axes = pair_axes(upper, lower, names)
    return body_points(upper, names[0], axes.down), lower.outline, axes


@dataclass(frozen=True)
class _Edge:
    """Where structures begin and end (mm to the back of a place) at one step ``along`` the canal."""

    along: float
    front: float
    rear: float

    @property
    def width(self) -> float:
        return self.rear - self.front


def _span(place: NDArray[np.float64], axes: Axes, edge: _Edge, mm: float | None = None) -> Span:
    at = place + axes.down * edge.along
    return Span(edge.width if mm is None else mm, (at + axes.back * edge.front, at + axes.back * edge.rear))


def _extent_behind(levels: Levels, name: str, structures: tuple[Structure, ...]) -> Span | None:
    """Median extent of structures along the canal's own front-to-back direction, in a band behind a level."""
    picture, place = levels.picture, levels.place(name)
    if picture is None or place is None:
        return None
    axes = Axes.along(_canal_direction(picture, place))
    found = _extents_behind(picture, place, axes, structures, _CANAL_BAND_MM)
    if len(found) < 3:
        return None
    median = float(np.median([edge.width for edge in found]))
    return _span(place, axes, min(found, key=lambda edge: (abs(edge.width - median), abs(edge.along))), median)


def _extents_behind(
    picture: Midsagittal, place: NDArray[np.float64], axes: Axes, structures: tuple[Structure, ...], band_mm: float
) -> list[_Edge]:
    """The edges of structures behind a place, per step along the canal in the band."""
    mask = np.isin(picture.labels, [LABEL_VALUES[structure] for structure in structures])
    points = np.argwhere(mask) * STEP_MM - place
    along, behind = points @ axes.down, points @ axes.back
    near = (np.abs(along) < band_mm) & (behind > 0) & (behind < _BEHIND_MM)
    edges = []
    for low in np.arange(-band_mm, band_mm, STEP_MM):
        values = behind[near & (along >= low) & (along < low + STEP_MM)]
        if len(values):
            half = STEP_MM / 2
            edges.append(_Edge(float(low) + half, float(values.min()) - half, float(values.max()) + half))
    return edges


def _canal_direction(picture: Midsagittal, place_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit direction (row, column) of the canal's front wall beside a place, over ±10 mm."""
    front = picture.canal_front
    row, column = place_mm / STEP_MM
    beside = int(np.argmin(np.hypot(np.arange(len(front)) - row, front - column)))
    reach = round(10.0 / STEP_MM)
    above, below = max(0, beside - reach), min(len(front) - 1, beside + reach)
    down = np.array([below - above, front[below] - front[above]], dtype=np.float64)
    return np.asarray(down / np.linalg.norm(down))
