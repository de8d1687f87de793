"""The audit trail over HTTP, for those whose role reads it. Lives here because the trail itself knows no roles."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reporting.accounts.permissions import Act, require
from reporting.accounts.rest import actor
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.models import AuditEvent
from reporting.core.openapi import refusals
from reporting.core.rest import Pagination, only_parameters


class AuditEventSerializer(serializers.ModelSerializer[AuditEvent]):
    class Meta:
        model = AuditEvent
        fields = [
            "sequence",
            "at",
            "act",
            "actor",
            "actor_role",
            "object_type",
            "object_id",
            "outcome",
            "data",
            "request_id",
            "remote_address",
            "digest",
        ]
        read_only_fields = fields


class AuditFilterSerializer(serializers.Serializer[Any]):
    act = serializers.ChoiceField(choices=[act.value for act in AuditAct], required=False)
    actor = serializers.UUIDField(required=False)
    object_id = serializers.CharField(required=False, max_length=64)


class AuditPagination(Pagination):
    ordering = "-sequence"

    def is_position(self, text: str) -> bool:
        return text.isascii() and text.isdigit() and len(text) <= 18


class AuditView(generics.ListAPIView[AuditEvent]):
    serializer_class = AuditEventSerializer
    pagination_class = AuditPagination
    queryset = AuditEvent.objects.none()

    def get_queryset(self) -> QuerySet[AuditEvent]:
        require(actor(self.request), Act.AUDIT_VIEW)
        only_parameters(self.request, AuditFilterSerializer().fields)
        chosen = AuditFilterSerializer(data=self.request.query_params)
        chosen.is_valid(raise_exception=True)
        # The keys are the fields of the serializer above, never names of the client's choice.
        return AuditEvent.objects.filter(**chosen.validated_data)

    @extend_schema(
        operation_id="audit_events",
        parameters=[AuditFilterSerializer],
        responses={200: AuditEventSerializer(many=True), **refusals(400)},
    )
    def get(self, request: Request) -> Response:
        """Who did what to which object, newest first. Object ids only, no patient data."""
        return self.list(request)
