"""Report and finding states, and which may become which: the whole truth, as data."""

from __future__ import annotations

from enum import StrEnum

from reporting.core.states import Transitions


class ReportStatus(StrEnum):
    DRAFT = "draft"
    PRELIMINARY = "preliminary"
    FINAL = "final"
    DISCARDED = "discarded"
    WITHDRAWN = "withdrawn"


OPEN_STATUSES = (ReportStatus.DRAFT, ReportStatus.PRELIMINARY)
TAKEN_BACK = (ReportStatus.WITHDRAWN, ReportStatus.DISCARDED)
"""Whatever left of such a report no longer holds: a final one withdrawn, or a preliminary one that never became one."""

REPORT_TRANSITIONS = Transitions(
    {
        ReportStatus.DRAFT: frozenset({ReportStatus.PRELIMINARY, ReportStatus.FINAL, ReportStatus.DISCARDED}),
        ReportStatus.PRELIMINARY: frozenset({ReportStatus.DRAFT, ReportStatus.FINAL}),
        ReportStatus.FINAL: frozenset({ReportStatus.WITHDRAWN}),
        ReportStatus.DISCARDED: frozenset(),
        ReportStatus.WITHDRAWN: frozenset(),
    }
)


class FindingState(StrEnum):
    """Who stands behind a value. Only the three human states may print."""

    UNSET = "unset"
    AI_SUGGESTED = "ai_suggested"
    HUMAN_CONFIRMED = "human_confirmed"
    HUMAN_CHANGED = "human_changed"
    NOT_EVALUABLE = "not_evaluable"


HUMAN_STATES = frozenset({FindingState.HUMAN_CONFIRMED, FindingState.HUMAN_CHANGED, FindingState.NOT_EVALUABLE})
VALUED_STATES = HUMAN_STATES - {FindingState.NOT_EVALUABLE}
"""A person stands behind a value."""
_DECIDED = frozenset({*HUMAN_STATES, FindingState.AI_SUGGESTED, FindingState.UNSET})

FINDING_TRANSITIONS = Transitions(
    {
        FindingState.UNSET: frozenset(
            {FindingState.HUMAN_CONFIRMED, FindingState.NOT_EVALUABLE, FindingState.AI_SUGGESTED}
        ),
        FindingState.AI_SUGGESTED: HUMAN_STATES,
        # Among each other (also a second, different human value), and back by undo.
        FindingState.HUMAN_CONFIRMED: _DECIDED,
        FindingState.HUMAN_CHANGED: _DECIDED,
        FindingState.NOT_EVALUABLE: _DECIDED,
    }
)
