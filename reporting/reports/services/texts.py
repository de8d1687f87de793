"""Write a paragraph by hand, or give it back to the fields. The fields stay the data either way."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, WrongState
from reporting.reports.exports.printable import require_printable
from reporting.reports.models import EditedText, Report
from reporting.reports.prose_problems import SECTIONS
from reporting.reports.rendering import Language, render
from reporting.reports.services.access import changing, require_edit
from reporting.reports.services.reading import load_sheet
from reporting.reports.states import ReportStatus
from reporting.reports.text_hygiene import checked_text

_DRAFT = (ReportStatus.DRAFT,)


def edit_text(report: Report, *, section: str, language: str, text: str, by: User, expected_version: int) -> EditedText:
    """Print ``text`` instead of what the fields say there. Checks compare it with the fields before signing."""
    require_edit(report, by)
    if section not in SECTIONS or language not in set(Language):
        raise InvalidInput(_("The report has no such paragraph"))
    if not text.strip():
        raise InvalidInput(_("The paragraph is empty: give it back to the fields instead"))
    require_printable(checked_text(text))
    with changing(report, by=by, expected_version=expected_version, allowed=_DRAFT):
        generated = render(load_sheet(report), Language(language)).generated(section)
        row = _store(report, section, language, text, generated, by)
        data = {"section": section, "language": language, "characters": len(text)}
        record(AuditAct.TEXT_EDITED, by=by, about=report, data=data)
        return row


def restore_text(report: Report, *, section: str, language: str, by: User, expected_version: int) -> EditedText:
    """Print what the fields say again."""
    require_edit(report, by)
    with changing(report, by=by, expected_version=expected_version, allowed=_DRAFT):
        if not report.edited_texts.filter(section=section, language=language).exclude(text="").exists():
            raise WrongState(_("This paragraph was not edited"))
        row = _store(report, section, language, "", "", by)
        data = {"section": section, "language": language}
        record(AuditAct.TEXT_RESTORED, by=by, about=report, data=data)
        return row


def _store(report: Report, section: str, language: str, text: str, generated: str, by: User) -> EditedText:
    row, _made = EditedText.objects.update_or_create(
        report=report,
        section=section,
        language=language,
        defaults={
            "text": text,
            "generated": generated,
            "edited_by": by,
            "edited_at": timezone.now(),
            "report_version": report.version,
        },
    )
    return row
