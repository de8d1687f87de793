"""When and by whom what left of a report was taken back: as the audit trail has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.models import AuditEvent
from reporting.reports.models import Report
from reporting.reports.states import TAKEN_BACK, ReportStatus

_ACTS = {ReportStatus.WITHDRAWN: AuditAct.REPORT_WITHDRAWN, ReportStatus.DISCARDED: AuditAct.REPORT_DISCARDED}


@dataclass(frozen=True)
class TakenBack:
    at: datetime
    by: User | None


def taken_back(report: Report) -> TakenBack | None:
    """``None`` for a report that holds."""
    status = ReportStatus(report.status)
    if status not in TAKEN_BACK:
        return None
    named = {"object_type": Report._meta.label, "object_id": str(report.pk), "act": _ACTS[status].value}
    event = AuditEvent.objects.filter(**named).select_related("actor").last()
    return TakenBack(event.at, event.actor) if event else TakenBack(report.updated_at, None)
