"""A stored frame as a picture, with what a client may wish of it (PS3.18 8.3.5.1): window, viewport, quality."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from PIL import Image, ImageOps
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_windowing

from reporting.core.errors import InvalidInput
from reporting.studies.frame_store import stored_frame
from reporting.studies.models import SopInstance
from reporting.studies.object_header import header_of

MOST_PIXELS_A_SIDE = 4096
_NUMBER = r"[+-]?[0-9]{1,9}(?:\.[0-9]{0,9})?(?:e[+-]?[0-9]{1,2})?"
_WINDOW = re.compile(rf"(?P<center>{_NUMBER}),(?P<width>{_NUMBER})(?:,(?P<function>linear|linear-exact|sigmoid))?")
_PART = "".join(rf"(?:,(?P<{side}>{_NUMBER})?)?" for side in ("sx", "sy", "sw", "sh"))
_VIEWPORT = re.compile(rf"(?P<vw>[0-9]{{1,4}}),(?P<vh>[0-9]{{1,4}}){_PART}")
_FUNCTIONS = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}


@dataclass(frozen=True)
class Window:
    """Centre and width in units of the modality, ``function`` as DICOM's VOI LUT Function has it."""

    center: float
    width: float
    function: str = "LINEAR"


@dataclass(frozen=True)
class Viewport:
    """Size of the picture, and which part of the frame: ``None`` for up to the edge, below 0 for mirrored."""

    width: int
    height: int
    left: float = 0.0
    top: float = 0.0
    source_width: float | None = None
    source_height: float | None = None


@dataclass(frozen=True)
class Wishes:
    """Of the query of a rendered address. Without a window the object's own, without a viewport the whole frame."""

    window: Window | None = None
    viewport: Viewport | None = None
    quality: int = 95

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Wishes:
        """:class:`InvalidInput` for what the standard does not have; other parameters are not looked at."""
        quality = query.get("quality", "95")
        if not re.fullmatch("[0-9]{1,3}", quality) or not 1 <= int(quality) <= 100:
            raise InvalidInput(_("quality is a whole number from 1 to 100"))
        return cls(_window(query.get("window", "")), _viewport(query.get("viewport", "")), int(quality))


def picture(one: SopInstance, frame: int, kind: str, wishes: Wishes) -> bytes:
    """``frame`` from 1; ``kind``: ``image/png`` or ``image/jpeg``."""
    pixels = stored_frame(one, frame)
    grey = pixels if pixels.ndim == 3 else _windowed(pixels, one, frame, wishes.window)
    image = Image.fromarray(grey.astype(np.uint8))
    if wishes.viewport is not None:
        image = _seen_through(image, wishes.viewport)
    out = io.BytesIO()
    image.save(out, kind.removeprefix("image/").upper(), quality=wishes.quality)
    return out.getvalue()


def _windowed(pixels: NDArray[np.generic], one: SopInstance, frame: int, window: Window | None) -> NDArray[np.floating]:
    """Without a window of the client or of its own, from the darkest to the brightest percentile."""
    header = header_of(one)
    values = pixels.astype(np.float64)
    if header is not None and header.frames:
        said = header.frames[min(frame, len(header.frames)) - 1]
        values = values * said.rescale_slope + said.rescale_intercept
        if window is None and said.window is not None:
            window = Window(said.window[0], max(said.window[1], 1.0))
    if window is None:
        low, high = np.percentile(values, (1, 99))
        window = Window((low + high) / 2, max(high - low, 1e-9), "LINEAR_EXACT")
    grey: NDArray[np.floating] = apply_windowing(values, _shown_in(window))
    dark_is_high = header is not None and header.photometric_interpretation == "MONOCHROME1"
    return 255.0 - grey if dark_is_high else grey


def _shown_in(window: Window) -> Dataset:
    """For pydicom: from these values to eight bits."""
    to = Dataset()
    to.PhotometricInterpretation, to.BitsStored, to.PixelRepresentation = "MONOCHROME2", 8, 0
    # As a DICOM number has at most 16 characters.
    to.WindowCenter, to.WindowWidth = f"{window.center:.9g}", f"{window.width:.9g}"
    to.VOILUTFunction = window.function
    return to


def _seen_through(image: Image.Image, viewport: Viewport) -> Image.Image:
    """The wished part, as large as fits into the viewport in its own proportions."""
    width = image.width - viewport.left if viewport.source_width is None else viewport.source_width
    height = image.height - viewport.top if viewport.source_height is None else viewport.source_height
    right, bottom = viewport.left + abs(width), viewport.top + abs(height)
    inside = min(viewport.left, viewport.top) >= 0 and right <= image.width and bottom <= image.height
    if not inside or min(abs(width), abs(height)) < 1:
        raise InvalidInput(_("The viewport shows more than the frame"))
    factor = min(viewport.width / abs(width), viewport.height / abs(height))
    size = (max(1, round(abs(width) * factor)), max(1, round(abs(height) * factor)))
    box = (viewport.left, viewport.top, right, bottom)
    part = image.resize(size, Image.Resampling.BICUBIC, box=box)
    part = ImageOps.mirror(part) if width < 0 else part
    return ImageOps.flip(part) if height < 0 else part


def _window(text: str) -> Window | None:
    if not text:
        return None
    said = _WINDOW.fullmatch(text.lower())
    function = _FUNCTIONS[said["function"] or "linear"] if said else ""
    if said is None or float(said["width"]) < (1.0 if function == "LINEAR" else 1e-6):
        raise InvalidInput(_("window is centre, width and, if wished, linear, linear-exact or sigmoid"))
    return Window(float(said["center"]), float(said["width"]), function)


def _viewport(text: str) -> Viewport | None:
    if not text:
        return None
    said = _VIEWPORT.fullmatch(text)
    if said is None or not all(0 < int(said[side]) <= MOST_PIXELS_A_SIDE for side in ("vw", "vh")):
        most = {"most": MOST_PIXELS_A_SIDE}
        raise InvalidInput(_("viewport is width and height up to %(most)d and, if wished, x, y, width, height") % most)
    left, top = (float(said[side] or 0) for side in ("sx", "sy"))
    width, height = (float(said[side]) if said[side] else None for side in ("sw", "sh"))
    return Viewport(int(said["vw"]), int(said["vh"]), left, top, width, height)
