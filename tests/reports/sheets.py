"""Sheets for tests: everything confirmed normal, plus what the test changes."""

from __future__ import annotations

from reporting.reports.places import Place
from reporting.reports.sheet import Facts, Sheet, Statement, Value
from reporting.reports.states import FindingState
from reporting.reports.template import CURRENT
from reporting.reports.template.spec import Kind

FACTS = Facts(sequences=("sagittal_t1", "sagittal_t2", "axial_t2"))


def said(value: Value, state: FindingState = FindingState.HUMAN_CONFIRMED) -> Statement:
    return Statement(state=state, value=value)


def sheet_of(values: dict[str, Value], facts: Facts = FACTS) -> Sheet:
    """Only these places, each confirmed by a person."""
    return Sheet(CURRENT, {Place.parse(key): said(value) for key, value in values.items()}, facts)


def normal_values(facts: Facts = FACTS) -> dict[str, Value]:
    """What "confirm the rest" would set on an empty report."""
    empty = Sheet(CURRENT, {}, facts)
    values: dict[str, Value] = {"level_status": "confirmed"}
    for spec in CURRENT.fields:
        if spec.default is not None:
            default: Value = [spec.default] if spec.kind is Kind.MULTI else spec.default
            for place in empty.places(spec, usual=True):
                if empty.applicable(place):
                    values[str(place)] = default
    return values


def normal_values_with(changes: dict[str, Value], facts: Facts = FACTS) -> dict[str, Value]:
    """Nobody says of a narrowed level that its sac is normal: "confirm the rest" does not either."""
    normal = normal_values(facts)
    for key, value in changes.items():
        place = Place.parse(key)
        if place.field == "canal_grade" and value != "0":
            normal.pop(str(Place("thecal_sac", place.level)), None)
    return {**normal, **changes}


def normal_sheet_with(changes: dict[str, Value], facts: Facts = FACTS) -> Sheet:
    return sheet_of(normal_values_with(changes, facts), facts)


WORKED_EXAMPLE: dict[str, Value] = {
    "disc_class@C5/6": "herniation",
    "hern_zone@C5/6": "paracentral",
    "hern_side@C5/6": "right",
    "canal_grade@C5/6": "3",
    "cord_signal": "faint_t2",
    "signal_level_from": "C5/6",
    "signal_level_to": "C5/6",
    "signal_length_mm": 8.0,
    "lf@C5/6:right": "thickened",
    "foramen@C5/6:right": "2",
    "nerve_root@C5/6:right": "compressed",
    "disc_class@C4/5": "bulge",
    "canal_grade@C4/5": "1",
    "slip@C4": "present",
    "slip_direction@C4": "posterior",
    "slip_grade@C4": "I",
    "osteophyte@C5": "present",
    "osteophyte@C6": "present",
    "osteophyte@C7": "present",
}
