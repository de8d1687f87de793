"""Answer a question of the checks: the answer holds as long as the values it was about."""

from __future__ import annotations

from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, WrongState
from reporting.reports.blind import reads_blind
from reporting.reports.consistency import Severity
from reporting.reports.models import CheckAnswer, Report
from reporting.reports.services.access import changing, require_edit
from reporting.reports.services.critical_path import raise_alert, raise_for
from reporting.reports.services.reading import Preview, preview
from reporting.reports.states import ReportStatus
from reporting.reports.text_hygiene import checked_text

_PLAIN = ("accepted",)
_CRITICAL = ("yes", "no", "not_now")


def answer_check(
    report: Report, *, code: str, fingerprint: str, answer: str, by: User, expected_version: int, comment: str = ""
) -> CheckAnswer:
    """Record ``accepted``, or for "critical?" ``yes``, ``no`` or ``not_now``.

    Raises :class:`WrongState` when the question is not asked (any more), or must be changed rather than answered.
    """
    require_edit(report, by)
    is_critical = code.startswith("critical.")
    if answer not in (_CRITICAL if is_critical else _PLAIN):
        raise InvalidInput(_("This question cannot have this answer"))
    if len(comment) > 500:
        raise InvalidInput(_("The comment is longer than 500 characters"))
    checked_text(comment)
    with changing(report, by=by, expected_version=expected_version, allowed=(ReportStatus.DRAFT,)):
        shown = preview(report, blind=reads_blind(report, by))
        asked = {(p.code, p.fingerprint): p.severity for p in shown.problems}
        fired = {(f"critical.{c.trigger.code}", c.fingerprint) for c in shown.criticals}
        severity = asked.get((code, fingerprint))
        if severity is Severity.BLOCK or (severity is None and (code, fingerprint) not in fired):
            raise WrongState(_("This question is no longer asked"))
        row = CheckAnswer.objects.create(
            report=report, code=code, fingerprint=fingerprint, answer=answer, comment=comment, answered_by=by
        )
        if answer == "yes":
            critical = next((c for c in shown.criticals if f"critical.{c.trigger.code}" == code), None)
            if critical is not None:
                raise_for(report, critical, by=by)
            else:
                _raise_unlisted(report, code, fingerprint, shown, by=by)
        data = {"code": code, "fingerprint": fingerprint, "answer": answer, "comment_characters": len(comment)}
        record(AuditAct.CONSISTENCY_ANSWERED, by=by, about=report, data=data)
        return row


def _raise_unlisted(report: Report, code: str, fingerprint: str, shown: Preview, *, by: User) -> None:
    """A compressed cord whose history is unknown, or a category that changed: said to be critical by the reader."""
    places = next((p.places for p in shown.problems if (p.code, p.fingerprint) == (code, fingerprint)), ())
    words = ("Critical finding by the reader's judgement", "危急值：医师判定")
    raise_alert(report, code=code, category=1, finding=words, places=places, fingerprint=fingerprint, by=by)
