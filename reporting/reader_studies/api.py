"""The reading page's own addresses: the images of the case that is open, and its answers as they are given."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reporting.accounts.rest import actor
from reporting.core.errors import InvalidInput
from reporting.core.openapi import IF_MATCH, refusals
from reporting.core.rest import AnyAccept, etag, version_seen
from reporting.reader_studies import services
from reporting.reader_studies.answers import Answer
from reporting.reader_studies.models import CaseObject, CaseSeries, Reading
from reporting.reader_studies.pointing import point_lps_mm
from reporting.reader_studies.serializers import RatingSerializer, ReadingSerializer
from reporting.reader_studies.viewing import (
    case_description,
    case_outlines,
    cases_in_view,
    open_readings,
    sees_machine,
)
from reporting.studies.frame_store import stored_frame

OCTETS = "application/octet-stream"


def _reading(request: Request, reading_id: uuid.UUID) -> Reading:
    return get_object_or_404(open_readings(actor(request)), pk=reading_id)


class RatingsView(APIView):
    @extend_schema(
        operation_id="rate",
        request=RatingSerializer,
        parameters=[IF_MATCH],
        responses={200: ReadingSerializer, **refusals(400, 409, 412, 428)},
    )
    def put(self, request: Request, reading_id: uuid.UUID) -> Response:
        """Save one answer of the case you read, against the version you saw. It counts when the case is submitted."""
        reading = _reading(request, reading_id)
        version = version_seen(request)
        said = RatingSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        answer = _answer(reading, said.validated_data)
        reading = services.save_rating(reading, answer, by=actor(request), expected_version=version)
        return Response(ReadingSerializer(reading).data, headers={"ETag": etag(reading.version)})


def _answer(reading: Reading, said: dict[str, Any]) -> Answer:
    point = said.get("point")
    place = None
    if point is not None:
        objects = CaseObject.objects.filter(series__case=reading.assignment.case_id)
        shown = objects.filter(pk=point["instance"]).first()
        place = point_lps_mm(shown, point["frame"], point["x"], point["y"]) if shown else None
        if place is None:
            raise InvalidInput(_("There is no such image in this study"))
    return Answer(said["finding"], said["level"], said["side"], said["value"], place)


class SeenView(APIView):
    @extend_schema(operation_id="reading_seen", request=None, responses={200: ReadingSerializer, **refusals(409)})
    def post(self, request: Request, reading_id: uuid.UUID) -> Response:
        """The page is at work: the time since it was last heard of counts as reading time."""
        reading = services.see_reading(_reading(request, reading_id), by=actor(request))
        return Response(ReadingSerializer(reading).data, headers={"ETag": etag(reading.version)})


class CaseView(APIView):
    @extend_schema(operation_id="reader_case_viewer", responses={200: OpenApiTypes.OBJECT, **refusals()})
    def get(self, request: Request, case_id: uuid.UUID) -> Response:
        """All that the viewer needs to show the case you read; of the algorithm only what your arm shows."""
        case = get_object_or_404(cases_in_view(actor(request)), pk=case_id)
        return Response(case_description(case, actor(request)))


class CaseFrameView(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="reader_case_frame", responses={(200, OCTETS): OpenApiTypes.BINARY, **refusals(422)})
    def get(self, request: Request, case_id: uuid.UUID, uid: str, frame: int) -> HttpResponse:
        """The pixels of one frame (from 1) of a copied object, uncompressed, little endian."""
        objects = CaseObject.objects.filter(series__case__in=cases_in_view(actor(request)), number_of_frames__gte=frame)
        found = get_object_or_404(objects.filter(series__case=case_id), sop_instance_uid=uid)
        return HttpResponse(stored_frame(found, frame).tobytes(), content_type=OCTETS)


class CaseOutlinesView(APIView):
    @extend_schema(operation_id="reader_case_outlines", responses={200: OpenApiTypes.OBJECT, **refusals(422)})
    def get(self, request: Request, case_id: uuid.UUID, series_id: uuid.UUID) -> Response:
        """What the algorithm outlined, in an arm that shows it; elsewhere there is no such address."""
        case = get_object_or_404(cases_in_view(actor(request)), pk=case_id)
        allowed = (
            CaseSeries.objects.filter(case=case) if sees_machine(actor(request), case) else CaseSeries.objects.none()
        )
        return Response(case_outlines(get_object_or_404(allowed.select_related("case"), pk=series_id)))
