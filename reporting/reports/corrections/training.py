"""What training gets of a study's marks."""

from __future__ import annotations

from typing import Any

from reporting.reports.correction_models import Correction, MarkState
from reporting.studies.models import Study


def accepted_corrections(study: Study) -> list[dict[str, Any]]:
    """The accepted marks of ``study`` as plain data, oldest first; nothing about people but whether two looked.

    Each: ``id`` (ours), ``kind``, ``structure``, ``level`` ("" for none), ``side``, ``says``, ``origin`` (``drawn`` or
    ``machine``), ``series_instance_uid``, ``sop_instance_uid``, ``frame`` (from 1), ``points`` ([[column, row], …] of
    the stored frame), ``points_lps_mm``, ``frame_of_reference_uid``, ``diameter_px`` (of the dot; ``None``
    for a contour), ``level_map_version``, ``levels_are_current`` (whether the report still names levels as when it was
    drawn), ``drawn_at`` and ``accepted_at`` (aware datetimes). UIDs are the stored ones.
    """
    marks = Correction.objects.of_study(study).accepted().select_related("instance__series", "report")
    found = []
    for mark in marks.prefetch_related("decisions"):
        decided = [one for one in mark.decisions.all() if one.state == MarkState.ACCEPTED]
        found.append(
            {
                "id": str(mark.pk),
                "kind": mark.kind,
                "structure": mark.structure,
                "level": mark.level,
                "side": mark.side,
                "says": mark.says,
                "origin": mark.origin,
                "series_instance_uid": mark.instance.series.series_instance_uid,
                "sop_instance_uid": mark.instance.sop_instance_uid,
                "frame": mark.frame,
                "points": mark.points,
                "points_lps_mm": mark.points_lps_mm,
                "frame_of_reference_uid": mark.frame_of_reference_uid,
                "diameter_px": mark.diameter_px,
                "level_map_version": mark.level_map_version,
                "levels_are_current": mark.level_map_version == mark.report.level_map_version,
                "drawn_at": mark.created_at,
                "accepted_at": decided[-1].created_at,
            }
        )
    return found
