"""Pictures that a person's name was written into, with nothing in the header to say so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

WORDS = "ZHANG SAN 1957"


def neck(size: int = 256) -> NDArray[np.uint16]:
    """Noise around a bright, shaded disc with layers: no writing."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    tissue = np.where(x**2 + y**2 < 0.8, 600 + 300 * np.sin(9 * x) * np.cos(7 * y), 0)
    return np.abs(tissue + np.random.default_rng(5).normal(0, 15, (size, size))).astype(np.uint16)


def written_on(frame: NDArray[np.uint16], corner: tuple[int, int] = (4, 4)) -> NDArray[np.uint16]:
    """A copy with white letters that begin at ``corner`` (column, row)."""
    layer = Image.new("L", frame.shape[::-1])
    ImageDraw.Draw(layer).text(corner, WORDS, fill=255)
    return np.where(np.asarray(layer) > 128, np.uint16(1500), frame)
