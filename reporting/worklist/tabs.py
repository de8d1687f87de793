"""The views above the list, each with the number of studies it holds."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.utils.translation import gettext_lazy

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.reports.services import active_house_rules
from reporting.worklist.filters import Assigned, Machine, Status, WorklistFilter
from reporting.worklist.models import WorklistView
from reporting.worklist.page import MOST_COUNTED, count_up_to, matching

_TO_VERIFY = WorklistFilter(status=Status.PRELIMINARY)
_ASKED = WorklistFilter(status=Status.ALL, asked=True)
_ALWAYS = (
    (gettext_lazy("To do"), WorklistFilter(), Act.STUDY_VIEW),
    (gettext_lazy("Mine"), WorklistFilter(assigned=Assigned.ME), Act.REPORT_EDIT),
    (gettext_lazy("Asked of me"), _ASKED, Act.REPORT_CONSULT),
    (gettext_lazy("To verify"), _TO_VERIFY, Act.REPORT_SIGN),
    (gettext_lazy("Critical, overdue"), WorklistFilter(status=Status.ALL, overdue=True), Act.CRITICAL_LOG),
    (gettext_lazy("Models failed"), WorklistFilter(machine=Machine.FAILED), Act.INFERENCE_REQUEST),
)


@dataclass(frozen=True)
class Tab:
    name: str
    query: str
    count: str
    is_current: bool
    view: WorklistView | None = None


def tabs_of(user: User, chosen: WorklistFilter) -> tuple[Tab, ...]:
    """What everybody has, by role, then the reader's own.

    A department without a preliminary step has nothing to verify but what was handed over before.
    """
    found = [_tab(user, str(name), chosen, given, None) for name, given, act in _ALWAYS if may(user, act)]
    if not active_house_rules().rules.preliminary_step:
        found = [tab for tab in found if tab.query != _TO_VERIFY.to_query() or tab.count != "0"]
    for view in WorklistView.objects.filter(owner=user):
        found.append(_tab(user, view.name, chosen, filter_of(view), view))
    return tuple(found)


def filter_of(view: WorklistView) -> WorklistFilter:
    return WorklistFilter.from_query(dict(parse_qsl(view.query)))


def _tab(user: User, name: str, chosen: WorklistFilter, given: WorklistFilter, view: WorklistView | None) -> Tab:
    number = count_up_to(matching(user, given))
    count = f"{MOST_COUNTED - 1}+" if number >= MOST_COUNTED else str(number)
    return Tab(name, given.to_query(), count, given == chosen, view)
