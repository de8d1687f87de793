"""One slice as an 8-bit picture with square pixels, segmentation contours and a scale that a reader can trust.

Pixel coordinates are (x, y) = (column, row) of the stored frame; pictures keep the frame's own orientation.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from reporting.reports.images.label_volume import LabelVolume
from reporting.studies.slice_geometry import lps_mm_to_pixel, pixel_to_lps_mm
from reporting.vocabulary import LABEL_VALUES, Structure

CONTOUR_COLOURS: dict[Structure, tuple[int, int, int]] = {
    Structure.BODY: (126, 178, 255),
    Structure.DISC: (255, 209, 102),
    Structure.SAC: (90, 209, 230),
    Structure.CORD: (255, 143, 190),
    Structure.PLL: (255, 120, 77),
    Structure.LF: (160, 224, 122),
}


@dataclass(frozen=True)
class Frame:
    """Pixels of one slice with what is needed to place and show them.

    ``orientation``: row then column direction cosines; ``position_mm``: centre of the first pixel, LPS;
    ``spacing_mm``: (between rows, between columns) as in PixelSpacing. ``None`` where the header does not say.
    ``window``: (centre, width) from the header.
    """

    pixels: NDArray[np.float32]
    inverted: bool = False
    window: tuple[float, float] | None = None
    orientation: tuple[float, ...] | None = None
    position_mm: tuple[float, float, float] | None = None
    spacing_mm: tuple[float, float] | None = None

    @property
    def is_placed(self) -> bool:
        return self.orientation is not None and self.position_mm is not None and self.spacing_mm is not None

    def to_lps_mm(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pixel coordinates → LPS millimetres, (…, 3) (PS3.3 C.7.6.2.1.1). Only for a placed frame."""
        assert self.orientation is not None
        assert self.position_mm is not None
        assert self.spacing_mm is not None
        return pixel_to_lps_mm(
            x, y, orientation=self.orientation, position_mm=self.position_mm, spacing_mm=self.spacing_mm
        )

    def corners_lps_mm(self) -> NDArray[np.float64]:
        """The centres of the four corner pixels, (4, 3). Only for a placed frame."""
        rows, columns = self.pixels.shape
        x = np.array([0.0, columns - 1, 0.0, columns - 1])
        y = np.array([0.0, 0.0, rows - 1, rows - 1])
        return self.to_lps_mm(x, y)

    def to_pixel(self, point_lps_mm: tuple[float, float, float]) -> tuple[float, float]:
        """The pixel (x, y) nearest a point, by projection along the slice normal. Only for a placed frame."""
        assert self.orientation is not None
        assert self.position_mm is not None
        assert self.spacing_mm is not None
        return lps_mm_to_pixel(
            point_lps_mm, orientation=self.orientation, position_mm=self.position_mm, spacing_mm=self.spacing_mm
        )


@dataclass(frozen=True)
class Crop:
    """A square cut-out: centre (x, y) and half its side, in stored pixels' column spacing."""

    x: float
    y: float
    half_side: float


class LevelMark(NamedTuple):
    """A level's name and where it lies (LPS millimetres)."""

    name: str
    center_lps_mm: tuple[float, float, float]


def to_grey(frame: Frame) -> NDArray[np.uint8]:
    """Apply the header's window, or the 1st to 99.5th percentile when it has none that shows anything."""
    pixels = frame.pixels
    if frame.window is not None and frame.window[1] > 0:
        low = frame.window[0] - frame.window[1] / 2
        high = low + frame.window[1]
    else:
        low, high = (float(value) for value in np.percentile(pixels, (1, 99.5)))
    if not np.any((pixels > low) & (pixels < high)):
        low, high = float(pixels.min()), float(pixels.max())
    grey = np.clip((pixels - low) / max(high - low, 1e-6), 0, 1)
    if frame.inverted:
        grey = 1 - grey
    return np.asarray(grey * 255, dtype=np.uint8)


def crop_around(frame: Frame, center_lps_mm: tuple[float, float, float], half_side_mm: float) -> Crop | None:
    """A cut-out around a point; ``None`` where the frame has no place or is no larger than the cut-out itself."""
    if frame.spacing_mm is None or not frame.is_placed:
        return None
    sides_mm = [pixels * spacing for pixels, spacing in zip(frame.pixels.shape[:2], frame.spacing_mm, strict=True)]
    if 2 * half_side_mm >= max(sides_mm):
        return None
    x, y = frame.to_pixel(center_lps_mm)
    return Crop(x, y, half_side_mm / frame.spacing_mm[1])


@dataclass(frozen=True)
class _Window:
    """The part of a frame that a picture shows, in stored pixels; ``aspect``: row over column spacing."""

    left: float
    top: float
    width: float
    height: float
    aspect: float


def _window(frame: Frame, crop: Crop | None) -> _Window:
    rows, columns = frame.pixels.shape
    aspect = frame.spacing_mm[0] / frame.spacing_mm[1] if frame.spacing_mm else 1.0
    if crop is None:
        return _Window(-0.5, -0.5, float(columns), float(rows), aspect)
    width, height = 2 * crop.half_side, 2 * crop.half_side / aspect
    return _Window(crop.x - width / 2, crop.y - height / 2, width, height, aspect)


def place_in_picture(frame: Frame, crop: Crop | None, x: float, y: float) -> tuple[float, float, float] | None:
    """The point (LPS mm) shown at ``x``, ``y`` (0 to 1 from the left, from the top) of the picture with that crop.

    ``None`` where the frame does not say where it lies.
    """
    if not frame.is_placed:
        return None
    shown = _window(frame, crop)
    point = frame.to_lps_mm(np.array(shown.left + x * shown.width), np.array(shown.top + y * shown.height))
    return float(point[0]), float(point[1]), float(point[2])


def render_png(
    frame: Frame,
    *,
    side: int,
    labels: LabelVolume | None = None,
    crop: Crop | None = None,
    marks: Sequence[LevelMark] = (),
) -> bytes:
    """A PNG whose longer edge is ``side`` pixels; contours of ``labels`` are drawn at the picture's own resolution.

    ``marks`` are written at the places of the levels' centres, projected along the slice normal.
    """
    shown = _window(frame, crop)
    left, top, width, height, aspect = shown.left, shown.top, shown.width, shown.height, shown.aspect
    scale = side / max(width, height * aspect)
    out_width, out_height = max(1, round(width * scale)), max(1, round(height * aspect * scale))
    x = left + (np.arange(out_width) + 0.5) * (width / out_width)
    y = top + (np.arange(out_height) + 0.5) * (height / out_height)
    picture = np.repeat(_interpolate(to_grey(frame), x, y)[..., None], 3, axis=2)
    if labels is not None and frame.is_placed:
        grid_x, grid_y = np.meshgrid(x, y)
        _draw_contours(picture, labels.sample(frame.to_lps_mm(grid_x, grid_y)))
    image = Image.fromarray(picture)
    if frame.orientation is not None:
        _write_edges(image, frame.orientation)
    if marks and frame.is_placed:
        for mark in marks:
            mark_x, mark_y = frame.to_pixel(mark.center_lps_mm)
            _write_name(image, mark.name, (mark_x - left) * out_width / width, (mark_y - top) * out_height / height)
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=False, compress_level=4)
    return stream.getvalue()


def _interpolate(
    grey: NDArray[np.uint8], x: NDArray[np.floating[Any]], y: NDArray[np.floating[Any]]
) -> NDArray[np.uint8]:
    """Bilinear on a regular grid; black outside the frame."""
    rows, columns = grey.shape
    source = grey.astype(np.float32)
    x0, y0 = np.clip(np.floor(x), 0, columns - 1).astype(int), np.clip(np.floor(y), 0, rows - 1).astype(int)
    x1, y1 = np.minimum(x0 + 1, columns - 1), np.minimum(y0 + 1, rows - 1)
    fx, fy = np.clip(x - x0, 0, 1).astype(np.float32), np.clip(y - y0, 0, 1).astype(np.float32)[:, None]
    upper = source[y0][:, x0] * (1 - fx) + source[y0][:, x1] * fx
    lower = source[y1][:, x0] * (1 - fx) + source[y1][:, x1] * fx
    mixed = upper * (1 - fy) + lower * fy
    mixed[(y < -0.5) | (y > rows - 0.5), :] = 0
    mixed[:, (x < -0.5) | (x > columns - 0.5)] = 0
    return np.asarray(mixed, dtype=np.uint8)


def _draw_contours(picture: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    """Paint the inner edge of each structure, in place."""
    for structure, colour in CONTOUR_COLOURS.items():
        mask = labels == LABEL_VALUES[structure]
        if not mask.any():
            continue
        inner = mask.copy()
        inner[1:] &= mask[:-1]
        inner[:-1] &= mask[1:]
        inner[:, 1:] &= mask[:, :-1]
        inner[:, :-1] &= mask[:, 1:]
        picture[mask & ~inner] = colour


def _write_name(image: Image.Image, name: str, x: float, y: float) -> None:
    """The name on its structure, dark-edged so that it reads on bone and on fat."""
    draw = ImageDraw.Draw(image)
    is_disc = "/" in name
    font = ImageFont.load_default(size=max(11, round(max(image.size) / (44 if is_disc else 36))))
    colour = (255, 226, 150) if is_disc else (255, 255, 255)
    draw.text((x, y), name, fill=colour, font=font, anchor="mm", stroke_width=2, stroke_fill=(0, 0, 0))


def _write_edges(image: Image.Image, orientation: tuple[float, ...]) -> None:
    """The patient direction at the picture's left and right edge (LPS: +x left, +y posterior, +z head)."""
    row = np.asarray(orientation[:3], dtype=np.float64)
    axis = int(np.argmax(np.abs(row)))
    negative, positive = (("R", "L"), ("A", "P"), ("F", "H"))[axis]
    at_left, at_right = (negative, positive) if row[axis] > 0 else (positive, negative)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=max(12, round(max(image.size) / 28)))
    middle = image.height / 2
    draw.text((6, middle), at_left, fill=(255, 255, 255), font=font, anchor="lm", stroke_width=2, stroke_fill=(0, 0, 0))
    end = (image.width - 6, middle)
    draw.text(end, at_right, fill=(255, 255, 255), font=font, anchor="rm", stroke_width=2, stroke_fill=(0, 0, 0))
