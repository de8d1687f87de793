"""What the machine measured along a line, on the slice it lies in, under the present name of its level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reporting.reports.viewer.series_frames import SeriesFrames
from reporting.reports.viewer.words import MEASUREMENTS
from reporting.studies.series_roles import slice_normal


def measured_lines(
    result: Mapping[str, Any] | None, mapping: Mapping[str, str | None], by_uid: Mapping[str, SeriesFrames]
) -> list[dict[str, Any]]:
    """Only measurements with a line of their own; everything measured is in the job's result.

    ``mapping``: level in the result → its present name, or ``None``. ``by_uid``: Series Instance UID in the result →
    what is shown of it.
    """
    found = []
    for said in (result or {}).get("measurements", []):
        level = mapping.get(said["level"], said["level"])
        series, line = by_uid.get(said["series_uid"]), said.get("line_lps_mm")
        frame = _frame_of(series, line) if series is not None and line else None
        if series is None or frame is None or level is None or said["name"] not in MEASUREMENTS:
            continue
        found.append(
            {
                "name": said["name"],
                "label": str(MEASUREMENTS[said["name"]]),
                "level": level,
                "structure": said["level"],
                "side": said["side"],
                "value": said["value"],
                "unit": said["unit"],
                "points": line,
                "series": str(series.series.pk),
                "frame": frame,
            }
        )
    return found


def _frame_of(series: SeriesFrames, line: Sequence[Sequence[float]]) -> int | None:
    """The slice whose plane both ends of the line lie nearest to."""
    ends, away = np.array(line, dtype=np.float64), {}
    for i, frame in enumerate(series.frames):
        normal, position = slice_normal(frame.place.orientation), frame.place.position_mm
        if normal is not None and position is not None:
            away[i] = float(np.abs((ends - np.array(position)) @ normal).max())
    return min(away, key=lambda i: away[i]) if away else None
