"""Alignment, disc height and canal on the mid-sagittal picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.levels import Levels
from inference.measurements.vertebral_edges import (
    Axes,
    body_points,
    depth_mm,
    endplate,
    own_axes,
    pair_axes,
    posterior_wall,
)
from inference.midsagittal import STEP_MM, Midsagittal
from inference.results import Measurement
from reporting.vocabulary import LABEL_VALUES, DiscLevel, Structure

_CANAL_BAND_MM = 1.5


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


def disc_height_mm(levels: Levels, disc: DiscLevel) -> float | None:
    """Distance of the facing endplates halfway along the disc."""
    pair = _pair(levels, disc)
    if pair is None:
        return None
    upper, lower, axes = pair
    middle = float(np.mean([np.mean(points @ axes.back) for points in (upper, lower)]))
    (a, b), (c, d) = endplate(upper, axes, "lower"), endplate(lower, axes, "upper")
    return max(0.0, (c * middle + d) - (a * middle + b))


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


def canal_ap_mm(levels: Levels, name: str) -> float | None:
    """Front-to-back width of the sac, cord included, square to the canal, level with a body's or disc's middle."""
    return _extent_behind(levels, name, (Structure.SAC, Structure.CORD))


def cord_ap_sagittal_mm(levels: Levels, name: str) -> float | None:
    """Front-to-back width of the cord, square to the canal, level with a body's or disc's middle."""
    return _extent_behind(levels, name, (Structure.CORD,))


def measure_sagittal(levels: Levels, series_uid: str) -> Iterator[Measurement]:
    """Every sagittal measurement that can be made, of one series."""
    for disc in DiscLevel:
        slip = slip_at(levels, disc)
        if slip is not None:
            upper = disc.upper_vertebra.value
            yield Measurement("slip", upper, round(slip.mm, 2), "mm", series_uid=series_uid)
            yield Measurement("lower_endplate", upper, round(slip.endplate_mm, 2), "mm", series_uid=series_uid)
            yield Measurement("slip_percent", upper, round(slip.percent, 1), "%", series_uid=series_uid)
        height = disc_height_mm(levels, disc)
        if height is not None:
            yield Measurement("disc_height", disc.value, round(height, 2), "mm", series_uid=series_uid)
    for level in levels.levels:
        canal, cord = canal_ap_mm(levels, level.name), cord_ap_sagittal_mm(levels, level.name)
        if canal is not None:
            yield Measurement("canal_ap", level.name, round(canal, 2), "mm", series_uid=series_uid)
        if cord is not None:
            yield Measurement("cord_ap_sagittal", level.name, round(cord, 2), "mm", series_uid=series_uid)
    angle = c2_c7_angle_deg(levels)
    if angle is not None:
        yield Measurement("c2_c7_angle", "C2-C7", round(angle, 1), "deg", series_uid=series_uid)


def _pair(levels: Levels, disc: DiscLevel) -> tuple[NDArray[np.float64], NDArray[np.float64], Axes] | None:
    names = disc.upper_vertebra.value, disc.lower_vertebra.value
    upper, lower = (levels.pieces.get(name) for name in names)
    if upper is None or lower is None:
        return None
    axes = pair_axes(upper, lower, names)
    return body_points(upper, names[0], axes.down), lower.outline, axes


def _extent_behind(levels: Levels, name: str, structures: tuple[Structure, ...]) -> float | None:
    """Median extent of structures along the canal's own front-to-back direction, in a band behind a level."""
    picture, place = levels.picture, levels.place(name)
    if picture is None or place is None:
        return None
    down = _canal_direction(picture, place)
    back = np.array([-down[1], down[0]])
    mask = np.isin(picture.labels, [LABEL_VALUES[structure] for structure in structures])
    points = np.argwhere(mask) * STEP_MM - place
    along, behind = points @ down, points @ back
    near = (np.abs(along) < _CANAL_BAND_MM) & (behind > 0) & (behind < 45.0)
    extents = []
    for low in np.arange(-_CANAL_BAND_MM, _CANAL_BAND_MM, STEP_MM):
        values = behind[near & (along >= low) & (along < low + STEP_MM)]
        if len(values):
            extents.append(values.max() - values.min() + STEP_MM)
    return float(np.median(extents)) if len(extents) >= 3 else None


def _canal_direction(picture: Midsagittal, place_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit direction (row, column) of the canal's front wall beside a place, over ±10 mm."""
    front = picture.canal_front
    row, column = place_mm / STEP_MM
    beside = int(np.argmin(np.hypot(np.arange(len(front)) - row, front - column)))
    reach = round(10.0 / STEP_MM)
    above, below = max(0, beside - reach), min(len(front) - 1, beside + reach)
    down = np.array([below - above, front[below] - front[above]], dtype=np.float64)
    return np.asarray(down / np.linalg.norm(down))
