"""One signed version → a label per field, level and side with where it comes from; what is no label, with the reason.

Pure. No free text leaves: only codes of the template and numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reporting.department_audit.facts import CLASS_FIELDS, POSITIVE_VALUES, entries_of
from reporting.department_audit.words import Truth
from reporting.reports.places import Place
from reporting.reports.states import FindingState
from reporting.reports.template.spec import Kind, Template

STRONGEST_FIRST = (Truth.SURGERY.value, Truth.ADJUDICATED.value, Truth.FOLLOW_UP.value)
_NAMED_AS_USUAL = ("confirmed", "shifted")
Label = dict[str, Any]


@dataclass(frozen=True)
class Excluded:
    """A thing that was not exported. ``what``: a place of the report, a series role, a mark, or nothing (all of it)."""

    what: str
    reason: str


def reason_against_levels(content: Mapping[str, Any]) -> str:
    """Why labels of this version may not be tied to levels; nothing when they may."""
    status = entries_of(content).get(Place("level_status"), {}).get("value")
    if status is None:
        return "levels_unconfirmed"
    return "" if status in _NAMED_AS_USUAL else "level_anomaly"


def labels_of(
    content: Mapping[str, Any],
    template: Template,
    outcomes: Mapping[Place, str],
    references: Mapping[Place, Mapping[str, str]],
    blind_first: Mapping[Place, Any],
) -> tuple[list[Label], list[Excluded]]:
    """Labels, and the places that are none.

    ``outcomes``: what became of the machine's statement, by place. ``references``: source → value.
    ``blind_first``: what was read before the machine was shown.
    """
    found: list[Label] = []
    left_out: list[Excluded] = []
    for place, entry in sorted(entries_of(content).items()):
        reason = _reason_against(place, entry, template, references.get(place, {}))
        if reason:
            left_out.append(Excluded(str(place), reason))
        else:
            found.append(
                _label(place, entry, outcomes.get(place, ""), references.get(place, {}), blind_first.get(place))
            )
    return found, left_out


def _reason_against(place: Place, entry: Mapping[str, Any], template: Template, references: Mapping[str, str]) -> str:
    if place.field not in template.by_key:
        return "field_unknown"
    field, state = template[place.field], str(entry.get("state"))
    if field.kind is Kind.TEXT:
        return "free_text"
    if state == FindingState.NOT_EVALUABLE.value:
        return "not_evaluable"
    if state == FindingState.AI_SUGGESTED.value:
        return "undecided"
    if entry.get("value") is None and not references:
        return "unset"
    codes = {choice.code for choice in field.choices}
    said = [entry.get("value"), *references.values()]
    values = [part for value in said if value is not None for part in (value if isinstance(value, list) else [value])]
    if field.kind is Kind.NUMBER:
        return "" if all(isinstance(v, int | float) or _is_number(v) for v in values) else "value_unknown"
    return "" if all(value in codes for value in values) else "value_unknown"


def _label(
    place: Place, entry: Mapping[str, Any], outcome: str, references: Mapping[str, str], blind_first: Any
) -> Label:
    source = next((s for s in STRONGEST_FIRST if s in references), Truth.FINAL.value)
    value = references.get(source, entry.get("value"))
    machine = entry.get("machine") or {}
    finding = CLASS_FIELDS.get(place.field)
    said = bool(machine.get("prediction"))
    return {
        "field": place.field,
        "level": place.level,
        "side": place.side,
        "instance": place.instance,
        "value": value,
        "unit": str(entry.get("unit") or ""),
        "finding": finding.value if finding else "",
        "positive": None if finding is None else value == POSITIVE_VALUES[place.field],
        "truth_source": source,
        "final_value": entry.get("value"),
        "blind_first_value": blind_first,
        "read_blind_first": blind_first is not None,
        "state": str(entry.get("state")),
        "outcome": outcome,
        "bulk": bool(entry.get("bulk")),
        "machine_value": machine.get("value") if said else None,
        "machine_level": str(machine.get("level") or "") if said else "",
        "machine_probability": machine.get("probability") if said else None,
        "machine_threshold": machine.get("threshold") if said else None,
        "machine_mm": machine.get("mm") if said else None,
    }


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
