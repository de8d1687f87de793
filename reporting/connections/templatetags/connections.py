"""``{{ row.fault|fault_words }}``: what a code of failure means."""

from __future__ import annotations

from django import template

from reporting.connections import words
from reporting.outbound.models import Form

register = template.Library()


@register.filter
def fault_words(code: str) -> str:
    return words.fault_words(code)


_SHAPES = {
    "waiting": "queued",
    "sending": "running",
    "sent": "done",
    "taken": "done",
    "parked": "failed",
    "refused": "partial",
}


@register.filter
def shape(state: str) -> str:
    """The style of a state: a shape and its colour."""
    return f"state-{_SHAPES.get(state, 'none')}"


@register.filter
def form_names(forms: list[str]) -> list[str]:
    """What is sent, in the reader's language."""
    return [str(Form(form).label) for form in forms]


@register.filter
def joined(parts: list[str]) -> str:
    return " ".join(parts)
