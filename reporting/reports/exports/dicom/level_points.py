"""Where each level lies, as a point in an image: what is said of a level can be shown where it is (TID 1410)."""

from __future__ import annotations

from collections.abc import Mapping

import highdicom.sr as sr
import numpy as np

from reporting.reports.key_slices import LevelPlace, Point, SliceRef, level_places
from reporting.reports.models import Report
from reporting.studies.header_codec import decode_header
from reporting.studies.models import SopInstance
from reporting.studies.slice_geometry import lps_mm_to_pixel


def level_points(report: Report) -> dict[str, sr.ImageRegion]:
    """By the level's name in the report: its centre on the slice that shows it, a disc's axial one if there is one.

    Levels that were not found, or of which it is not certain which they are, have none. Centres are said in the space
    of the sagittal slices: on an axial one of another space (the patient has moved) they would lie anywhere.
    """
    places = [place for place in level_places(report) if place.is_certain]
    slices = {ref for place in places for ref in (place.axial, place.sagittal) if ref is not None}
    instances = SopInstance.objects.select_related("series").in_bulk([ref.instance_id for ref in slices])
    found = {ref: instances[ref.instance_id] for ref in slices if ref.instance_id in instances}
    points = {place.name: _point(place, found) for place in places}
    return {name: point for name, point in points.items() if point is not None}


def _point(place: LevelPlace, found: Mapping[SliceRef, SopInstance]) -> sr.ImageRegion | None:
    if place.sagittal is None or place.sagittal not in found:
        return None
    shown, space = place.sagittal, found[place.sagittal].series.frame_of_reference_uid
    axial = place.axial
    if axial is not None and axial in found and space and found[axial].series.frame_of_reference_uid == space:
        shown = axial
    return _point_on(found[shown], shown.frame, place.center_lps_mm)


def _point_on(instance: SopInstance, frame: int, centre_lps_mm: Point) -> sr.ImageRegion | None:
    header = decode_header(instance.header)
    said = header.frames[frame - 1] if frame <= len(header.frames) else None
    if said is None or said.orientation is None or said.position_mm is None or said.pixel_spacing_mm is None:
        return None
    column, row = lps_mm_to_pixel(
        centre_lps_mm,
        orientation=said.orientation,
        position_mm=said.position_mm,
        spacing_mm=said.pixel_spacing_mm,
    )
    # Counted from the corner of the first pixel, not from its centre (PS3.3 C.18.6.1.2).
    column, row = column + 0.5, row + 0.5
    if not (0 <= column <= (header.series.columns or 0) and 0 <= row <= (header.series.rows or 0)):
        return None
    return sr.ImageRegion(
        graphic_type=sr.GraphicTypeValues.POINT,
        graphic_data=np.array([[column, row]]),
        source_image=sr.SourceImageForRegion(
            referenced_sop_class_uid=instance.sop_class_uid,
            referenced_sop_instance_uid=instance.sop_instance_uid,
            referenced_frame_numbers=[frame] if instance.number_of_frames > 1 else None,
        ),
    )
