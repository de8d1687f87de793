"""How a place is called on the page, in the reader's language."""

from __future__ import annotations

from django.utils.translation import get_language, gettext

from reporting.reports.places import Place
from reporting.reports.template.spec import Choice, Field, Template


def in_chinese() -> bool:
    """Whether the active language is Chinese."""
    return (get_language() or "").startswith("zh")


def field_label(spec: Field) -> str:
    return spec.zh if in_chinese() else spec.en


def choice_label(choice: Choice) -> str:
    return choice.zh if in_chinese() else choice.en


def unit_label(unit: str) -> str:
    """A unit as it is printed: "mm²" for the code mm2, "°" for deg, nothing for a plain ratio."""
    return {"mm2": "mm²", "deg": "°", "1": ""}.get(unit, unit)


def place_label(template: Template, place: Place) -> str:
    """ "Ligamentum flavum, C5/6, left"."""
    side = {"left": gettext("left"), "right": gettext("right")}.get(place.side, "")
    number = str(place.instance) if place.instance > 1 else ""
    parts = [field_label(template[place.field]), place.level, side, number]
    return ("，" if in_chinese() else ", ").join(p for p in parts if p)
