"""The department's settings as a form, and what a version says in rows that a reader understands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporting.core.two_people import LONGEST_REASON
from reporting.reports.house_rules import DISCS, GRADES, LIGAMENTS, LONGEST_PASSWORD_MINUTES, LONGEST_WORDS, HouseRules
from reporting.reports.labels import field_label
from reporting.reports.template import CURRENT


class HouseRulesForm(forms.Form):
    use_required_attribute = False

    slip_mm = forms.FloatField(label=gettext_lazy("Smallest slip that is reported, mm"))
    c7_t1_required = forms.BooleanField(required=False, label=gettext_lazy("C7/T1 must be assessed"))
    preliminary_step = forms.BooleanField(required=False, label=gettext_lazy("Preliminary step before a senior signs"))
    password_minutes = forms.IntegerField(
        min_value=0,
        max_value=LONGEST_PASSWORD_MINUTES,
        label=gettext_lazy("A password given for signing counts, minutes (0: ask each time)"),
    )
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=gettext_lazy("Why it should change"),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        last = self.fields.pop("reason")
        for ligament in LIGAMENTS:
            for level in DISCS:
                label = _size_label(ligament, level)
                self.fields[f"{ligament}_{DISCS.index(level)}"] = forms.FloatField(label=label)
        for grade in GRADES:
            label = _("Canal grade %(grade)s in Chinese (empty: as shipped)") % {"grade": grade}
            self.fields[f"canal_{grade}"] = forms.CharField(max_length=LONGEST_WORDS, required=False, label=label)
        self.fields["reason"] = last

    def rules(self) -> HouseRules:
        said = self.cleaned_data
        return HouseRules(
            thick_mm={one: {level: said[f"{one}_{n}"] for n, level in enumerate(DISCS)} for one in LIGAMENTS},
            slip_mm=said["slip_mm"],
            canal_zh={grade: said[f"canal_{grade}"] for grade in GRADES if said[f"canal_{grade}"]},
            c7_t1_required=said["c7_t1_required"],
            preliminary_step=said["preliminary_step"],
            password_minutes=said["password_minutes"],
        )


def filled(rules: HouseRules) -> dict[str, Any]:
    """What the form begins with."""
    sizes = {f"{one}_{n}": rules.thick_mm[one][level] for one in LIGAMENTS for n, level in enumerate(DISCS)}
    words = {f"canal_{grade}": rules.canal_zh.get(grade, "") for grade in GRADES}
    plain = ("slip_mm", "c7_t1_required", "preliminary_step", "password_minutes")
    return {**{name: getattr(rules, name) for name in plain}, **sizes, **words}


def told(rules: HouseRules) -> list[tuple[str, str]]:
    """Every setting by name, in the language of the page."""
    form, values = HouseRulesForm(), filled(rules)
    return [(str(form.fields[name].label), _told(values[name])) for name in values]


def changes(before: HouseRules, after: HouseRules) -> Iterator[tuple[str, str, str]]:
    """What differs: setting, before, after."""
    for (name, was), (_name, now) in zip(told(before), told(after), strict=True):
        if was != now:
            yield name, was, now


def _size_label(ligament: str, level: str) -> str:
    said = {"ligament": field_label(CURRENT[ligament]), "level": level}
    return _("%(ligament)s thickened at %(level)s above, mm") % said


def _told(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return f"{value:g}" if isinstance(value, int | float) else str(value) or _("as shipped")
