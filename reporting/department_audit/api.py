"""The charts over HTTP: which there are, and one with its table, its figure and how it was made."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reporting.accounts.permissions import Act, require
from reporting.accounts.rest import actor
from reporting.charts.chart import Chart
from reporting.core.openapi import refusals
from reporting.department_audit.charts.catalogue import CHARTS
from reporting.department_audit.charts.question import Question
from reporting.department_audit.figures import freshness
from reporting.department_audit.filters import Filter
from reporting.department_audit.serializers import ChartNameSerializer, ChartSerializer

FILTER_PARAMETERS = [OpenApiParameter(field.name, str) for field in fields(Filter) if field.name != "outcome"]


class ChartsView(APIView):
    @extend_schema(operation_id="audit_charts", responses={200: ChartNameSerializer(many=True), **refusals()})
    def get(self, request: Request) -> Response:
        """Every chart of the department audit. For auditors and seniors."""
        require(actor(request), Act.DEPARTMENT_AUDIT_VIEW)
        found = [{"key": key, "address": reverse("api:audit-chart", args=[key])} for key in CHARTS]
        return Response(ChartNameSerializer(found, many=True).data)


class ChartView(APIView):
    @extend_schema(
        operation_id="audit_chart",
        parameters=FILTER_PARAMETERS,
        responses={200: ChartSerializer, **refusals(400)},
    )
    def get(self, request: Request, key: str) -> Response:
        """One chart with the filter of the address; 400 names a filter that does not exist."""
        require(actor(request), Act.DEPARTMENT_AUDIT_VIEW)
        if key not in CHARTS:
            raise Http404
        question = Question(
            Filter.from_query(request.query_params.dict()).for_figures(), reverse("department_audit:cases")
        )
        return Response(ChartSerializer(chart_json(CHARTS[key](question))).data)


def chart_json(chart: Chart) -> dict[str, Any]:
    return {
        "key": chart.key,
        "title": chart.title,
        "filter": chart.query,
        "facts_up_to": freshness().newest,
        "headline": [
            {
                "name": one.name,
                "value": one.estimate.value,
                "low": one.estimate.low,
                "high": one.estimate.high,
                "note": one.estimate.note,
            }
            for one in chart.headline
        ],
        "columns": [
            {"key": column.key, "label": column.label, "kind": column.kind.value}
            for column in chart.table.flat_columns()
        ],
        "rows": chart.table.flat_rows(),
        "method": [{"name": name, "text": text} for name, text in chart.note.lines()],
        "figure": chart.drawing,
    }
