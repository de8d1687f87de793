"""The line of a disc from front to back on the mid-sagittal picture, as a radiologist would draw it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.level_candidates import Candidate
from inference.midsagittal import STEP_MM, Midsagittal
from inference.results import Line, as_point

_MAX_LEAN = np.cos(np.radians(40.0))
_ENDS = (1.0, 99.0)  # percentiles: single pixels of an outline stick out


def disc_line(piece: Candidate, picture: Midsagittal) -> Line:
    """Along the longest direction of the disc's outline; square to the canal where that points another way."""
    middle = piece.outline.mean(axis=0)
    away = piece.outline - middle
    square = np.array([-piece.down[1], piece.down[0]])
    along = np.linalg.eigh(np.cov(away.T))[1][:, -1] if len(away) > 2 else square
    along = along if along @ square >= 0 else -along
    along = along if along @ square >= _MAX_LEAN else square
    front, rear = np.percentile(away @ along, _ENDS)
    return _in_patient(middle + along * front, picture), _in_patient(middle + along * rear, picture)


def _in_patient(place_mm: NDArray[np.float64], picture: Midsagittal) -> tuple[float, float, float]:
    row, column = place_mm / STEP_MM
    return as_point(picture.to_lps_mm(float(row), float(column)))
