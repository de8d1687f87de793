"""Reading reports over HTTP: list, one report with its fields, checks, prose, versions; and starting one."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reporting.accounts.idempotency import once
from reporting.accounts.permissions import Act, require
from reporting.accounts.rest import actor
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import WrongState
from reporting.core.openapi import IDEMPOTENCY_KEY, refusals
from reporting.core.rest import AnyAccept, etag, only_parameters
from reporting.reports import serializers as shapes
from reporting.reports.blind import reads_blind
from reporting.reports.consistency import is_settled
from reporting.reports.exports.service import ExportFile, draft_document, export_version
from reporting.reports.models import ExportFormat, Report, ReportTemplate, ReportVersion
from reporting.reports.rendering import Rendering
from reporting.reports.services import Preview, current_level_map, preview, start_report
from reporting.reports.services.reading import findings_of
from reporting.reports.signing import version_fault
from reporting.studies.models import Study


def _report(request: Request, report_id: uuid.UUID) -> Report:
    reports = Report.objects.visible_to(actor(request)).select_related("template", "job__algorithm", "study__patient")
    return get_object_or_404(reports, pk=report_id)


def _checks(shown: Preview) -> dict[str, Any]:
    problems = [{**p.as_json(), "settled": is_settled(p, shown.answers)} for p in shown.problems]
    criticals = [
        {"code": c.trigger.code, "category": c.trigger.category, "keys": [str(place) for place in c.places]}
        for c in shown.criticals
    ]
    return {"content_digest": shown.digest, "problems": problems, "criticals": criticals}


class TemplateView(APIView):
    @extend_schema(operation_id="report_template", responses={200: OpenApiTypes.OBJECT, **refusals()})
    def get(self, request: Request, template_version: str) -> Response:
        """Every field of a template version: places, values, defaults, codes, words (docs/vocabulary.md)."""
        require(actor(request), Act.REPORT_VIEW)
        return Response(get_object_or_404(ReportTemplate, version=template_version).definition)


class ReportsView(generics.ListAPIView[Report]):
    serializer_class = shapes.ReportSerializer
    queryset = Report.objects.none()

    def get_queryset(self) -> QuerySet[Report]:
        user = actor(self.request)
        require(user, Act.REPORT_VIEW)
        only_parameters(self.request, shapes.ReportFilterSerializer().fields)
        chosen = shapes.ReportFilterSerializer(data=self.request.query_params)
        chosen.is_valid(raise_exception=True)
        wanted = chosen.validated_data
        reports = Report.objects.visible_to(user)
        if "status" in wanted:
            reports = reports.filter(status=wanted["status"])
        if "study" in wanted:
            reports = reports.filter(study=wanted["study"])
        return reports.filter(author=user) if wanted.get("mine") else reports

    @extend_schema(
        operation_id="reports",
        parameters=[shapes.ReportFilterSerializer],
        responses={200: shapes.ReportSerializer(many=True), **refusals(400)},
    )
    def get(self, request: Request) -> Response:
        """The reports you may see, newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="start_report",
        request=shapes.StartSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: shapes.ReportSerializer, **refusals(400, 409, 422)},
    )
    def post(self, request: Request) -> Response:
        """Open a draft, pre-filled where the machine has read the study. 409 (with its id) when one is there."""
        user = actor(request)
        require(user, Act.REPORT_DRAFT)
        said = shapes.StartSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        study = get_object_or_404(Study.objects.visible_to(user), pk=said.validated_data["study"])

        def start() -> Response:
            report = start_report(study=study, by=user)
            return Response(shapes.ReportSerializer(report).data, status=201, headers={"ETag": etag(report.version)})

        return once(request, user, start)


class ReportView(APIView):
    @extend_schema(operation_id="report", responses={200: shapes.ReportDetailSerializer, **refusals()})
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        """Every field with its state and what the machine said there, and what is open. The ETag is its version."""
        report = _report(request, report_id)
        blind = reads_blind(report, actor(request))
        shown, level_map = preview(report, blind=blind), current_level_map(report)
        record(AuditAct.REPORT_OPENED, by=actor(request), about=report)
        body = {
            **shapes.ReportSerializer(report).data,
            "closing_reason": report.closing_reason,
            "template_version": report.template.version,
            "levels": {"version": level_map.version, "mapping": level_map.mapping},
            "findings": shapes.FindingSerializer(findings_of(report, blind=blind), many=True).data,
            **_checks(shown),
        }
        return Response(body, headers={"ETag": etag(report.version)})


class ProblemsView(APIView):
    @extend_schema(operation_id="report_problems", responses={200: shapes.ProblemsSerializer, **refusals()})
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        """What stands between this report and a signature."""
        report = _report(request, report_id)
        shown = preview(report, blind=reads_blind(report, actor(request)))
        body = {"version": report.version, **_checks(shown)}
        return Response(body, headers={"ETag": etag(report.version)})


class NarrativeView(APIView):
    @extend_schema(operation_id="report_narrative", responses={200: shapes.NarrativeSerializer, **refusals()})
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        """The report as prose, in English and Chinese."""
        report = _report(request, report_id)
        shown = preview(report, blind=reads_blind(report, actor(request)))
        record(AuditAct.REPORT_OPENED, by=actor(request), about=report)

        def text(rendering: Rendering) -> dict[str, str]:
            return {"findings": rendering.findings_text, "impression": rendering.impression_text}

        body = {"version": report.version, "content_digest": shown.digest, "en": text(shown.en), "zh": text(shown.zh)}
        return Response(body, headers={"ETag": etag(report.version)})


class VersionsView(APIView):
    @extend_schema(
        operation_id="report_versions", responses={200: shapes.ReportVersionSerializer(many=True), **refusals()}
    )
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        """Everything that was approved, signed or added, oldest first. None of it ever changes."""
        versions = _report(request, report_id).versions.select_related("signature").order_by("number")
        return Response(shapes.ReportVersionSerializer(versions, many=True).data)


def signed_version(request: Request, report_id: uuid.UUID, number: int) -> ReportVersion:
    """A version that still holds. Raises :class:`WrongState` for one whose stored bytes no longer verify."""
    versions = _report(request, report_id).versions.select_related("signature", "report")
    version = get_object_or_404(versions, number=number)
    if version_fault(version) is not None:
        raise WrongState(_("This version does not verify and is not shown. Tell the administrator."))
    return version


class VersionView(APIView):
    @extend_schema(operation_id="report_version", responses={200: shapes.ReportVersionDetailSerializer, **refusals()})
    def get(self, request: Request, report_id: uuid.UUID, number: int) -> Response:
        """One version, verified before it is shown."""
        version = signed_version(request, report_id, number)
        record(AuditAct.REPORT_OPENED, by=actor(request), about=version.report, data={"version": number})
        return Response(shapes.ReportVersionDetailSerializer(version).data)


_FILES = {
    (200, "application/pdf"): OpenApiTypes.BINARY,
    (200, "text/plain"): OpenApiTypes.STR,
    (200, "application/json"): OpenApiTypes.OBJECT,
    (200, "application/fhir+json"): OpenApiTypes.OBJECT,
    (200, "x-application/hl7-v2+er7"): OpenApiTypes.STR,
}


def _download(file: ExportFile) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return HttpResponse(file.content, content_type=file.content_type, headers=headers)


class ExportView(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="export_version", responses={**_FILES, **refusals(409)})
    def get(self, request: Request, report_id: uuid.UUID, number: int, export_format: str) -> HttpResponse:
        """One version as a file, verified first; the export is audited."""
        version = signed_version(request, report_id, number)
        return _download(export_version(version, ExportFormat(export_format), by=actor(request)))


class DraftExportView(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="export_draft", responses={**_FILES, **refusals()})
    def get(self, request: Request, report_id: uuid.UUID, export_format: str) -> HttpResponse:
        """The report as it stands, marked as not signed."""
        report = _report(request, report_id)
        return _download(draft_document(report, ExportFormat(export_format), by=actor(request)))
