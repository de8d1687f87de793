"""Hands out a report as a file: verified first, audited in the same transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

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
from reporting.reports.exports.fhir import fhir_of
from reporting.reports.exports.hl7 import hl7_of
from reporting.reports.exports.pdf import pdf_of
from reporting.reports.exports.text import text_of
from reporting.reports.models import ExportFormat, Report, ReportExport, ReportVersion
from reporting.reports.services.access import require_act
from reporting.reports.services.reading import preview
from reporting.reports.signing import version_fault

_TYPES = {
    ExportFormat.PDF: ("application/pdf", "pdf"),
    ExportFormat.TEXT: ("text/plain; charset=utf-8", "txt"),
    ExportFormat.JSON: ("application/json", "json"),
    ExportFormat.FHIR: ("application/fhir+json; fhirVersion=4.0", "fhir.json"),
    ExportFormat.HL7: ("x-application/hl7-v2+er7; charset=utf-8", "hl7"),
}


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
    export_format = next(f for f, (_type, known) in _TYPES.items() if known == extension)
    version = report.versions.order_by("-number").first()
    if version is None or report.is_draft:
        content = _bytes_of_draft(report, export_format)
    else:
        content = _bytes_of_version(version, export_format)
    data = {"format": export_format.value, "report_version": report.version}
    record(AuditAct.REPORT_EXPORTED, by=None, about=report, data=data)
    return content


def _file(name: str, export_format: ExportFormat, content: bytes) -> ExportFile:
    content_type, extension = _TYPES[export_format]
    return ExportFile(f"{name}.{extension}", content_type, content)


def _bytes_of_version(version: ReportVersion, export_format: ExportFormat) -> bytes:
    for each in version.report.versions.filter(number__lte=version.number).select_related("signature", "report"):
        fault = version_fault(each)
        if fault is not None:
            raise WrongState(_("This report does not verify and is not handed out. Tell the administrator."))
    if export_format is ExportFormat.JSON:
        return version.content.encode()
    if export_format is ExportFormat.FHIR:
        return fhir_of(version)
    if export_format is ExportFormat.HL7:
        return hl7_of(version)
    return _bytes_of_document(document_of(version), export_format)


def _bytes_of_draft(report: Report, export_format: ExportFormat, *, blind: bool = False) -> bytes:
    if export_format in (ExportFormat.FHIR, ExportFormat.HL7):
        raise WrongState(_("A draft does not leave as a message: receivers would take it for a report"))
    content = preview(report, blind=blind).content
    if export_format is ExportFormat.JSON:
        return canonical(content).encode()
    return _bytes_of_document(draft_document_of(report, content), export_format)


def _bytes_of_document(document: Document, export_format: ExportFormat) -> bytes:
    return pdf_of(document) if export_format is ExportFormat.PDF else text_of(document)
