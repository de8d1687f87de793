"""The tables of threshold bench, monitoring and peer learning over HTTP, each as every chart is handed out."""

from __future__ import annotations

import uuid

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reporting.accounts.permissions import Act, require
from reporting.accounts.rest import actor
from reporting.core.openapi import refusals
from reporting.department_audit.api import chart_json
from reporting.department_audit.monitoring.tables import alarms_table, lines_table
from reporting.department_audit.peer_learning.page import counts_table
from reporting.department_audit.serializers import ChartSerializer
from reporting.department_audit.views.monitoring import asked_line, chart_of
from reporting.department_audit.views.threshold_bench import asked_bench

_CHARTS = {200: ChartSerializer(many=True), **refusals()}


def _parameters(*names: str) -> list[OpenApiParameter]:
    return [OpenApiParameter(name, str) for name in names]


class ThresholdBenchView(APIView):
    @extend_schema(
        operation_id="audit_threshold_bench",
        parameters=_parameters("threshold", "truth"),
        responses={200: ChartSerializer(many=True), **refusals(400)},
    )
    def get(self, request: Request, algorithm_id: uuid.UUID, finding: str) -> Response:
        """Recent signed reports scored again, and the rates at every threshold. For auditors and seniors."""
        require(actor(request), Act.DEPARTMENT_AUDIT_VIEW)
        page = asked_bench(actor(request), algorithm_id, finding, request.query_params.dict())
        return Response(ChartSerializer([chart_json(one) for one in (page.comparison, page.curve)], many=True).data)


class MonitoringView(APIView):
    @extend_schema(operation_id="audit_monitoring", responses=_CHARTS)
    def get(self, request: Request) -> Response:
        """Every line of figures with its newest day, and every alarm with its owner. For auditors and seniors."""
        require(actor(request), Act.DEPARTMENT_AUDIT_VIEW)
        return Response(ChartSerializer([chart_json(one) for one in (lines_table(), alarms_table())], many=True).data)


class MonitoringLineView(APIView):
    @extend_schema(
        operation_id="audit_monitoring_line",
        parameters=_parameters("measure", "group", "algorithm"),
        responses={200: ChartSerializer, **refusals()},
    )
    def get(self, request: Request) -> Response:
        """One line of figures, day by day, with its limits; 404 for a measure that does not exist."""
        require(actor(request), Act.DEPARTMENT_AUDIT_VIEW)
        return Response(ChartSerializer(chart_json(chart_of(asked_line(request.query_params.dict())))).data)


class PeerLearningView(APIView):
    @extend_schema(operation_id="audit_peer_learning", responses={200: ChartSerializer, **refusals()})
    def get(self, request: Request) -> Response:
        """Settled cases by finding, naming nobody. For auditors and seniors."""
        require(actor(request), Act.DEPARTMENT_AUDIT_VIEW)
        return Response(ChartSerializer(chart_json(counts_table())).data)
