"""One frame of a stored object, decoded and placed: what a picture is drawn from."""

from __future__ import annotations

import numpy as np
from django.utils.translation import gettext as _

from reporting.reports.images.slice_picture import Frame
from reporting.studies.frame_store import PixelsUnavailable, stored_frame
from reporting.studies.models import SopInstance
from reporting.studies.object_header import header_of

_LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def placed_frame(instance: SopInstance, frame: int) -> Frame:
    """The rescaled frame (from 1); colour as brightness. Raises :class:`PixelsUnavailable` or ``BlobDamaged``."""
    header = header_of(instance)
    if header is None or not header.frames:
        raise PixelsUnavailable(_("This image cannot be shown: its pixels cannot be decoded"))
    stored = stored_frame(instance, frame)
    placed = header.frames[min(frame, len(header.frames)) - 1]
    if stored.ndim == 3:
        pixels = stored @ _LUMINANCE
    else:
        pixels = stored.astype(np.float32) * np.float32(placed.rescale_slope) + np.float32(placed.rescale_intercept)
    return Frame(
        pixels=pixels,
        inverted=header.photometric_interpretation.upper() == "MONOCHROME1",
        window=(127.5, 255.0) if stored.ndim == 3 else placed.window,
        orientation=placed.orientation,
        position_mm=placed.position_mm,
        spacing_mm=placed.pixel_spacing_mm,
    )
