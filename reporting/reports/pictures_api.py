"""What the reading page's images rest on, over HTTP: which slice shows which level, and slices as pictures."""

from __future__ import annotations

import uuid
from itertools import chain
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reporting.accounts.rest import actor
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput
from reporting.core.openapi import refusals
from reporting.core.rest import AnyAccept
from reporting.reports.key_slices import (
    LevelPlace,
    SliceStack,
    level_places,
    slice_stacks,
)
from reporting.reports.models import Report
from reporting.reports.views.images import slice_png
from reporting.studies.frame_store import PixelsUnavailable


class SliceSerializer(serializers.Serializer[Any]):
    instance = serializers.UUIDField(source="instance_id")
    frame = serializers.IntegerField(help_text="Counts from 1")


class LevelPlaceSerializer(serializers.Serializer[LevelPlace]):
    """Where the machine found one structure, under the name that the report's level map gives it."""

    structure = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField(help_text="vertebra or disc")
    center_lps_mm = serializers.ListField(child=serializers.FloatField(), min_length=3, max_length=3)
    is_certain = serializers.BooleanField()
    sagittal = SliceSerializer(allow_null=True)
    axial = SliceSerializer(allow_null=True)


class SliceStackSerializer(serializers.Serializer[SliceStack]):
    role = serializers.CharField()
    reason = serializers.CharField(help_text="Why the series has this role, or none")
    description = serializers.CharField()
    slices = SliceSerializer(many=True)


class KeySlicesSerializer(serializers.Serializer[Any]):
    levels = LevelPlaceSerializer(many=True)
    stacks = SliceStackSerializer(many=True)


def _report(request: Request, report_id: uuid.UUID) -> Report:
    reports = Report.objects.visible_to(actor(request)).select_related("job", "study")
    return get_object_or_404(reports, pk=report_id)


class KeySlicesView(APIView):
    @extend_schema(operation_id="key_slices", responses={200: KeySlicesSerializer, **refusals()})
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        """The slice that shows each level best, and the series to page through."""
        report = _report(request, report_id)
        record(AuditAct.STUDY_OPENED, by=actor(request), about=report.study)
        body = {
            "levels": level_places(report),
            "stacks": [*chain.from_iterable(slice_stacks(report).values())],
        }
        return Response(KeySlicesSerializer(body).data)


_WISHES = [
    OpenApiParameter("contours", OpenApiTypes.BOOL, description="Draw what the machine outlined"),
    OpenApiParameter("names", OpenApiTypes.BOOL, description="Write the levels' names"),
    OpenApiParameter("level", OpenApiTypes.STR, description="Cut out around this level"),
    OpenApiParameter("mm", OpenApiTypes.STR, description="Half the side of the cut-out, in millimetres"),
    OpenApiParameter("side", OpenApiTypes.STR, description="The longer edge in pixels"),
]


class PictureView(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="slice_picture",
        parameters=_WISHES,
        responses={(200, "image/png"): OpenApiTypes.BINARY, **refusals(400, 422)},
    )
    def get(self, request: Request, report_id: uuid.UUID, instance_id: uuid.UUID, frame: int) -> HttpResponse:
        """One frame as a PNG. 422 when its pixels cannot be decoded."""
        response = slice_png(request._request, report_id, instance_id, frame)
        if response.status_code == 400:
            raise InvalidInput(_("There is no such picture of this slice"))
        if response.status_code == 422:
            raise PixelsUnavailable(_("This image cannot be shown: its pixels cannot be decoded"))
        return response
