"""Outlines of the structures of a label map on the frames of its series, as closed lines in pixel coordinates. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from contourpy import LineType, contour_generator
from numpy.typing import NDArray

from reporting.reports.images.label_volume import LabelVolume, map_of_plane
from reporting.reports.images.slice_picture import CONTOUR_COLOURS
from reporting.studies.headers import FrameHeader
from reporting.studies.slice_geometry import pixel_to_lps_mm
from reporting.vocabulary import LABEL_VALUES

Lines = dict[str, list[list[float]]]
MIN_POINTS = 4


def outlines(frame: FrameHeader, rows: int, columns: int, volumes: Sequence[LabelVolume]) -> Lines:
    """Structure value (as text) → its outlines ``[x0, y0, x1, y1, …]`` on one frame, holes among them (even-odd).

    Empty where the frame does not say where it lies, or lies in none of the maps' stacks.
    """
    grid = _grid(frame, rows, columns)
    if grid is None:
        return {}
    corners = grid[np.ix_([0, -1], [0, -1])].reshape(-1, 3)
    volume = map_of_plane(volumes, corners)
    return {} if volume is None else lines_of(volume.sample(grid))


def lines_of(labels: NDArray[np.uint8]) -> Lines:
    """The same of one picture of labels, shape (row, column)."""
    found: Lines = {}
    for structure in CONTOUR_COLOURS:
        value = LABEL_VALUES[structure]
        mask = labels == value
        if not mask.any():
            continue
        padded = np.pad(mask, 1).astype(np.float32)  # what touches the edge of the picture is closed too
        generator = contour_generator(z=padded, line_type=LineType.Separate)
        lines = [_flat(np.asarray(line)) for line in generator.lines(0.5) if len(line) >= MIN_POINTS]
        found[str(value)] = lines
    return found


def _flat(line: NDArray[np.float64]) -> list[float]:
    """Corners only, without the repeated last point; back from the padded picture's coordinates."""
    points = line[:-1] - 1.0
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    first, second = points - before, after - points
    is_corner = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) > 1e-9
    kept: list[float] = np.round(points[is_corner], 2).ravel().tolist()
    return kept


def _grid(frame: FrameHeader, rows: int, columns: int) -> NDArray[np.float64] | None:
    """Centres of all pixels, LPS mm, (row, column, 3)."""
    if frame.orientation is None or frame.position_mm is None or frame.pixel_spacing_mm is None:
        return None
    if not np.all(np.isfinite([*frame.orientation, *frame.position_mm, *frame.pixel_spacing_mm])):
        return None
    column, row = np.meshgrid(np.arange(columns, dtype=np.float64), np.arange(rows, dtype=np.float64))
    return pixel_to_lps_mm(
        column,
        row,
        orientation=frame.orientation,
        position_mm=frame.position_mm,
        spacing_mm=frame.pixel_spacing_mm,
    )
