"""The filters as a form that works without script, and the small forms around it."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from reporting.worklist.filters import DAYS, MAX_SEARCH_CHARACTERS, Assigned, Machine, Status

STATUSES = [
    (Status.OPEN.value, _("To do")),
    (Status.UNREPORTED.value, _("No report yet")),
    (Status.DRAFT.value, _("Draft")),
    (Status.PRELIMINARY.value, _("Preliminary")),
    (Status.FINAL.value, _("Final")),
    (Status.WITHDRAWN.value, _("Withdrawn")),
    (Status.ALL.value, _("All")),
]
ASSIGNED = [
    (Assigned.ANYONE.value, _("anyone")),
    (Assigned.ME.value, _("me")),
    (Assigned.NOBODY.value, _("nobody")),
    (Assigned.AUTHOR.value, _("written by me")),
]
MACHINES = [
    (Machine.ANY.value, _("any state")),
    (Machine.WAITING.value, _("queued or running")),
    (Machine.ANALYSED.value, _("analysed")),
    (Machine.WITHHELD.value, _("values withheld")),
    (Machine.FAILED.value, _("failed")),
    (Machine.NONE.value, _("not requested")),
]
_DAY_NAMES = {
    "1": _("last 24 hours"),
    "3": _("last 3 days"),
    "7": _("last 7 days"),
    "30": _("last 30 days"),
    "365": _("last year"),
}
_RARE = ("since", "until", "overdue", "asked")
RECEIVED = [("", _("any time")), *((days, _DAY_NAMES[days]) for days in DAYS)]


class WorklistFilterForm(forms.Form):
    status = forms.ChoiceField(choices=STATUSES, label=_("Show"))
    assigned = forms.ChoiceField(choices=ASSIGNED, label=_("Assigned to"), required=False)
    machine = forms.ChoiceField(choices=MACHINES, label=_("Models"), required=False)
    days = forms.ChoiceField(choices=RECEIVED, label=_("Received"), required=False)
    section = forms.ChoiceField(label=_("Section"), required=False)
    referrer = forms.ChoiceField(label=_("Referred by"), required=False)
    since = forms.DateField(
        label=_("Examined from"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    overdue = forms.BooleanField(label=_("Critical, overdue"), required=False)
    asked = forms.BooleanField(label=_("Asked of me"), required=False)

    def __init__(self, chosen: dict[str, object], *, sections: Sequence[str], referrers: Sequence[str]) -> None:
        super().__init__(initial=chosen, auto_id="filter-%s")
        for name, offered in (("section", sections), ("referrer", referrers)):
            values = sorted({*offered, str(chosen[name])} - {""})
            choices = [("", _("any")), *((value, value) for value in values)]
            self.fields[name].choices = choices  # type: ignore[attr-defined]
            if not values:
                del self.fields[name]

    def at_hand(self) -> list[BoundField]:
        """What is chosen often stands in the line."""
        return [field for field in self if field.name not in _RARE]

    def behind_more(self) -> list[BoundField]:
        return [field for field in self if field.name in _RARE]

    def chosen_behind_more(self) -> int:
        """How many of them are in force: a filter that is out of sight must not be out of mind."""
        return sum(bool(self.initial.get(name)) for name in _RARE)


class SearchForm(forms.Form):
    """Sent in the body: a name has no place in an address, nor in a log of addresses."""

    words = forms.CharField(required=False, max_length=MAX_SEARCH_CHARACTERS)
    query = forms.CharField(required=False, max_length=600)


class ViewForm(forms.Form):
    name = forms.CharField(max_length=48, strip=True)
    query = forms.CharField(required=False, max_length=600)
    is_default = forms.BooleanField(required=False)


class AssignmentForm(forms.Form):
    """``study`` values are "id@version": each names the assignment that the reader saw."""

    to = forms.UUIDField(required=False)
    query = forms.CharField(required=False, max_length=600)
