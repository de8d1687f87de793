"""Looking at the reports behind a number is written down, with the filter as the reason."""

from __future__ import annotations

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.reports.models import Report


def note_cases_listed(*, by: User, reason: str, page: int, reports: int) -> None:
    """``reason``: the filter as in the address, which names groups and no patient."""
    require(by, Act.DEPARTMENT_AUDIT_VIEW)
    record(AuditAct.AUDIT_CASES_LISTED, by=by, data={"filter": reason, "page": page, "reports": reports})


def note_case_opened(report: Report, *, by: User, reason: str) -> None:
    require(by, Act.DEPARTMENT_AUDIT_VIEW)
    record(AuditAct.AUDIT_CASE_OPENED, by=by, about=report, data={"filter": reason})
