"""The row of one place: found or made, and moved from state to state by the table."""

from __future__ import annotations

from django.utils import timezone

from reporting.accounts.models import User
from reporting.reports.models import Finding, Report
from reporting.reports.places import Place
from reporting.reports.services.drafts import structure_of
from reporting.reports.services.reading import current_level_map
from reporting.reports.sheet import Value
from reporting.reports.states import FINDING_TRANSITIONS, FindingState
from reporting.reports.template import TEMPLATES
from reporting.reports.template.spec import Template


def template_of(report: Report) -> Template:
    return TEMPLATES[report.template.version]


def row_at(report: Report, place: Place) -> Finding:
    """The row of a place, or a new unset one (not yet stored)."""
    row = report.findings.filter(field=place.field, level=place.level, side=place.side, instance=place.instance).first()
    if row is not None:
        return row
    return Finding(
        report=report,
        field=place.field,
        structure=structure_of(current_level_map(report), place.level),
        level=place.level,
        side=place.side,
        instance=place.instance,
        unit=template_of(report)[place.field].unit,
    )


def put(
    row: Finding, report: Report, state: FindingState, value: Value, *, by: User | None, bulk: bool = False
) -> None:
    """Move a row to ``state``. Raises :class:`WrongState` for a move the table does not have."""
    if row.state != state.value or state is FindingState.UNSET:
        FINDING_TRANSITIONS.check(FindingState(row.state), state)
    row.state, row.value, row.bulk = state.value, value, bulk
    row.set_by, row.set_at = by, timezone.now() if by is not None else None
    row.report_version = report.version
    row.save()
