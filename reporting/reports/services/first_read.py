"""Lock a first read made without the machine; from then on the machine is shown, and all three readings are kept."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import WrongState
from reporting.predictions.blind import reveal
from reporting.predictions.models import BlindDecision
from reporting.reports.blind import reads_blind
from reporting.reports.content import canonical, finding_content, sha256_of
from reporting.reports.models import Finding, FirstRead, Report
from reporting.reports.services.access import changing, require_edit
from reporting.reports.states import FindingState, ReportStatus


def lock_first_read(report: Report, *, by: User, expected_version: int) -> FirstRead:
    """Keep what the reader says so far, with what the machine said, and end blind reading for this reader.

    Raises :class:`WrongState` for a reader who is not blind: there is no first read to keep.
    """
    require_edit(report, by)
    with changing(report, by=by, expected_version=expected_version, allowed=(ReportStatus.DRAFT,)):
        if not reads_blind(report, by):
            raise WrongState(_("You do not read this study blind"))
        decision = BlindDecision.objects.get(study=report.study_id, reader=by)
        rows = list(report.findings.select_related("prediction").order_by("field", "structure", "side", "instance"))
        values = canonical({"values": [_value(row) for row in rows]})
        first = FirstRead.objects.create(
            report=report,
            decision=decision,
            reader=by,
            report_version=report.version,
            values=values,
            sha256=sha256_of(values),
        )
        reveal(report.study, to=by)
        _show_differences(rows, report)
        seconds = round((timezone.now() - decision.created_at).total_seconds())
        decided = sum(row.set_by_id is not None for row in rows)
        data = {"first_read": first.pk, "sha256": first.sha256, "values": decided, "seconds": seconds}
        record(AuditAct.BLIND_READING_LOCKED, by=by, about=report, data=data)
        return first


def _value(row: Finding) -> dict[str, Any]:
    """A row by its structure, which a later correction of the levels does not change."""
    content = finding_content(row)
    content["state"] = FindingState.HUMAN_CONFIRMED.value if row.human_value is not None else row.state
    return {
        **content,
        "field": row.field,
        "structure": row.structure,
        "level": row.level,
        "side": row.side,
        "instance": row.instance,
    }


def _show_differences(rows: list[Finding], report: Report) -> None:
    """While the reader was blind every value was merely confirmed; now those that differ from the machine's say so."""
    differing = [
        row
        for row in rows
        if row.state == FindingState.HUMAN_CONFIRMED.value
        and row.machine_value is not None
        and row.value != row.machine_value
    ]
    for row in differing:
        row.state, row.report_version = FindingState.HUMAN_CHANGED.value, report.version
    Finding.objects.bulk_update(differing, ["state", "report_version"])
