"""Walls and endplates of vertebral bodies on the mid-sagittal picture, as straight lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.level_candidates import Candidate
from inference.midsagittal import STEP_MM

WALL_SHARE = 0.64
"""Posterior walls are fitted over the middle 64 % of the body's height."""

MAX_WALL_SLOPE = 0.1
"""How much a posterior wall may lean on its body's own axis; more is a lip or a cut-off corner."""

C2_BODY_MM = 15.0
"""Only this much of C2, from below, is its body; the rest is the dens."""

_ENDPLATE_SHARE = 0.6  # the middle of the endplate, without lips


@dataclass(frozen=True)
class Axes:
    """Unit vectors (row, column) on the picture: down the spine and to the back."""

    down: NDArray[np.float64]
    back: NDArray[np.float64]

    @classmethod
    def along(cls, down: NDArray[np.float64]) -> Axes:
        down = down / np.linalg.norm(down)
        return cls(down, np.array([-down[1], down[0]]))


def own_axes(piece: Candidate, name: str) -> Axes:
    """A body's own axes, from its endplates: the line between two centres would follow a slip."""
    axes = Axes.along(piece.down)
    for _ in range(2):
        points = body_points(piece, name, axes.down)
        slopes = [endplate(points, axes, which)[0] for which in (("lower",) if name == "C2" else ("upper", "lower"))]
        back = axes.back + float(np.mean(slopes)) * axes.down
        axes = Axes.along(np.array([back[1], -back[0]]))
    return axes


def pair_axes(upper: Candidate, lower: Candidate, names: tuple[str, str]) -> Axes:
    """Mean axes of two neighbours: half from their endplates, half from the canal beside them."""
    own = own_axes(upper, names[0]).down + own_axes(lower, names[1]).down
    return Axes.along(own + upper.down + lower.down)


def body_points(piece: Candidate, name: str, down: NDArray[np.float64]) -> NDArray[np.float64]:
    """The pixels (n, 2; mm) of a body, C2 without its dens."""
    if name != "C2":
        return piece.outline
    along = piece.outline @ down
    lower: NDArray[np.float64] = piece.outline[along > along.max() - C2_BODY_MM]
    return lower


def posterior_wall(points: NDArray[np.float64], axes: Axes, own: Axes) -> tuple[float, float]:
    """(slope, intercept) of the back wall: distance to the back as a function of distance down, in ``axes``.

    The wall runs along the body's ``own`` axis, give or take ``MAX_WALL_SLOPE``.
    """
    along, behind = points @ axes.down, points @ axes.back
    low, high = np.percentile(along, [1, 99])
    margin = (1 - WALL_SHARE) / 2 * (high - low)
    heights, edge = _edge(along, behind, low + margin, high - margin, "max")
    expected = float(own.down @ axes.back) / float(own.down @ axes.down)
    return _wall_line(heights, edge, expected)


def depth_mm(points: NDArray[np.float64], axes: Axes) -> float:
    """Front-to-back size below the upper endplate: 15–40 % of the height, beside no lip."""
    return _depth_mm(points, axes, 0.15, 0.40)


def mid_depth_mm(points: NDArray[np.float64], axes: Axes) -> float:
    """Front-to-back size of the body at its waist: 40–60 % of the height."""
    return _depth_mm(points, axes, 0.40, 0.60)


def _depth_mm(points: NDArray[np.float64], axes: Axes, upper: float, lower: float) -> float:
    along, behind = points @ axes.down, points @ axes.back
    low, high = np.percentile(along, [1, 99])
    first, last = low + upper * (high - low), low + lower * (high - low)
    heights, back = _edge(along, behind, first, last, "max")
    _, front = _edge(along, behind, first, last, "min")
    return float(np.median(back - front)) if len(heights) else 0.0


def endplate(points: NDArray[np.float64], axes: Axes, which: str) -> tuple[float, float]:
    """(slope, intercept) of the ``"upper"`` or ``"lower"`` endplate: distance down as a function of distance back."""
    along, behind = points @ axes.down, points @ axes.back
    low, high = np.percentile(behind, [3, 97])
    margin = (1 - _ENDPLATE_SHARE) / 2 * (high - low)
    places, edge = _edge(behind, along, low + margin, high - margin, "max" if which == "lower" else "min")
    return _robust_line(places, edge)


def _edge(
    position: NDArray[np.float64], value: NDArray[np.float64], low: float, high: float, which: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Outermost ``value`` in each ``STEP_MM`` bin of ``position``; half a pixel is added to reach the pixel's edge."""
    bins = np.floor((position - low) / STEP_MM).astype(int)
    count = max(1, int((high - low) / STEP_MM))
    places, edges = [], []
    for index in range(count):
        inside = value[bins == index]
        if len(inside):
            places.append(low + (index + 0.5) * STEP_MM)
            edges.append(inside.max() + STEP_MM / 2 if which == "max" else inside.min() - STEP_MM / 2)
    return np.array(places), np.array(edges)


def _wall_line(x: NDArray[np.float64], y: NDArray[np.float64], expected: float) -> tuple[float, float]:
    """A line through the wall where nothing sticks out of it: lips only add, and a wall hardly leans on its body."""
    if len(x) < 3:
        return expected, float(np.mean(y - expected * x)) if len(y) else 0.0
    kept = np.ones(len(x), dtype=bool)
    slope, intercept = expected, float(np.median(y - expected * x))
    for _ in range(3):
        fitted = float(np.polyfit(x[kept], y[kept], 1)[0])
        slope = float(np.clip(fitted, expected - MAX_WALL_SLOPE, expected + MAX_WALL_SLOPE))
        intercept = float(np.median(y[kept] - slope * x[kept]))
        rest = y - slope * x - intercept
        wall = (rest < 0.5) & (rest > -1.5)
        if wall.sum() < max(3, len(x) // 3):
            break
        kept = wall
    return slope, intercept


def _robust_line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Least squares, once more without what lies farther than 1 mm off (vein, lip)."""
    if len(x) < 3:
        return 0.0, float(np.mean(y)) if len(y) else 0.0
    slope, intercept = np.polyfit(x, y, 1)
    near = np.abs(y - slope * x - intercept) < 1.0
    if near.sum() >= max(3, len(x) // 2):
        slope, intercept = np.polyfit(x[near], y[near], 1)
    return float(slope), float(intercept)
