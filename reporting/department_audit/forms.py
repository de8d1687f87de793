"""The filter as a form that works without script. What can be chosen is what the facts hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date

from django import forms

from reporting.department_audit.charts.dimension_words import filter_name, value_word
from reporting.department_audit.filters import Filter, month_text

_MONTHS = ("month_from", "month_to")
_HIDDEN = ("outcome",)


class MonthInput(forms.TextInput):
    input_type = "month"


class FilterForm(forms.Form):
    """``offered``: the values of each filter that facts have; a value in use is always among its choices.

    ``fixed``: filters that the page itself decides.
    """

    def __init__(self, chosen: Filter, offered: Mapping[str, Sequence[str]], fixed: Sequence[str] = ()) -> None:
        super().__init__(auto_id="filter-%s")
        for field in fields(Filter):
            if field.name not in fixed:
                self.fields[field.name] = _field(field.name, getattr(chosen, field.name), offered)


def _field(name: str, value: str | date | None, offered: Mapping[str, Sequence[str]]) -> forms.Field:
    label = filter_name(name)
    if isinstance(value, date) or name in _MONTHS:
        widget = MonthInput(attrs={"placeholder": "2026-03"})
        shown = month_text(value) if isinstance(value, date) else ""
        return forms.CharField(label=label, required=False, initial=shown, widget=widget)
    if name in _HIDDEN:
        return forms.CharField(required=False, initial=value, widget=forms.HiddenInput)
    values = [*offered.get(name, ())]
    if value and value not in values:
        values.append(value)
    any_value = [] if name == "truth" else [("", "—")]
    choices = [*any_value, *((each, value_word(name, each).label) for each in values)]
    return forms.ChoiceField(label=label, required=False, initial=value, choices=choices)
