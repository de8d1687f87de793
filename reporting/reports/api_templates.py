"""The report template and its vocabulary as files for other programs: open data elements, an IHE report template."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from reporting.accounts.permissions import Act, require
from reporting.accounts.rest import actor
from reporting.core.openapi import refusals
from reporting.core.rest import AnyAccept
from reporting.reports.exports.mrrt import mrrt_html
from reporting.reports.rendering import Language
from reporting.reports.template import TEMPLATES, Template
from reporting.reports.template.elements import elements_csv, elements_json

FILES: dict[str, tuple[str, Callable[[Template], str]]] = {
    "elements.json": ("application/json", elements_json),
    "elements.csv": ("text/csv; charset=utf-8", elements_csv),
    "mrrt-en.html": ("text/html; charset=utf-8", lambda template: mrrt_html(template, Language.EN)),
    "mrrt-zh.html": ("text/html; charset=utf-8", lambda template: mrrt_html(template, Language.ZH)),
}


class TemplateFileView(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="report_template_file",
        parameters=[OpenApiParameter("file_name", str, OpenApiParameter.PATH, enum=list(FILES))],
        responses={(200, kind): OpenApiTypes.BINARY for kind, _make in FILES.values()} | refusals(),
    )
    def get(self, request: Request, template_version: str, file_name: str) -> HttpResponse:
        """A template version as open data elements (docs/vocabulary.md) or as an IHE report template (MRRT)."""
        require(actor(request), Act.REPORT_VIEW)
        if template_version not in TEMPLATES or file_name not in FILES:
            raise Http404
        kind, make = FILES[file_name]
        name = f"dens-cervical-mr-{template_version}-{file_name}"
        # A file to take away: shown in the page's own origin, its script element would be ours.
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(make(TEMPLATES[template_version]), content_type=kind, headers=headers)
