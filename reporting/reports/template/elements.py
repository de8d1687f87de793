"""The vocabulary as open data elements: what any program may ask or say of a cervical spine, coded, in two languages.

An element is a field of the template; its id is ``dens:`` and the field's key, and never comes to mean something else
(``docs/vocabulary.md`` is the same for people).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from reporting.reports.template.export import as_code
from reporting.reports.template.spec import Choice, Condition, Field, Kind, Template
from reporting.vocabulary import Code

NAMESPACE = "dens"
LICENCE = "Apache-2.0"
_VALUE_TYPES = {Kind.CHOICE: "code", Kind.MULTI: "code", Kind.NUMBER: "quantity", Kind.TEXT: "text"}
COLUMNS = (
    *("element", "block", "scope", "name_en", "name_zh", "value_type", "unit", "minimum", "maximum", "cardinality"),
    *("levels", "sides", "required", "only_when", "element_code", "value", "value_en", "value_zh", "value_code"),
)


def as_elements(template: Template) -> dict[str, Any]:
    """Plain JSON of every element with its values."""
    return {
        "set": f"{NAMESPACE}-cervical-mr",
        "version": template.version,
        "licence": LICENCE,
        "languages": ["en", "zh-Hans"],
        "elements": [_element(field) for field in template.fields],
    }


def elements_json(template: Template) -> str:
    """Readable, stable, ends with a newline."""
    return json.dumps(as_elements(template), ensure_ascii=False, indent=1) + "\n"


def elements_csv(template: Template) -> str:
    """One row per element and value (RFC 4180); an element without a list of values has one row."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for field in template.fields:
        for choice in field.choices or (None,):
            rows.writerow(_row(field, choice))
    return out.getvalue()


def _element(field: Field) -> dict[str, Any]:
    element: dict[str, Any] = {
        "id": _id(field.key),
        "block": field.block.value,
        "scope": field.scope.value,
        "name": {"en": field.en, "zh-Hans": field.zh},
        "value_type": _VALUE_TYPES[field.kind],
        "cardinality": _cardinality(field),
        "required": field.required,
        "code": as_code(field.coded),
    }
    if field.kind is Kind.NUMBER:
        element |= {"unit": field.unit, "minimum": field.minimum, "maximum": field.maximum}
    if any(field.levels):
        element["levels"] = list(field.levels)
    if any(field.sides):
        element["sides"] = list(field.sides)
    if field.only_when:
        element["only_when"] = {"element": _id(field.only_when.field), "values": list(field.only_when.values)}
    if field.choices:
        element["values"] = [
            {"value": one.code, "name": {"en": one.en, "zh-Hans": one.zh}, "code": as_code(one.coded)}
            for one in field.choices
        ]
    return element


def _row(field: Field, choice: Choice | None) -> Iterator[str]:
    number = field.kind is Kind.NUMBER
    yield from (_id(field.key), field.block.value, field.scope.value, field.en, field.zh, _VALUE_TYPES[field.kind])
    yield from (field.unit, f"{field.minimum:g}", f"{field.maximum:g}") if number else ("", "", "")
    yield from (_cardinality(field), " ".join(field.levels), " ".join(field.sides), "yes" if field.required else "no")
    yield from (_condition(field.only_when), _code_text(field.coded))
    yield from (choice.code, choice.en, choice.zh, _code_text(choice.coded)) if choice else ("", "", "", "")


def _id(key: str) -> str:
    return f"{NAMESPACE}:{key}"


def _cardinality(field: Field) -> str:
    """At one level and side, as in FHIR: ``*`` for several values or several lesions."""
    least = int(field.required and field.only_when is None)
    return f"{least}..{'*' if field.repeatable or field.kind is Kind.MULTI else 1}"


def _condition(condition: Condition | None) -> str:
    return "" if condition is None else f"{_id(condition.field)} = {' | '.join(condition.values)}"


def _code_text(code: Code | None) -> str:
    return "" if code is None else f"{code.scheme} {code.value}"
