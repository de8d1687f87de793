"""The report template and its vocabulary as files for other programs: open data elements, an IHE report template."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from reporting.accounts.permissions import Act, require
from reporting.accounts.rest import actor
from reporting.core.openapi import refusals
from reporting.core.rest import AnyAccept
from reporting.reports.exports.template_files import TEMPLATE_FILES
from reporting.reports.template import TEMPLATES


class TemplateFileView(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="report_template_file",
        parameters=[OpenApiParameter("file_name", str, OpenApiParameter.PATH, enum=list(TEMPLATE_FILES))],
        responses={(200, file.kind): OpenApiTypes.BINARY for file in TEMPLATE_FILES.values()} | refusals(),
    )
    def get(self, request: Request, template_version: str, file_name: str) -> HttpResponse:
        """A template version as open data elements (docs/vocabulary.md) or as an IHE report template (MRRT)."""
        require(actor(request), Act.REPORT_VIEW)
        if template_version not in TEMPLATES or file_name not in TEMPLATE_FILES:
            raise Http404
        file = TEMPLATE_FILES[file_name]
        name = f"dens-cervical-mr-{template_version}-{file_name}"
        # A file to take away: shown in the page's own origin, its script element would be ours.
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(file.of(TEMPLATES[template_version]), content_type=file.kind, headers=headers)
