"""A length with the line it was measured along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Span:
    """``mm`` between two ``ends`` (row, column), in the coordinates of the picture it was measured on.

    Where ``mm`` is a median of several lines, the ends are those of the line nearest to it.
    """

    mm: float
    ends: tuple[NDArray[np.float64], NDArray[np.float64]]
