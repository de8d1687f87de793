"""Pixels of a frame and points of the patient (PS3.3 C.7.6.2.1.1). Pure.

Pixel coordinates are (column, row) of the stored frame, (0, 0) the centre of the first pixel; points are LPS mm.
``orientation``: row then column direction cosines; ``spacing_mm``: (between rows, between columns) as in PixelSpacing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def pixel_to_lps_mm(
    column: Array,
    row: Array,
    *,
    orientation: Sequence[float],
    position_mm: Sequence[float],
    spacing_mm: Sequence[float],
) -> Array:
    """Points (…, 3) of pixel coordinates of any one shape."""
    cosines = np.asarray(orientation, dtype=np.float64)
    along_row, down_column = cosines[:3] * spacing_mm[1], cosines[3:] * spacing_mm[0]
    return np.asarray(position_mm) + column[..., None] * along_row + row[..., None] * down_column


def lps_mm_to_pixel(
    point: Sequence[float], *, orientation: Sequence[float], position_mm: Sequence[float], spacing_mm: Sequence[float]
) -> tuple[float, float]:
    """Column and row of a point, by projection along the frame's normal."""
    cosines = np.asarray(orientation, dtype=np.float64)
    offset = np.asarray(point, dtype=np.float64) - np.asarray(position_mm)
    return float(offset @ cosines[:3] / spacing_mm[1]), float(offset @ cosines[3:] / spacing_mm[0])
