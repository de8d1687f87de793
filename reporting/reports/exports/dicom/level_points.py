"""Where each level lies, as a point in an image: what is said of a level can be shown where it is (TID 1410)."""

from __future__ import annotations

import highdicom.sr as sr
import numpy as np

from reporting.reports.key_slices import LevelPlace, level_places
from reporting.reports.models import Report
from reporting.studies.header_codec import decode_header
from reporting.studies.models import SopInstance
from reporting.studies.slice_geometry import lps_mm_to_pixel


def level_points(report: Report) -> dict[str, sr.ImageRegion]:
    """By the level's name in the report: its centre on the slice that shows it, a disc's axial one if there is one.

    Levels that were not found, or of which it is not certain which they are, have none.
    """
    shown = {
        place: ref
        for place in level_places(report)
        if place.is_certain and (ref := place.axial or place.sagittal) is not None
    }
    objects = SopInstance.objects.in_bulk([ref.instance_id for ref in shown.values()])
    points = {
        place.name: _point(place, objects[ref.instance_id], ref.frame)
        for place, ref in shown.items()
        if ref.instance_id in objects
    }
    return {name: point for name, point in points.items() if point is not None}


def _point(place: LevelPlace, instance: SopInstance, frame: int) -> sr.ImageRegion | None:
    header = decode_header(instance.header)
    said = header.frames[frame - 1] if frame <= len(header.frames) else None
    if said is None or said.orientation is None or said.position_mm is None or said.pixel_spacing_mm is None:
        return None
    column, row = lps_mm_to_pixel(
        place.center_lps_mm,
        orientation=said.orientation,
        position_mm=said.position_mm,
        spacing_mm=said.pixel_spacing_mm,
    )
    return sr.ImageRegion(
        graphic_type=sr.GraphicTypeValues.POINT,
        # Counted from the corner of the first pixel, not from its centre (PS3.3 C.18.6.1.2).
        graphic_data=np.array([[column + 0.5, row + 0.5]]),
        source_image=sr.SourceImageForRegion(
            referenced_sop_class_uid=instance.sop_class_uid,
            referenced_sop_instance_uid=instance.sop_instance_uid,
            referenced_frame_numbers=[frame] if instance.number_of_frames > 1 else None,
        ),
    )
