"""What the machine proposes in a draft and nobody has decided yet: printed apart, and never as a finding."""

from __future__ import annotations

from typing import Any

from django.template.defaultfilters import floatformat

from reporting.reports.places import Place
from reporting.reports.states import FindingState
from reporting.reports.template.spec import Field, Template

TITLE = "Machine suggestions, decided by nobody yet 机器提示（尚无医师确认）"
_SIDES = {"left": "left 左", "right": "right 右"}

Line = tuple[str, str]


def suggestion_lines(template: Template, content: dict[str, Any]) -> tuple[Line, ...]:
    """A line for every open suggestion of disease and one that counts the others; empty when none is open.

    ``content`` is that of ``reports.content.content_of``. Both languages stand in each line.
    """
    waiting = [finding for finding in content["findings"] if finding["state"] == FindingState.AI_SUGGESTED.value]
    positive = [finding for finding in waiting if finding["machine"]["positive"]]
    lines = [_line(template, finding) for finding in positive]
    if rest := len(waiting) - len(positive):
        lines.append(("", f"{rest} suggestions without disease. {rest}项机器提示为阴性。"))
    return tuple(lines)


def _line(template: Template, finding: dict[str, Any]) -> Line:
    place, machine = Place.parse(finding["key"]), finding["machine"]
    spec = template.at(place.field, place.level)
    label = " ".join(part for part in (place.level, spec.en, spec.zh, _SIDES.get(place.side, "")) if part)
    facts = [f"p = {_rounded(machine['probability'], 2)}", f"threshold 阈值 {_rounded(machine['threshold'], 2)}"]
    if machine["mm"] is not None:
        facts.append(f"{_rounded(machine['mm'], 1)} mm")
    return f"{label}：", f"{_words(spec, machine['value'])} ({', '.join(facts)})"


def _rounded(number: float, digits: int) -> str:
    """As the page rounds: halves of the decimal number go up, so that paper and page show the same threshold."""
    return floatformat(number, f"{digits}u")


def _words(spec: Field, value: Any) -> str:
    codes = value if isinstance(value, list) else [value]
    words = {choice.code: f"{choice.en} {choice.zh}" for choice in spec.choices}
    return ", ".join(words.get(str(code), f"{code} {spec.unit}".strip()) for code in codes)
