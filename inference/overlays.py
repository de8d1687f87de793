"""Pictures of what the pipeline saw: one PNG per segmented series, slices side by side, label maps drawn over them.

For looking at results while developing and checking, not for reading: the reading page has its own pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inference.preprocess import canonical, normalise, volume_plane
from inference.results import LevelResult, PipelineResult
from inference.volumes import Volume
from reporting.studies.series_roles import Plane
from reporting.vocabulary import LABEL_VALUES, LevelStatus, Structure

PIXEL_MM = 0.35
"""Side of one pixel of the picture."""

COLOURS: dict[Structure, tuple[int, int, int]] = {
    Structure.BODY: (255, 190, 60),
    Structure.DISC: (80, 220, 120),
    Structure.SAC: (70, 140, 255),
    Structure.CORD: (255, 80, 80),
    Structure.PLL: (230, 90, 230),
    Structure.LF: (60, 230, 230),
}
_SLICES = 8
_COLUMNS = 4
_OPACITY = 0.35
_MARGIN_MM = 25.0


def overlay_pictures(result: PipelineResult) -> dict[str, Image.Image]:
    """Series uid (as in ``result.masks``) → picture."""
    pictures = {}
    for uid, label_map in result.masks.items():
        plane = volume_plane(label_map)
        plane = plane if plane in (Plane.SAGITTAL, Plane.AXIAL) else Plane.SAGITTAL
        image, labels = canonical(result.images[uid], plane), canonical(label_map, plane)
        window = _window(labels)
        pictures[uid] = _montage(_cut(image, window), _cut(labels, window), plane, result.levels)
    return pictures


def _window(labels: Volume) -> tuple[slice, slice]:
    """Rows and columns of everything labelled and some surroundings; all where nothing is."""
    seen = np.argwhere(labels.array.any(axis=0))
    if not len(seen):
        return slice(0, labels.array.shape[1]), slice(0, labels.array.shape[2])
    margin = np.ceil(_MARGIN_MM / labels.spacing_kji_mm[1:]).astype(int)
    first = np.maximum(seen.min(axis=0) - margin, 0)
    last = np.minimum(seen.max(axis=0) + margin + 1, labels.array.shape[1:])
    return slice(int(first[0]), int(last[0])), slice(int(first[1]), int(last[1]))


def _cut(volume: Volume, window: tuple[slice, slice]) -> Volume:
    affine = volume.affine_lps_mm.copy()
    affine[:3, 3] += affine[:3, 1] * window[0].start + affine[:3, 2] * window[1].start
    return replace(volume, array=volume.array[:, window[0], window[1]], affine_lps_mm=affine)


def _montage(image: Volume, labels: Volume, plane: Plane, levels: Sequence[LevelResult]) -> Image.Image:
    greys = normalise(image.array)
    tiles = [_tile(greys[k], labels, k, plane, levels) for k in _slices(labels.array)]
    width, height = tiles[0].size
    columns = min(_COLUMNS, len(tiles))
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * width, 2 * rows * height))
    for index, k in enumerate(_slices(labels.array)):
        at = (index % columns * width, 2 * (index // columns) * height)
        sheet.paste(_grey_tile(greys[k], labels.spacing_kji_mm), at)
        sheet.paste(tiles[index], (at[0], at[1] + height))
    return sheet


def _slices(labels: NDArray[np.generic]) -> list[int]:
    """Evenly spread slices of the part that shows a cord, else of everything."""
    seen = np.flatnonzero((labels == LABEL_VALUES[Structure.CORD]).any(axis=(1, 2)))
    first, last = (int(seen[0]), int(seen[-1])) if len(seen) else (0, len(labels) - 1)
    return sorted({round(float(k)) for k in np.linspace(first, last, min(_SLICES, last - first + 1))})


def _grey_tile(grey: NDArray[np.float32], spacing: NDArray[np.float64]) -> Image.Image:
    picture = Image.fromarray((np.clip(grey, 0, 1) * 255).astype(np.uint8)).convert("RGB")
    return picture.resize(_size(grey.shape, spacing), Image.Resampling.BILINEAR)


def _size(shape: tuple[int, ...], spacing: NDArray[np.float64]) -> tuple[int, int]:
    sides = [shape[axis] * float(spacing[axis + 1]) / PIXEL_MM for axis in (1, 0)]
    return max(1, round(sides[0])), max(1, round(sides[1]))


def _tile(
    grey: NDArray[np.float32], labels: Volume, k: int, plane: Plane, levels: Sequence[LevelResult]
) -> Image.Image:
    spacing = labels.spacing_kji_mm
    picture = _grey_tile(grey, spacing)
    values = Image.fromarray(labels.array[k].astype(np.uint8)).resize(picture.size, Image.Resampling.NEAREST)
    pixels, shown = np.asarray(picture, dtype=np.float32).copy(), np.asarray(values)
    for structure, colour in COLOURS.items():
        inside = shown == LABEL_VALUES[structure]
        pixels[inside] = (1 - _OPACITY) * pixels[inside] + _OPACITY * np.array(colour, dtype=np.float32)
    picture = Image.fromarray(pixels.astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    draw.text((2, 2), str(k), fill=(255, 255, 255))
    scale = np.array([picture.size[1] / labels.array.shape[1], picture.size[0] / labels.array.shape[2]])
    for level in levels:
        index = labels.to_index_kji(np.array(level.center_lps_mm))
        if abs(index[0] - k) > (3.0 / spacing[0] if plane is Plane.SAGITTAL else 0.5):
            continue
        row, column = (index[1:] + 0.5) * scale
        colour = (255, 255, 255) if level.status is LevelStatus.NAMED else (255, 160, 0)
        draw.ellipse((column - 2, row - 2, column + 2, row + 2), outline=colour)
        draw.text((column + 4, row - 5), level.name, fill=colour)
    return picture
