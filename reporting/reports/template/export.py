"""The template as JSON: what others may use, what reports are tied to by digest."""

from __future__ import annotations

import json
from typing import Any

from reporting.reports.template.spec import Choice, Condition, Field, Template
from reporting.vocabulary import Code


def as_code(code: Code | None) -> dict[str, str] | None:
    return None if code is None else {"scheme": code.scheme, "value": code.value, "meaning": code.meaning}


def _condition(condition: Condition | None) -> dict[str, Any] | None:
    return None if condition is None else {"field": condition.field, "values": list(condition.values)}


def _choice(choice: Choice) -> dict[str, Any]:
    entry: dict[str, Any] = {"code": choice.code, "en": choice.en, "zh": choice.zh, "coded": as_code(choice.coded)}
    if choice.qualifier:
        entry["qualifier"] = as_code(choice.qualifier)
    if choice.text_en:
        entry["text"] = {"en": choice.text_en, "zh": choice.text_zh}
    if choice.impression_en:
        entry["impression"] = {"en": choice.impression_en, "zh": choice.impression_zh}
    return entry


def _field(spec: Field) -> dict[str, Any]:
    return {
        "key": spec.key,
        "block": spec.block.value,
        "scope": spec.scope.value,
        "kind": spec.kind.value,
        "en": spec.en,
        "zh": spec.zh,
        "choices": [_choice(c) for c in spec.choices],
        "levels": [level for level in spec.levels if level],
        "usual_levels": [level for level in spec.usual_levels if level],
        "sides": [side for side in spec.sides if side],
        "repeatable": spec.repeatable,
        "fill": spec.fill.value,
        "machine": spec.machine.value if spec.machine else None,
        "unvalidated": spec.unvalidated,
        "unit": spec.unit,
        "minimum": spec.minimum,
        "maximum": spec.maximum,
        "default": spec.default,
        "default_unless": _condition(spec.default_unless),
        "prints_when_default": spec.prints_when_default,
        "normal": {"en": spec.normal_en, "zh": spec.normal_zh},
        "required": spec.required,
        "only_when": _condition(spec.only_when),
        "impression_group": spec.impression_group,
        "coded": as_code(spec.coded),
        "note": {"en": spec.note_en, "zh": spec.note_zh},
    }


def as_definition(template: Template) -> dict[str, Any]:
    """Plain JSON of a template."""
    definition: dict[str, Any] = {"version": template.version, "fields": [_field(f) for f in template.fields]}
    if template.codes:
        definition["codes"] = {
            group: {key: as_code(code) for key, code in codes.items()} for group, codes in template.codes.items()
        }
    return definition


def as_text(template: Template) -> str:
    """The file in ``fixtures/``: stable, readable, ends with a newline."""
    return json.dumps(as_definition(template), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
