"""Checks a value against its field of the template before anything stores it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from reporting.core.errors import InvalidInput
from reporting.reports.labels import field_label
from reporting.reports.places import Place
from reporting.reports.sheet import Value
from reporting.reports.template.spec import Field, Fill, Kind, Template
from reporting.reports.text_hygiene import checked_text

MAX_INSTANCES = 20


def checked_place(template: Template, place: Place) -> Field:
    """The field of ``place``. Raises :class:`InvalidInput` for no such place, or one that nobody may fill."""
    spec = template.by_key.get(place.field)
    if (
        spec is None
        or place.level not in spec.levels
        or place.side not in spec.sides
        or not 1 <= place.instance <= (MAX_INSTANCES if spec.repeatable else 1)
    ):
        raise InvalidInput(_("The report has no field %(key)s") % {"key": str(place)})
    if spec.fill is Fill.AUTOMATIC:
        raise InvalidInput(_("%(key)s is taken from the study and cannot be edited") % {"key": str(place)})
    return spec


def checked_value(spec: Field, raw: Any) -> Value:
    """The value as it will be stored. Numbers are rounded to one decimal first: that decimal is what is compared later.

    Raises :class:`InvalidInput` naming the field and what is wrong.
    """
    name = {"key": field_label(spec)}
    if spec.kind is Kind.NUMBER:
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise InvalidInput(_("%(key)s needs a number") % name)
        digits = 2 if spec.unit == "1" else 1
        if not spec.minimum <= raw <= spec.maximum:
            limits = {"low": f"{spec.minimum:g}", "high": f"{spec.maximum:g}"}
            raise InvalidInput(_("%(key)s lies between %(low)s and %(high)s") % {**name, **limits})
        return round(float(raw), digits) + 0.0  # no negative zero
    if spec.kind is Kind.TEXT:
        if not isinstance(raw, str) or not raw.strip():
            raise InvalidInput(_("%(key)s needs a text") % name)
        return checked_text(raw)
    codes = [c.code for c in spec.choices]
    if spec.kind is Kind.CHOICE:
        if not isinstance(raw, str) or raw not in codes:
            raise InvalidInput(_("%(key)s cannot have this value") % name)
        return raw
    if not isinstance(raw, list) or not raw or any(not isinstance(v, str) or v not in codes for v in raw):
        raise InvalidInput(_("%(key)s needs at least one of its values") % name)
    if spec.default in raw and len(set(raw)) > 1:
        raise InvalidInput(_("%(key)s cannot be normal and something else") % name)
    return [c for c in codes if c in raw]
