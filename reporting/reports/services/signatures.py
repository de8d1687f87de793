"""Approve, sign, add, withdraw: the acts after which words stay as they are."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act
from reporting.accounts.services import authenticate_for_signing
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import Incomplete, InvalidInput, StaleVersion, WrongState
from reporting.outbound.models import Said
from reporting.outbound.services import News, queue_news
from reporting.predictions.blind import reveal
from reporting.reports.blind import reads_blind
from reporting.reports.content import VOCABULARY_VERSION, canonical, sha256_of, texts_sha256
from reporting.reports.exports.printable import require_printable
from reporting.reports.models import Report, ReportVersion, Signature, SignatureMeaning, VersionKind
from reporting.reports.services.access import changing, require_act, require_edit
from reporting.reports.services.critical_path import addendum_alert
from reporting.reports.services.house_rules import active_house_rules
from reporting.reports.services.reading import Preview, changes_since, preview
from reporting.reports.signing import mac_of, reason_mac
from reporting.reports.states import ReportStatus
from reporting.reports.text_hygiene import checked_text

_DRAFT, _PRELIMINARY, _FINAL = (ReportStatus.DRAFT,), (ReportStatus.PRELIMINARY,), (ReportStatus.FINAL,)
_TO_DRAFT, _TO_PRELIMINARY = ReportStatus.DRAFT.value, ReportStatus.PRELIMINARY.value
_TO_FINAL = ReportStatus.FINAL.value


def password_valid_s() -> float:
    """How long a password given for signing counts: what the department decided, within what the site allows."""
    return float(min(settings.SIGNING_PASSWORD_VALID_S, 60 * active_house_rules().rules.password_minutes))


def _prove(by: User, password: str, password_checked_at: datetime | None) -> None:
    """A fresh password, or on the page one given minutes ago. Outside any transaction: failures must be counted."""
    recent = timedelta(seconds=password_valid_s())
    if not password and password_checked_at is not None:
        age = timezone.now() - password_checked_at
        if timedelta(0) <= age <= recent:
            return
    authenticate_for_signing(by, password)


def _shown(report: Report, content_digest: str) -> Preview:
    """The report as it is, if that is what the signer was shown and nothing is open; from here on nobody is blind."""
    reveal(report.study, to=None)
    shown = preview(report)
    if not hmac.compare_digest(shown.digest.encode(), content_digest.encode()):
        message = _("What you were shown is not what would be signed. Read the report again.")
        raise StaleVersion(message, details=changes_since(report, report.version))
    if shown.unsettled:
        problems = [p.as_json() for p in shown.unsettled]
        raise Incomplete(_("Something is still open in this report"), details={"problems": problems})
    return shown


def _store(
    report: Report,
    kind: VersionKind,
    meaning: SignatureMeaning,
    content: dict[str, Any],
    texts: tuple[str, str],
    by: User,
) -> ReportVersion:
    """Insert the version and its signature; the caller's transaction keeps both or neither."""
    text = canonical(content)
    algorithm = content.get("algorithm", {})
    version = ReportVersion(
        report=report,
        number=report.versions.count() + 1,
        kind=kind,
        content=text,
        sha256=sha256_of(text),
        text_en=texts[0],
        text_zh=texts[1],
        text_sha256=texts_sha256(*texts),
        template_version=report.template.version,
        vocabulary_version=VOCABULARY_VERSION,
        algorithm=algorithm,
        created_by=by,
    )
    version.save(force_insert=True)
    signature = Signature(
        report_version=version,
        signer=by,
        signer_name=by.full_name,
        signer_role=by.role,
        meaning=meaning,
        signed_at=timezone.now(),
        site=settings.SITE_NAME,
    )
    signature.mac = mac_of(version, signature)
    signature.save(force_insert=True)
    return version


def _audit(act: AuditAct, version: ReportVersion, by: User) -> None:
    data = {"version": version.number, "sha256": version.sha256, "signature": version.signature.mac}
    record(act, by=by, about=version.report, data=data)


def _require_sight(report: Report, by: User) -> None:
    """A first read is locked before the report goes on: otherwise it would not be kept."""
    if reads_blind(report, by):
        raise WrongState(_("Lock your first read before the report goes on"))


def approve_preliminary(report: Report, *, by: User, expected_version: int, content_digest: str) -> ReportVersion:
    """Hand a complete draft to a senior; what was handed over is kept as a version of its own.

    Raises :class:`Incomplete` with every open problem.
    """
    require_edit(report, by, Act.REPORT_APPROVE)
    _require_sight(report, by)
    if not active_house_rules().rules.preliminary_step:
        raise WrongState(_("This department has no preliminary step: a senior signs the draft"))
    with changing(
        report, by=by, expected_version=expected_version, allowed=_DRAFT, status=ReportStatus.PRELIMINARY.value
    ):
        shown = _shown(report, content_digest)
        texts = (shown.en.text, shown.zh.text)
        version = _store(report, VersionKind.PRELIMINARY, SignatureMeaning.PREPARED, shown.content, texts, by)
        _audit(AuditAct.REPORT_APPROVED, version, by)
        _send(version, Said.PRELIMINARY, by)
        return version


def reopen_report(report: Report, *, by: User, expected_version: int) -> Report:
    """Take a preliminary report back into draft; the preliminary version stays, so the difference can be shown."""
    require_act(report, by, Act.REPORT_REOPEN)
    with changing(
        report, by=by, expected_version=expected_version, allowed=_PRELIMINARY, status=ReportStatus.DRAFT.value
    ):
        record(AuditAct.REPORT_REOPENED, by=by, about=report, data={"report_version": report.version})
        return report


def sign_report(
    report: Report,
    *,
    by: User,
    expected_version: int,
    content_digest: str,
    password: str = "",
    password_checked_at: datetime | None = None,
) -> ReportVersion:
    """Make the report final: the version, its digest and its signature are stored together or not at all.

    ``content_digest`` is the digest of what the signer was shown (:func:`preview`). Raises ``WrongPassword``,
    :class:`StaleVersion`, :class:`Incomplete` with every open problem, ``WrongState``.
    """
    require_act(report, by, Act.REPORT_SIGN)
    _require_sight(report, by)
    _prove(by, password, password_checked_at)
    allowed = (*_DRAFT, *_PRELIMINARY)
    with changing(report, by=by, expected_version=expected_version, allowed=allowed, status=ReportStatus.FINAL.value):
        shown = _shown(report, content_digest)
        texts = (shown.en.text, shown.zh.text)
        version = _store(report, VersionKind.FINAL, SignatureMeaning.VERIFIED, shown.content, texts, by)
        _audit(AuditAct.REPORT_SIGNED, version, by)
        _send(version, Said.FINAL, by)
    return version


def sign_addendum(
    report: Report,
    text: str,
    *,
    by: User,
    expected_version: int,
    password: str = "",
    password_checked_at: datetime | None = None,
    critical_category: int | None = None,
) -> ReportVersion:
    """Add words to a final report as a version of their own; everything before stays.

    ``critical_category``: 1–3 when these words make it critical, 0 when they take that back; ``None``: as before.
    """
    require_act(report, by, Act.REPORT_ADDENDUM)
    if not text.strip():
        raise InvalidInput(_("The addendum is empty"))
    require_printable(checked_text(text))
    _prove(by, password, password_checked_at)
    with changing(report, by=by, expected_version=expected_version, allowed=_FINAL):
        before = report.versions.order_by("-number")[0]
        content = {
            "schema": 1,
            "kind": "addendum",
            "report": str(report.id),
            "follows": {"number": before.number, "sha256": before.sha256},
            "text": text,
        }
        version = _store(report, VersionKind.ADDENDUM, SignatureMeaning.ADDED, content, (text, text), by)
        _audit(AuditAct.REPORT_ADDENDUM_SIGNED, version, by)
        _send(version, Said.ADDENDUM, by)
        if critical_category is not None:
            addendum_alert(report, critical_category, text, by=by)
    return version


def withdraw_report(
    report: Report,
    reason: str,
    *,
    by: User,
    expected_version: int,
    password: str = "",
    password_checked_at: datetime | None = None,
) -> Report:
    """Declare a final report entered in error. It stays readable; a new report may be started."""
    require_act(report, by, Act.REPORT_WITHDRAW)
    checked_reason = _checked_reason(reason)
    _prove(by, password, password_checked_at)
    updates: dict[str, Any] = {"status": ReportStatus.WITHDRAWN.value, "closing_reason": checked_reason}
    with changing(report, by=by, expected_version=expected_version, allowed=_FINAL, **updates):
        data = {"report_version": report.version, "reason_mac": reason_mac(report.id, checked_reason)}
        record(AuditAct.REPORT_WITHDRAWN, by=by, about=report, data=data)
        _send(report.versions.order_by("-number")[0], Said.WITHDRAWN, by)
    return report


def discard_report(report: Report, reason: str, *, by: User, expected_version: int) -> Report:
    """Close a draft that will not become a report."""
    require_act(report, by, Act.REPORT_DISCARD)
    checked_reason = _checked_reason(reason)
    updates: dict[str, Any] = {"status": ReportStatus.DISCARDED.value, "closing_reason": checked_reason}
    with changing(report, by=by, expected_version=expected_version, allowed=_DRAFT, **updates):
        data = {"report_version": report.version, "reason_mac": reason_mac(report.id, checked_reason)}
        record(AuditAct.REPORT_DISCARDED, by=by, about=report, data=data)
        left = report.versions.order_by("-number").first()
        if left is not None:  # a preliminary one: who was told of it is told that it holds no longer
            _send(left, Said.WITHDRAWN, by)
        return report


def _send(version: ReportVersion, said: Said, by: User) -> None:
    """Into the outbox. A withdrawal is what happens after the last version, and to it."""
    step = version.number + (said is Said.WITHDRAWN)
    of_final = version.kind != VersionKind.PRELIMINARY
    queue_news(News(version.report_id, version.pk, said, step, of_final), by=by)


def _checked_reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput(_("A reason is needed"))
    if len(reason) > 500:
        raise InvalidInput(_("The reason is longer than 500 characters"))
    return checked_text(reason)
