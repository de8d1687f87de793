"""Signed versions as pages and files. What is shown was verified first; none of it ever changes."""

from __future__ import annotations

import uuid
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import WrongState
from reporting.reports.exports.document import document_of
from reporting.reports.exports.service import FORMATS, ExportFile, draft_document, export_version
from reporting.reports.models import Report, ReportVersion
from reporting.reports.signing import version_fault


def _report(request: HttpRequest, report_id: uuid.UUID) -> Report:
    return get_object_or_404(Report.objects.visible_to(cast(User, request.user)), pk=report_id)


def _version(request: HttpRequest, report_id: uuid.UUID, number: int) -> ReportVersion:
    versions = _report(request, report_id).versions.select_related("signature", "report")
    return get_object_or_404(versions, number=number)


@require_GET
def version(request: HttpRequest, report_id: uuid.UUID, number: int) -> HttpResponse:
    """One version as it was signed. One that no longer verifies is not shown."""
    shown = _version(request, report_id, number)
    if version_fault(shown) is not None:
        raise WrongState(_("This report does not verify and is not handed out. Tell the administrator."))
    record(AuditAct.REPORT_OPENED, by=cast(User, request.user), about=shown.report, data={"version": number})
    numbers = shown.report.versions.order_by("number").values_list("number", flat=True)
    context = {"version": shown, "report": shown.report, "document": document_of(shown), "numbers": numbers}
    return render(request, "reports/version.html", context)


@require_GET
def version_file(request: HttpRequest, report_id: uuid.UUID, number: int, extension: str) -> HttpResponse:
    shown = _version(request, report_id, number)
    return _attachment(export_version(shown, FORMATS[extension], by=cast(User, request.user)))


@require_GET
def draft_file(request: HttpRequest, report_id: uuid.UUID, extension: str) -> HttpResponse:
    """The report as it stands, marked as not signed."""
    report = _report(request, report_id)
    return _attachment(draft_document(report, FORMATS[extension], by=cast(User, request.user)))


def _attachment(file: ExportFile) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return HttpResponse(file.content, content_type=file.content_type, headers=headers)
