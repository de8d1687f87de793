"""How bright a series is shown at first: one window for all of it, or scrolling would change how bright a tissue is."""

from __future__ import annotations

from typing import Any

import numpy as np

from reporting.core.errors import DomainError
from reporting.reports.viewer.series_frames import SeriesFrame
from reporting.studies.frame_store import stored_frame

_PERCENTILES = (1.0, 99.5)


def first_window(frame: SeriesFrame) -> dict[str, Any] | None:
    """``center``, ``width``, ``source`` from the header of ``frame``, else from its pixels.

    ``None`` for colour, and where the pixels cannot be decoded: then the viewer takes each frame as it comes.
    """
    if frame.is_colour:
        return None
    window = frame.place.window
    if window is not None and np.all(np.isfinite(window)) and window[1] > 0:
        return {"center": window[0], "width": window[1], "source": "header"}
    try:
        pixels = stored_frame(frame.instance, frame.number)
    except DomainError:
        return None
    low, high = np.percentile(pixels * frame.place.rescale_slope + frame.place.rescale_intercept, _PERCENTILES)
    return {
        "center": round(float(low + high) / 2, 3),
        "width": round(max(float(high - low), 1.0), 3),
        "source": "pixels",
    }
