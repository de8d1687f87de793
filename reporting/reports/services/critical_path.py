"""Critical findings on their way to a clinician: raised by a reader's answer, told, escalated, or taken back.

A machine value alone never gets here: triggers read human values only. Every record stays; a correction is another one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, WrongState
from reporting.reports.content import critical_list_content
from reporting.reports.critical import Critical
from reporting.reports.models import CriticalAlert, CriticalNotice, NoticeKind, NoticeMethod, Report
from reporting.reports.places import Place
from reporting.reports.services.access import changing, require_act
from reporting.reports.services.critical_lists import rules_of
from reporting.reports.states import ReportStatus
from reporting.reports.text_hygiene import checked_text

_OPEN_OR_FINAL = (ReportStatus.DRAFT, ReportStatus.PRELIMINARY, ReportStatus.FINAL)
_ACTS = {
    NoticeKind.TOLD: AuditAct.CRITICAL_TOLD,
    NoticeKind.ESCALATED: AuditAct.CRITICAL_ESCALATED,
    NoticeKind.RETRACTED: AuditAct.CRITICAL_RETRACTED,
}
# A clinician's clock may run ahead of ours.
_AHEAD = timedelta(minutes=5)


def raise_alert(
    report: Report,
    *,
    code: str,
    category: int,
    finding: tuple[str, str],
    places: tuple[Place, ...],
    fingerprint: str,
    by: User,
) -> CriticalAlert:
    """Start the clock of one finding. Called inside the act that says that it is critical."""
    now = timezone.now()
    levels = ", ".join(dict.fromkeys(place.level for place in places if place.level))
    en, zh = (f"{words} ({levels})" if levels else words for words in finding)
    alert = CriticalAlert.objects.create(
        report=report,
        code=code,
        category=category,
        fingerprint=fingerprint,
        finding_en=en[:500],
        finding_zh=zh[:500],
        keys=[str(place) for place in places],
        found_by=by,
        found_at=now,
        due_at=now + timedelta(minutes=rules_of(report).minutes[category]),
        report_version=report.version,
    )
    data = {
        "alert": alert.pk,
        "code": code,
        "category": category,
        "due_at": alert.due_at,
        "list": critical_list_content(report),
    }
    record(AuditAct.CRITICAL_RAISED, by=by, about=report, data=data)
    return alert


def raise_for(report: Report, critical: Critical, *, by: User) -> CriticalAlert:
    trigger = critical.trigger
    return raise_alert(
        report,
        code=f"critical.{trigger.code}",
        category=trigger.category,
        finding=(trigger.en, trigger.zh),
        places=critical.places,
        fingerprint=critical.fingerprint,
        by=by,
    )


def record_notice(
    alert: CriticalAlert,
    *,
    by: User,
    expected_version: int,
    kind: NoticeKind,
    told_to: str = "",
    received_at: datetime | None = None,
    method: str = "",
    read_back: bool = False,
    comment: str = "",
) -> CriticalNotice:
    """Log who was told, when and how; or that it was escalated; or take the alert back with a reason.

    Possible also after the report is signed. Raises :class:`InvalidInput` where one of the six fields is missing.
    """
    report = alert.report
    require_act(report, by, Act.CRITICAL_LOG)
    checked_text(told_to)
    checked_text(comment)
    if kind is NoticeKind.TOLD:
        if not told_to.strip() or received_at is None or method not in NoticeMethod.values:
            raise InvalidInput(_("Say who was told, when it was received, and how"))
        if received_at > timezone.now() + _AHEAD:
            raise InvalidInput(_("The time of receipt lies in the future"))
    elif not comment.strip():
        raise InvalidInput(_("A reason is needed"))
    with changing(report, by=by, expected_version=expected_version, allowed=_OPEN_OR_FINAL, becomes_author=False):
        if alert.notices.filter(kind=NoticeKind.RETRACTED).exists():
            raise WrongState(_("This alert was taken back"))
        notice = CriticalNotice.objects.create(
            alert=alert,
            kind=kind,
            told_by=by.full_name,
            told_to=told_to.strip(),
            received_at=received_at,
            method=method,
            read_back=read_back,
            comment=comment.strip(),
            recorded_by=by,
        )
        data = {"alert": alert.pk, "notice": notice.pk, "read_back": read_back, "late": notice.is_late}
        record(_ACTS[kind], by=by, about=report, data=data)
        return notice


def addendum_alert(report: Report, category: int, text: str, *, by: User) -> None:
    """What an addendum says of the category: a new one starts a clock, ``0`` takes the open ones back. Both stay."""
    if category == 0:
        for alert in report.critical_alerts.pending():
            CriticalNotice.objects.create(
                alert=alert,
                kind=NoticeKind.RETRACTED,
                told_by=by.full_name,
                comment=text[:500],
                recorded_by=by,
            )
            record(AuditAct.CRITICAL_RETRACTED, by=by, about=report, data={"alert": alert.pk, "by_addendum": True})
        return
    raise_alert(
        report,
        code="critical.addendum",
        category=category,
        finding=(text[:480], text[:480]),
        places=(),
        fingerprint="",
        by=by,
    )
