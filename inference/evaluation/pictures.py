"""Pictures for the gallery: the slice, what was found on it, and what is true there."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from inference.overlays import COLOURS
from inference.preprocess import normalise
from inference.results import LevelResult, Point
from inference.volumes import Volume
from reporting.vocabulary import LABEL_VALUES

PANEL_PIXELS = 230
_QUALITY = 82
_TRUE_COLOUR, _FOUND_COLOUR = (255, 255, 255), (255, 190, 60)


def three_panels(
    image: Volume, found: Volume, true: Volume, k: int, point_lps_mm: NDArray[np.float64], half_mm: float
) -> bytes:
    """JPEG: slice ``k`` around a point; plain, with the outlines found, with the true outlines."""
    row, column = image.to_index_kji(point_lps_mm)[1:]
    _, row_mm, column_mm = image.spacing_kji_mm
    half = max(2, round(half_mm / float(row_mm))), max(2, round(half_mm / float(column_mm)))
    grey = _window(normalise(image.array[k]), (round(float(row)), round(float(column))), half)
    picture = _grey(grey)
    sheet = Image.new("RGB", (3 * PANEL_PIXELS + 8, PANEL_PIXELS), (255, 255, 255))
    sheet.paste(picture, (0, 0))
    for number, labels in ((1, found), (2, true)):
        cut = _window(labels.array[k].astype(np.uint8), (round(float(row)), round(float(column))), half)
        sheet.paste(_outlined(picture, cut.astype(np.uint8)), (number * (PANEL_PIXELS + 4), 0))
    return _jpeg(sheet)


def levels_picture(image: Volume, found: Iterable[LevelResult], true_centers: Mapping[str, Point]) -> bytes:
    """JPEG: the sagittal slice through the true C4 with the true names on the left and those found on the right."""
    k, _, _ = image.to_index_kji(np.array(true_centers["C4"]))
    k = int(np.clip(round(float(k)), 0, len(image.array) - 1))
    rows, columns = image.array.shape[1:]
    scale = 2 * PANEL_PIXELS / rows
    _, row_mm, column_mm = image.spacing_kji_mm
    size = (round(columns * scale * float(column_mm / row_mm)), 2 * PANEL_PIXELS)
    picture = _grey(normalise(image.array[k]), size)
    draw = ImageDraw.Draw(picture)
    for name, center in true_centers.items():
        _mark(draw, image, np.array(center), picture.size, name, _TRUE_COLOUR, -34)
    for level in found:
        _mark(draw, image, np.array(level.center_lps_mm), picture.size, level.name, _FOUND_COLOUR, 8)
    return _jpeg(picture)


def _mark(
    draw: ImageDraw.ImageDraw,
    image: Volume,
    point: NDArray[np.float64],
    size: tuple[int, int],
    name: str,
    colour: tuple[int, int, int],
    beside: int,
) -> None:
    _, row, column = image.to_index_kji(point)
    y = float(row + 0.5) * size[1] / image.array.shape[1]
    x = float(column + 0.5) * size[0] / image.array.shape[2]
    draw.ellipse((x - 3, y - 3, x + 3, y + 3), outline=colour)
    draw.text((x + beside, y - 6), name, fill=colour)


def _window(array: NDArray[np.generic], at: tuple[int, int], half: tuple[int, int]) -> NDArray[np.generic]:
    """A window of ``2 half + 1`` pixels around ``at``; outside the image it is 0."""
    padded = np.pad(array, [(half[0], half[0]), (half[1], half[1])])
    row, column = (int(np.clip(place, 0, size - 1)) for place, size in zip(at, array.shape, strict=True))
    return padded[row : row + 2 * half[0] + 1, column : column + 2 * half[1] + 1]


def _grey(values: NDArray[np.generic], size: tuple[int, int] = (PANEL_PIXELS, PANEL_PIXELS)) -> Image.Image:
    bytes_ = (np.clip(values.astype(np.float32), 0, 1) * 255).astype(np.uint8)
    return Image.fromarray(bytes_).convert("RGB").resize(size, Image.Resampling.BICUBIC)


def _outlined(picture: Image.Image, labels: NDArray[np.uint8]) -> Image.Image:
    fine = np.asarray(Image.fromarray(labels).resize(picture.size, Image.Resampling.NEAREST))
    pixels = np.asarray(picture).copy()
    for structure, colour in COLOURS.items():
        inside = fine == LABEL_VALUES[structure]
        pixels[inside & ~ndimage.binary_erosion(inside)] = colour
    return Image.fromarray(pixels)


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
