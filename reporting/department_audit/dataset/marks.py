"""Marks drawn in the reading room that two people stand behind, ready to leave with the images they were drawn on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from reporting.deidentification.pseudonyms import Pseudonyms
from reporting.department_audit.dataset.labels import Excluded

_PLAIN = ("kind", "structure", "level", "side", "says", "origin", "frame", "points", "points_lps_mm", "diameter_px")


def marks_to_leave(
    accepted: Iterable[Mapping[str, Any]], names: Pseudonyms, series: Collection[str]
) -> tuple[list[dict[str, Any]], list[Excluded]]:
    """``accepted``: of ``accepted_corrections``. ``series``: new UIDs of those that leave. No ids and no times."""
    found, left_out = [], []
    for mark in accepted:
        on = names.uid(mark["series_instance_uid"])
        reason = "" if on in series else "series_withheld"
        if not mark["levels_are_current"] and mark["level"]:
            reason = "levels_changed_since"
        if reason:
            left_out.append(Excluded(f"{mark['kind']} {mark['structure']}@{mark['level']}", reason))
            continue
        place = {"series_instance_uid": on, "sop_instance_uid": names.uid(mark["sop_instance_uid"])}
        found.append({name: mark[name] for name in _PLAIN} | place)
    return found, left_out
