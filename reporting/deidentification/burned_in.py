"""Writing in the picture: rows of small, sharp, evenly bright shapes in the outer parts of a frame.

A check, not a promise: it finds what programs write into images (names, dates, scales), not handwriting, not small
letters in the middle of the anatomy, and nothing about a face.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_BORDER = 0.25
"""Share of the frame on each side that is looked at; corners lie in it."""
_LOWEST, _HIGHEST = 4, 40
"""Height of a letter in pixels."""
_LETTERS = 4
"""So many letters in a row are a text."""
_MOST_SHAPES = 4000
"""A frame with more shapes is noise, not writing."""
_UNEVEN = 0.06
"""Spread of the grey within a letter, of the frame's range."""
_CONTRAST = 0.45
"""How far writing stands out, of the frame's range."""
_STEP = 4
"""What lies around is looked at on every fourth pixel."""
_EIGHT = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True)
class _Shape:
    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left


def has_text(frame: NDArray[np.generic]) -> bool:
    """Whether letters stand in the border of one frame (row, column), bright on dark or dark on bright."""
    grey = frame.astype(np.float32)
    low, high = np.percentile(grey, (1, 99.9))
    if high <= low:
        return False
    scaled = np.clip((grey - low) / (high - low), 0, 1)
    # Writing stands out from what lies around it, whatever the picture's own brightness.
    around = ndimage.median_filter(scaled[::_STEP, ::_STEP], size=5, mode="nearest")
    around = np.kron(around, np.ones((_STEP, _STEP), dtype=np.float32))[: grey.shape[0], : grey.shape[1]]
    above = np.where(_border(grey.shape), scaled - around, 0)
    return _stands_out(scaled, above) or _stands_out(scaled, -above)


def _stands_out(grey: NDArray[np.float32], above: NDArray[np.float32]) -> bool:
    mask = above > _CONTRAST
    labels, count = ndimage.label(mask, _EIGHT)
    if not _LETTERS <= count <= _MOST_SHAPES:
        return False
    return _has_row(sorted(_letters(grey, labels), key=lambda shape: shape.left))


def _border(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    rows, columns = (int(size * _BORDER) for size in shape)
    inside = np.ones(shape, dtype=bool)
    inside[rows : shape[0] - rows, columns : shape[1] - columns] = False
    return inside


def _letters(grey: NDArray[np.float32], labels: NDArray[np.int32]) -> Iterator[_Shape]:
    """Shapes of a letter's size whose inside is even: tissue, vessels and noise shade off."""
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        shape = _Shape(rows.start, rows.stop, columns.start, columns.stop)
        if not (_LOWEST <= shape.height <= _HIGHEST and shape.width <= 1.6 * shape.height):
            continue
        own = labels[rows, columns] == number
        is_a_block = shape.width > 2 and own.mean() > 0.97
        if not is_a_block and float(grey[rows, columns][own].std()) < _UNEVEN:
            yield shape


def _has_row(shapes: list[_Shape]) -> bool:
    """Four and more letters on one line, of about one height, close to each other."""
    for index, first in enumerate(shapes):
        last, run = first, 1
        for shape in shapes[index + 1 :]:
            if shape.left - last.right > 1.5 * first.height:
                break
            level = abs(shape.bottom - first.bottom) <= max(1, 0.2 * first.height)
            alike = 0.6 <= shape.height / first.height <= 1.6
            if level and alike and shape.left >= last.right - 1:
                last, run = shape, run + 1
        if run >= _LETTERS:
            return True
    return False
