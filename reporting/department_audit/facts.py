"""One signed version → the rows that compare it with the machine, field by field. Pure; lenient with old content.

What the template of the version does not know (an unknown code) is kept as it was signed and counted nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reporting.department_audit.words import Comparison, Outcome, Truth
from reporting.reports.drafting import FIELD_VALUES, NEGATIVE, NOT_HERNIATED
from reporting.reports.places import Place
from reporting.reports.states import VALUED_STATES, FindingState
from reporting.reports.template.spec import Template
from reporting.vocabulary import MachineFinding

# Field → whose statement it is held against.
CLASS_FIELDS: dict[str, MachineFinding] = {key: finding for finding, (key, _no, _yes) in FIELD_VALUES.items()}
POSITIVE_VALUES: dict[str, str] = {key: positive for key, _negative, positive in FIELD_VALUES.values()}
DETAIL_FIELDS: dict[str, MachineFinding] = {
    "hern_zone": MachineFinding.HERNIATION,
    "hern_side": MachineFinding.HERNIATION,
    "slip_direction": MachineFinding.SLIP,
    "slip_grade": MachineFinding.SLIP,
}
SIZE_FIELDS: dict[str, str] = {"slip_mm": "slip", "pll_mm": "pll", "lf_mm": "lf"}
"""Sizes, and the class field at whose place the machine says its own. A bulge is none: it measures herniations."""
_SPEAKS = frozenset({"", NEGATIVE, NOT_HERNIATED})
"""Notes of statements that were put to the reader; every other note says why one was not."""
_STRENGTH = (Truth.SURGERY.value, Truth.ADJUDICATED.value, Truth.FOLLOW_UP.value)
_VALUED = frozenset(state.value for state in VALUED_STATES)


@dataclass(frozen=True)
class Beside:
    """What is kept beside a version's own content, by place under the version's level names."""

    prepared: Mapping[Place, Any] = field(default_factory=dict)  # in the preliminary version before
    blind_first: Mapping[Place, Any] = field(default_factory=dict)
    references: Mapping[Place, Mapping[str, str]] = field(default_factory=dict)  # source → value
    touched: Mapping[str, datetime] = field(default_factory=dict)  # key → first time somebody acted on it


def entries_of(content: Mapping[str, Any]) -> dict[Place, Mapping[str, Any]]:
    """The content's fields by place; what lies at no level of the report (moved out of it) is left out."""
    found = {}
    for entry in content.get("findings") or []:
        try:
            found[Place.parse(str(entry.get("key")))] = entry
        except ValueError:
            continue
    return found


def values_of(content: Mapping[str, Any]) -> dict[Place, Any]:
    """What people stand behind, by place."""
    return {place: entry.get("value") for place, entry in entries_of(content).items() if _is_valued(entry)}


def blind_values(content: Mapping[str, Any], first_read: Iterable[Mapping[str, Any]]) -> dict[Place, Any]:
    """A first read's values under the level names of ``content``: both know the structures."""
    mapping = (content.get("levels") or {}).get("mapping") or {}
    found = {}
    for entry in first_read:
        structure = str(entry.get("structure") or "")
        level = mapping.get(structure, structure.partition(":")[2] if structure.startswith("@") else "")
        if entry.get("value") is not None and (level or not structure):
            place = Place(str(entry["field"]), level or "", str(entry["side"]), int(entry["instance"]))
            found[place] = entry["value"]
    return found


def fact_rows(
    content: Mapping[str, Any], template: Template, beside: Beside
) -> tuple[list[dict[str, Any]], list[list[Any]]]:
    """Columns of :class:`models.Fact` for every comparable field, in the order of places, and the images they name."""
    entries = entries_of(content)
    sources: list[list[Any]] = []
    rows = []
    for place in sorted(entries):
        kind = _comparison(place.field)
        if kind is None or (kind is Comparison.SIZE and not _is_valued(entries[place])):
            continue
        rows.append(_row(place, kind, entries, template, beside, sources))
    return rows, sources


def _comparison(key: str) -> Comparison | None:
    if key in CLASS_FIELDS:
        return Comparison.CLASS
    if key in DETAIL_FIELDS:
        return Comparison.DETAIL
    return Comparison.SIZE if key in SIZE_FIELDS else None


def _row(
    place: Place,
    kind: Comparison,
    entries: Mapping[Place, Mapping[str, Any]],
    template: Template,
    beside: Beside,
    sources: list[list[Any]],
) -> dict[str, Any]:
    entry = entries[place]
    measured = place.field if kind is not Comparison.SIZE else SIZE_FIELDS[place.field]
    machine: Mapping[str, Any] = (entries.get(Place(measured, place.level, place.side)) or {}).get("machine") or {}
    if kind is not Comparison.SIZE:
        machine = entry.get("machine") or {}
    said = bool(machine.get("prediction"))
    value = entry.get("value") if _is_valued(entry) else None
    is_class = kind is Comparison.CLASS
    counts = said and machine.get("note", "") in _SPEAKS and (is_class or machine.get("value") is not None)
    row: dict[str, Any] = {
        "comparison": kind.value,
        "finding": (CLASS_FIELDS | DETAIL_FIELDS).get(measured, MachineFinding.SLIP).value,
        "field": place.field,
        "level": place.level,
        "side": place.side,
        "instance": place.instance,
        "value": None if kind is Comparison.SIZE else _text(value),
        "number": _number(value) if kind is Comparison.SIZE else None,
        "unit": str(entry.get("unit") or ""),
        "state": str(entry.get("state") or FindingState.UNSET.value),
        "bulk": bool(entry.get("bulk")),
        "positive": _positive(template, place.field, value) if is_class else None,
        "machine_level": str(machine.get("level") or ""),
        "machine_value": None if kind is Comparison.SIZE else _text(machine.get("value")),
        "machine_number": _number(machine.get("mm")),
        "machine_note": str(machine.get("note") or ""),
        "machine_counts": counts,
        "machine_probability": _number(machine.get("probability")) if is_class else None,
        "machine_threshold": _number(machine.get("threshold")) if is_class else None,
        "machine_positive": bool(machine["positive"]) if is_class and said and "positive" in machine else None,
        "source": _source(machine, sources) if said else None,
        "first_touched_at": beside.touched.get(str(place)),
        "set_at": _moment(entry.get("set_at")),
    }
    if kind is Comparison.SIZE and machine.get("note", "") not in _SPEAKS:
        row["machine_number"] = None
    row["outcome"] = _outcome(row, template, value).value
    return row | _readings(place, template, beside, is_class=is_class)


def _readings(place: Place, template: Template, beside: Beside, *, is_class: bool) -> dict[str, Any]:
    """What other readings said of the same place."""
    blind, prepared = beside.blind_first.get(place), beside.prepared.get(place)
    references = beside.references.get(place, {})
    strongest = next((source for source in _STRENGTH if source in references), "")
    found: dict[str, Any] = {
        "blind_first_value": _text(blind),
        "prepared_value": _text(prepared),
        "truth_source": strongest,
        "truth_value": references.get(strongest),
    }
    said = {"blind_first": blind, "prepared": prepared, **{source: references.get(source) for source in _STRENGTH}}
    return found | {
        f"{name}_positive": _positive(template, place.field, value) if is_class else None
        for name, value in said.items()
    }


def _outcome(row: Mapping[str, Any], template: Template, value: Any) -> Outcome:
    if row["state"] == FindingState.NOT_EVALUABLE.value:
        return Outcome.NOT_EVALUABLE
    if value is None:
        return Outcome.UNDECIDED
    if row["bulk"]:
        return Outcome.BULK
    if row["comparison"] == Comparison.SIZE.value or not row["machine_counts"]:
        return Outcome.ADDED
    if row["comparison"] == Comparison.DETAIL.value:
        return Outcome.ACCEPTED if row["value"] == row["machine_value"] else Outcome.CHANGED
    # "Not herniated" proposes no value: normal and bulge both agree with it.
    if row["positive"] is not None and row["positive"] == row["machine_positive"]:
        return Outcome.ACCEPTED
    normal = template.by_key[row["field"]].default if row["field"] in template.by_key else None
    return Outcome.REJECTED if row["machine_positive"] and value == normal else Outcome.CHANGED


def _positive(template: Template, key: str, value: Any) -> bool | None:
    """Whether ``value`` is the disease; ``None`` for no value, or a code that the template does not have."""
    spec = template.by_key.get(key)
    if value is None or spec is None or value not in [choice.code for choice in spec.choices]:
        return None
    return bool(value == POSITIVE_VALUES[key])


def _is_valued(entry: Mapping[str, Any]) -> bool:
    return entry.get("state") in _VALUED and entry.get("value") is not None


def _source(machine: Mapping[str, Any], sources: list[list[Any]]) -> int | None:
    image = [
        machine.get("series_instance_uid") or "",
        machine.get("sop_instance_uid") or "",
        machine.get("frame_number"),
    ]
    if not any(image):
        return None
    if image not in sources:
        sources.append(image)
    return sources.index(image)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)[:64]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None
