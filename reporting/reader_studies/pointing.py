"""From a point on a shown picture to the patient."""

from __future__ import annotations

import numpy as np

from reporting.reader_studies.models import CaseObject
from reporting.reports.viewer.series_frames import frames_of_instance
from reporting.studies.slice_geometry import pixel_to_lps_mm


def point_lps_mm(shown: CaseObject, number: int, x: float, y: float) -> tuple[float, float, float] | None:
    """``x`` and ``y`` are fractions of width and height; ``None`` where the frame does not say where it lies."""
    frame = next((one for one in frames_of_instance(shown) if one.number == number), None)
    if frame is None:
        return None
    place, size = frame.place, frame.object.series
    if place.orientation is None or place.position_mm is None or place.pixel_spacing_mm is None:
        return None
    found = pixel_to_lps_mm(
        np.asarray(x * (size.columns or 0) - 0.5),
        np.asarray(y * (size.rows or 0) - 0.5),
        orientation=place.orientation,
        position_mm=place.position_mm,
        spacing_mm=place.pixel_spacing_mm,
    )
    return float(found[0]), float(found[1]), float(found[2])
