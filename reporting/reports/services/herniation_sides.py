"""The side of a herniation follows from its zone: in the middle for a central one, and for no other."""

from __future__ import annotations

import dataclasses
from typing import Any

from reporting.accounts.models import User
from reporting.reports.models import Report
from reporting.reports.places import Place
from reporting.reports.services.rows import put, row_at, template_of
from reporting.reports.sheet import Value
from reporting.reports.states import FindingState
from reporting.vocabulary import Side, Zone


def follow_zone(report: Report, place: Place, zone: Value, *, by: User) -> list[dict[str, Any]]:
    """Set or take back the side that goes with ``zone`` at ``place``; returns what the trail is told of it."""
    if place.field != "hern_zone":
        return []
    spec = template_of(report)["hern_side"]
    if spec.only_when is None or Zone.CENTRAL.value not in spec.only_when.values:
        return []  # in earlier versions of the template a central herniation has no side
    row = row_at(report, dataclasses.replace(place, field=spec.key))
    if zone == Zone.CENTRAL.value:
        if row.human_value == Side.MIDLINE.value:
            return []
        differs = row.machine_value not in (None, Side.MIDLINE.value)
        state = FindingState.HUMAN_CHANGED if differs else FindingState.HUMAN_CONFIRMED
        put(row, report, state, Side.MIDLINE.value, by=by)
    elif row.human_value == Side.MIDLINE.value:
        told = row.machine_value if row.machine_value != Side.MIDLINE.value else None
        put(row, report, FindingState.UNSET if told is None else FindingState.AI_SUGGESTED, told, by=None)
    else:
        return []
    return [{"key": str(row.place), "value": row.value}]
