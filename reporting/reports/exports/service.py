"""Hands out a report as a file: verified first, audited in the same transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import WrongState
from reporting.reports.blind import reads_blind
from reporting.reports.content import canonical
from reporting.reports.exports.document import Document, document_of, draft_document_of
from reporting.reports.exports.fhir import Release, fhir_of
from reporting.reports.exports.hl7 import hl7_of
from reporting.reports.exports.pdf import pdf_of
from reporting.reports.exports.standing import require_verified
from reporting.reports.exports.text import text_of
from reporting.reports.models import ExportFormat, Report, ReportExport, ReportVersion
from reporting.reports.services.access import require_act
from reporting.reports.services.reading import preview


@dataclass(frozen=True)
class _Form:
    """How a format is made. Without ``of_draft`` only what somebody vouched for leaves in it."""

    content_type: str
    extension: str
    of_version: Callable[[ReportVersion], bytes]
    of_draft: Callable[[Report, dict[str, Any]], bytes] | None = None


def _printed(make: Callable[[Document], bytes], content_type: str, extension: str) -> _Form:
    return _Form(
        content_type,
        extension,
        lambda version: make(document_of(version)),
        lambda report, content: make(draft_document_of(report, content)),
    )


_FORMS = {
    ExportFormat.PDF: _printed(pdf_of, "application/pdf", "pdf"),
    ExportFormat.TEXT: _printed(text_of, "text/plain; charset=utf-8", "txt"),
    ExportFormat.JSON: _Form(
        "application/json",
        "json",
        lambda version: version.content.encode(),
        lambda _report, content: canonical(content).encode(),
    ),
    ExportFormat.FHIR: _Form(Release.R4.content_type, "fhir.json", fhir_of),
    ExportFormat.HL7: _Form("x-application/hl7-v2+er7; charset=utf-8", "hl7", hl7_of),
}
FORMATS = {form.extension: export_format for export_format, form in _FORMS.items()}
"""By the ending of the file's name."""


@dataclass(frozen=True)
class ExportFile:
    """One file, named by our ids only: a patient's name has no place in a file name."""

    name: str
    content_type: str
    content: bytes


def export_version(version: ReportVersion, export_format: ExportFormat, *, by: User) -> ExportFile:
    """One signed version as a file. Raises :class:`WrongState` when the stored version no longer verifies."""
    require_act(version.report, by, Act.REPORT_EXPORT)
    content = _bytes_of_version(version, export_format)
    with transaction.atomic():
        export = ReportExport.objects.create(
            report_version=version,
            export_format=export_format,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            made_by=by,
        )
        data = {"version": version.number, "format": export_format.value, "sha256": export.sha256}
        record(AuditAct.REPORT_EXPORTED, by=by, about=version.report, data=data)
    return _file(f"report-{version.report_id}-v{version.number}", export_format, content)


def draft_document(report: Report, export_format: ExportFormat, *, by: User) -> ExportFile:
    """The report as it stands, marked as not signed; nothing is stored but the audit event."""
    require_act(report, by, Act.REPORT_EXPORT)
    content = _bytes_of_draft(report, export_format, blind=reads_blind(report, by))
    data = {"draft": True, "format": export_format.value, "report_version": report.version}
    record(AuditAct.REPORT_EXPORTED, by=by, about=report, data=data)
    return _file(f"draft-{report.id}", export_format, content)


def export_report(report: Report, extension: str) -> bytes:
    """For the operator of the machine: the newest version, or the draft, as ``pdf``, ``txt`` or ``json``."""
    export_format = FORMATS[extension]
    version = report.versions.order_by("-number").first()
    if version is None or report.is_draft:
        content = _bytes_of_draft(report, export_format)
    else:
        content = _bytes_of_version(version, export_format)
    data = {"format": export_format.value, "report_version": report.version}
    record(AuditAct.REPORT_EXPORTED, by=None, about=report, data=data)
    return content


def _file(name: str, export_format: ExportFormat, content: bytes) -> ExportFile:
    form = _FORMS[export_format]
    return ExportFile(f"{name}.{form.extension}", form.content_type, content)


def _bytes_of_version(version: ReportVersion, export_format: ExportFormat) -> bytes:
    require_verified(version)
    return _FORMS[export_format].of_version(version)


def _bytes_of_draft(report: Report, export_format: ExportFormat, *, blind: bool = False) -> bytes:
    of_draft = _FORMS[export_format].of_draft
    if of_draft is None:
        raise WrongState(_("A draft does not leave as a message: receivers would take it for a report"))
    return of_draft(report, preview(report, blind=blind).content)
