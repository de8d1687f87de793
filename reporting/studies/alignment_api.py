"""How the frames of reference of a study lie to each other, over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reporting.accounts.rest import actor
from reporting.core.openapi import IF_MATCH, refusals
from reporting.core.rest import etag, version_seen
from reporting.studies.models import FrameAlignment, Study
from reporting.studies.services import align_frames


class FrameAlignmentSerializer(serializers.Serializer[FrameAlignment]):
    """A point of ``from`` lies at the same point plus ``offset_mm`` (LPS) in ``to``; ``null``: not aligned."""

    def get_fields(self) -> dict[str, Any]:
        """``from`` is a word of Python's own."""
        offset = serializers.ListField(child=serializers.FloatField(), min_length=3, max_length=3, allow_null=True)
        return {
            "from": serializers.CharField(source="from_uid", max_length=64),
            "to": serializers.CharField(source="to_uid", max_length=64),
            "offset_mm": offset,
            "version": serializers.IntegerField(read_only=True),
            "by": serializers.CharField(source="set_by.full_name", read_only=True),
            "at": serializers.DateTimeField(source="updated_at", read_only=True),
        }


class AlignmentsView(APIView):
    @extend_schema(
        operation_id="align_frames",
        request=FrameAlignmentSerializer,
        parameters=[IF_MATCH],
        responses={200: FrameAlignmentSerializer, **refusals(400, 412, 428)},
    )
    def put(self, request: Request, study_id: uuid.UUID) -> Response:
        """Say how two frames of reference lie to each other, against the version you saw ("0" for the first time)."""
        user = actor(request)
        study = get_object_or_404(Study.objects.visible_to(user), pk=study_id)
        version = version_seen(request)
        said = FrameAlignmentSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        stored = align_frames(study, by=user, expected_version=version, **said.validated_data)
        return Response(FrameAlignmentSerializer(stored).data, headers={"ETag": etag(stored.version)})
