"""The critical list as a form: one part for each finding, empty ones for new findings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporting.core.errors import InvalidInput
from reporting.reports.critical import CriticalRules, Trigger
from reporting.reports.critical.expressions import Expression
from reporting.reports.critical.grammar import LONGEST, NotAnExpression, parsed
from reporting.reports.template import CURRENT

EMPTY_PARTS = 2
CATEGORIES = [(str(n), str(n)) for n in (1, 2, 3)]


class ClocksForm(forms.Form):
    """Minutes within which somebody must have been told, and why the change is proposed."""

    minutes_1 = forms.IntegerField(min_value=1)
    minutes_2 = forms.IntegerField(min_value=1)
    minutes_3 = forms.IntegerField(min_value=1)
    reason = forms.CharField(max_length=500, strip=True)


class TriggerForm(forms.Form):
    use_required_attribute = False  # an unfinished new finding is left out by leaving its short name empty

    keep = forms.BooleanField(required=False, initial=True, label=gettext_lazy("In the list"))
    code = forms.CharField(max_length=40, required=False, strip=True, label=gettext_lazy("Short name"))
    category = forms.ChoiceField(choices=CATEGORIES, label=gettext_lazy("Category"))
    en = forms.CharField(max_length=200, required=False, label=gettext_lazy("Name in English"))
    zh = forms.CharField(max_length=200, required=False, label=gettext_lazy("Name in Chinese"))
    when = forms.CharField(
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        label=gettext_lazy("When"),
    )
    superseded_by = forms.CharField(max_length=400, required=False, label=gettext_lazy("Silent where"))

    @property
    def is_meant(self) -> bool:
        """Of a valid one: kept, and not one of the empty parts."""
        return bool(self.cleaned_data.get("keep") and self.cleaned_data.get("code"))

    def clean_when(self) -> Expression | None:
        text = self.cleaned_data["when"]
        if not (self.cleaned_data.get("keep") and self.cleaned_data.get("code")):
            return None
        try:
            return parsed(text, CURRENT)
        except NotAnExpression as error:
            said = error.at or _("the end")
            raise forms.ValidationError(_("Not understood at “%(at)s”") % {"at": said}) from error

    def clean_superseded_by(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.cleaned_data["superseded_by"].split(",") if part.strip())


Triggers: Any = forms.formset_factory(TriggerForm, extra=EMPTY_PARTS, max_num=80, absolute_max=100)


def forms_of(rules: CriticalRules) -> tuple[ClocksForm, Any]:
    """Both forms, filled with a list."""
    clocks = ClocksForm(initial={f"minutes_{category}": minutes for category, minutes in rules.minutes.items()})
    triggers = Triggers(
        initial=[
            {
                "keep": True,
                "code": one.code,
                "category": str(one.category),
                "en": one.en,
                "zh": one.zh,
                "when": str(one.when),
                "superseded_by": ", ".join(one.superseded_by),
            }
            for one in rules.triggers
        ]
    )
    return clocks, triggers


def rules_from(clocks: ClocksForm, triggers: Any) -> CriticalRules:
    """The list that valid forms say. Raises :class:`InvalidInput` if it has no finding."""
    minutes = {category: clocks.cleaned_data[f"minutes_{category}"] for category in (1, 2, 3)}
    meant = [form.cleaned_data for form in triggers if form.is_meant]
    if not meant:
        raise InvalidInput(_("The list is empty"))
    said = [
        Trigger(
            code=one["code"],
            category=int(one["category"]),
            en=one["en"],
            zh=one["zh"],
            when=one["when"],
            superseded_by=one["superseded_by"],
        )
        for one in meant
    ]
    return CriticalRules(tuple(sorted(said, key=lambda trigger: trigger.category)), minutes)
