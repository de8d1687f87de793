"""A report as a reader sees it who reads first without the machine: no suggestion, no evidence, no hint of either.

The rows given out are copies: they are shown, never stored.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.predictions.blind import decide, is_blind
from reporting.predictions.models import BlindDecision
from reporting.reports.models import Finding, Report
from reporting.reports.sheet import Facts
from reporting.reports.states import FindingState

_AS_BLIND = {
    FindingState.AI_SUGGESTED.value: FindingState.UNSET.value,
    # That a value differs from the machine's would tell the machine's.
    FindingState.HUMAN_CHANGED.value: FindingState.HUMAN_CONFIRMED.value,
}


def reads_blind(report: Report, user: User | AnonymousUser) -> bool:
    """Whether ``user`` must not see what the machine said of this draft. Decides when asked for the first time."""
    if not report.is_draft or not isinstance(user, User) or not may(user, Act.REPORT_EDIT):
        return False
    if not BlindDecision.objects.filter(study=report.study_id, reader=user).exists():
        others = report.findings.filter(set_by__isnull=False).exclude(set_by=user)
        decide(user, report.study, already_read=others.exists())
    return is_blind(user, report.study)


def masked(row: Finding) -> Finding:
    """A copy of a row without the machine."""
    shown = copy.copy(row)
    shown.state = _AS_BLIND.get(row.state, row.state)
    shown.value = row.human_value
    shown.prediction = None
    shown.machine_value, shown.machine_note = None, ""
    return shown


def masked_rows(rows: Iterable[Finding]) -> list[Finding]:
    return [masked(row) for row in rows]


def masked_facts(facts: Facts) -> Facts:
    return dataclasses.replace(facts, gate="none", gate_reasons={}, levels_plausible=True)
