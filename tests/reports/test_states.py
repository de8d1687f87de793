"""Every cell of the two state tables, written out once more by hand."""

from __future__ import annotations

import pytest

from reporting.core.errors import WrongState
from reporting.reports.states import FINDING_TRANSITIONS, REPORT_TRANSITIONS, FindingState, ReportStatus

REPORT = {
    "draft": {"preliminary", "final", "discarded"},
    "preliminary": {"draft", "final"},
    "final": {"withdrawn"},
    "discarded": set(),
    "withdrawn": set(),
}
HUMAN = {"human_confirmed", "human_changed", "not_evaluable"}
FINDING = {
    "unset": {"human_confirmed", "not_evaluable", "ai_suggested"},
    "ai_suggested": HUMAN,
    "human_confirmed": HUMAN | {"ai_suggested", "unset"},
    "human_changed": HUMAN | {"ai_suggested", "unset"},
    "not_evaluable": HUMAN | {"ai_suggested", "unset"},
}


@pytest.mark.parametrize("new", list(ReportStatus))
@pytest.mark.parametrize("current", list(ReportStatus))
def test_a_report_may_become_only_what_the_table_says(current: ReportStatus, new: ReportStatus) -> None:
    if new.value in REPORT[current.value]:
        REPORT_TRANSITIONS.check(current, new)
    else:
        with pytest.raises(WrongState):
            REPORT_TRANSITIONS.check(current, new)


@pytest.mark.parametrize("new", list(FindingState))
@pytest.mark.parametrize("current", list(FindingState))
def test_a_finding_may_become_only_what_the_table_says(current: FindingState, new: FindingState) -> None:
    if new.value in FINDING[current.value]:
        FINDING_TRANSITIONS.check(current, new)
    else:
        with pytest.raises(WrongState):
            FINDING_TRANSITIONS.check(current, new)
