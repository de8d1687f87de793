"""Small helpers of the reading page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django import template

from reporting.reports.form_parts import dom_id as dom_id_of
from reporting.reports.problem_view import ProblemView
from reporting.reports.process_view import NoteView
from reporting.reports.rendering.cord import signed
from reporting.reports.wording import applicability_text, reason_text

register = template.Library()


@register.filter
def dom_id(place: str) -> str:
    """The element of a place on the page."""
    return dom_id_of(place)


@register.filter
def at_place(problems: Iterable[ProblemView], place: str) -> list[ProblemView]:
    """The problems to be shown beside one field."""
    return [problem for problem in problems if place in problem.places]


@register.filter
def notes_at(notes: Iterable[NoteView], place: str) -> list[NoteView]:
    """Comments, questions and answers to be shown beside one field."""
    return [note for note in notes if note.place == place]


@register.filter
def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


register.filter("z_score", signed)
register.filter("applicability_label", applicability_text)
register.filter("reason_label", reason_text)
