"""Where a mark lies: checked against the stored frame, and worked out in the patient from the stored geometry."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from reporting.core.errors import InvalidInput
from reporting.reports.corrections.rules import MIN_AREA_PX, MarkRules
from reporting.reports.viewer.series_frames import SeriesFrame, frames_of_instance
from reporting.studies.models import SopInstance
from reporting.studies.series_roles import plane_of, slice_normal
from reporting.studies.slice_geometry import pixel_to_lps_mm

Points = list[list[float]]


class OutsideImage(InvalidInput):
    """A point beyond the edge of its frame."""

    code = "outside_image"


@dataclass(frozen=True)
class Placed:
    """Points in pixels (to a hundredth) and in the patient."""

    points: Points
    points_lps_mm: Points
    frame_of_reference_uid: str


def frame_of(instance: SopInstance, number: int) -> SeriesFrame:
    """The stored frame (from 1). Raises :class:`InvalidInput` for one that is not there or shows nothing."""
    for frame in frames_of_instance(instance):
        if frame.number == number:
            return frame
    raise InvalidInput(_("There is no such image in this study"))


def require_plane(frame: SeriesFrame, rules: MarkRules) -> None:
    normal = slice_normal(frame.place.orientation)
    if rules.planes and (normal is None or plane_of(normal) not in rules.planes):
        raise InvalidInput(_("This mark belongs on an image of another plane"))


def placed(frame: SeriesFrame, points: Sequence[Sequence[float]], rules: MarkRules) -> Placed:
    """Raises :class:`InvalidInput` for points that are too few, too many, outside, or on an image without a place."""
    least, most = rules.points
    if not least <= len(points) <= most:
        raise InvalidInput(_("This mark needs %(least)d to %(most)d points") % {"least": least, "most": most})
    kept = [[round(float(part), 2) for part in point] for point in points]
    rows, columns = frame.object.series.rows or 0, frame.object.series.columns or 0
    for column, row in kept:
        inside = -0.5 <= column <= columns - 0.5 and -0.5 <= row <= rows - 0.5
        if not (math.isfinite(column) and math.isfinite(row) and inside):
            raise OutsideImage(
                _("A point lies outside the image of %(columns)d × %(rows)d pixels")
                % {"columns": columns, "rows": rows}
            )
    if least >= 3 and _area(kept) < MIN_AREA_PX:
        raise InvalidInput(_("The contour encloses next to nothing"))
    return Placed(kept, _in_patient(frame, kept), frame.object.series.frame_of_reference_uid)


def _in_patient(frame: SeriesFrame, points: Points) -> Points:
    if not points:
        return []
    place = frame.place
    if place.orientation is None or place.position_mm is None or place.pixel_spacing_mm is None:
        raise InvalidInput(_("This image does not say where it lies in the patient; it cannot be marked"))
    at = np.array(points, dtype=np.float64)
    found = pixel_to_lps_mm(
        at[:, 0],
        at[:, 1],
        orientation=place.orientation,
        position_mm=place.position_mm,
        spacing_mm=place.pixel_spacing_mm,
    )
    if not np.all(np.isfinite(found)):
        raise InvalidInput(_("This image does not say where it lies in the patient; it cannot be marked"))
    as_list: Points = np.round(found, 3).tolist()
    return as_list


def _area(points: Points) -> float:
    """Of a closed line, in square pixels (the shoelace formula)."""
    x, y = np.array(points).T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
