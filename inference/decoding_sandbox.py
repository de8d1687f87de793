"""Voxels of one object for analysis: decoded by the system's one bounded decoder, refused in the pipeline's words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.results import PipelineError
from reporting.studies.bounded_child import ChildLimits
from reporting.studies.pixel_decoding import PixelsRefused
from reporting.studies.pixels import LIMITS, decoded_pixels


def decoded_frames(path: Path, limits: ChildLimits = LIMITS) -> NDArray[np.float32]:
    """All frames of one object, shape (frame, row, column), as stored.

    Raises ``PipelineError`` with the reasons of ``reporting.studies.pixels.decoded_pixels``, or ``not_greyscale``.
    """
    try:
        pixels = decoded_pixels(path, limits=limits)
    except PixelsRefused as error:
        raise PipelineError(error.reason, error.message) from error
    if pixels.ndim != 3:
        raise PipelineError("not_greyscale", "The image is not a single-channel image.")
    return pixels.astype(np.float32)
