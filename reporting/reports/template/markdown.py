"""The template as a readable document: docs/vocabulary.md is made with it."""

from __future__ import annotations

from collections.abc import Iterator

from reporting.reports.template.spec import Block, Field, Fill, Template
from reporting.vocabulary import Code

_FILLS = {
    Fill.HUMAN: "reader",
    Fill.MACHINE: "machine may suggest",
    Fill.MEASURED: "reader, beside a measurement",
    Fill.AUTOMATIC: "from the study",
}


def _code(code: Code | None) -> str:
    return f" ({code.scheme} {code.value})" if code else ""


def _values(spec: Field) -> str:
    if not spec.choices:
        return f"{spec.kind.value}, {spec.minimum:g} to {spec.maximum:g} {spec.unit}" if spec.unit else spec.kind.value
    words = [f"`{c.code}` {c.en} / {c.zh}{_code(c.coded)}" for c in spec.choices]
    return ("any of: " if spec.kind.value == "multi" else "") + "; ".join(words)


def _notes(spec: Field) -> str:
    notes = [_FILLS[spec.fill] + (", unvalidated" if spec.unvalidated else "")]
    if spec.required:
        notes.append("required")
    if spec.only_when:
        notes.append(f"only when `{spec.only_when.field}` is {' or '.join(spec.only_when.values)}")
    if spec.default:
        notes.append(f"normal: `{spec.default}`")
    if spec.default_unless:
        notes.append(
            f"not normal by default when `{spec.default_unless.field}` is {' or '.join(spec.default_unless.values)}"
        )
    if spec.normal_en:
        notes.append(f"“{spec.normal_en}” / “{spec.normal_zh}”")
    return "; ".join(notes)


def template_lines(template: Template, titles: dict[Block, tuple[str, str]]) -> Iterator[str]:
    """One table per block: key, names, values, and how the field behaves."""
    for block, (en, zh) in titles.items():
        yield ""
        yield f"## {en} · {zh}"
        yield ""
        yield "| key | name | values | filled by, rules |"
        yield "|---|---|---|---|"
        for spec in template.of_block(block):
            where = {"vertebra": "@C5", "disc": "@C5/6"}.get(spec.scope.value, "")
            key = f"`{spec.key}{where}{':side' if spec.sided else ''}{'#n' if spec.repeatable else ''}`"
            cells = (key, f"{spec.en} / {spec.zh}{_code(spec.coded)}", _values(spec), _notes(spec))
            yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
