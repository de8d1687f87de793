"""Rules of blind-first reading over HTTP."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reporting.accounts.idempotency import once
from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may, require
from reporting.accounts.rest import actor
from reporting.core.openapi import IDEMPOTENCY_KEY, refusals
from reporting.predictions.models import BlindRule
from reporting.predictions.services import set_blind_rule
from reporting.studies.models import Study


class BlindRuleSerializer(serializers.ModelSerializer[BlindRule]):
    """A rule; the seed of a fraction is not told."""

    class Meta:
        model = BlindRule
        fields = ["id", "user", "study", "fraction", "is_on", "set_by", "created_at"]
        read_only_fields = fields


class NewBlindRuleSerializer(serializers.Serializer[Any]):
    """Exactly one of ``user``, ``study`` and ``fraction``."""

    user = serializers.UUIDField(required=False)
    study = serializers.UUIDField(required=False)
    fraction = serializers.FloatField(required=False, min_value=0, max_value=1)
    is_on = serializers.BooleanField()


class BlindRulesView(generics.ListAPIView[BlindRule]):
    serializer_class = BlindRuleSerializer
    queryset = BlindRule.objects.none()

    def get_queryset(self) -> QuerySet[BlindRule]:
        user = actor(self.request)
        if not may(user, Act.BLIND_RULE):
            require(user, Act.REPORT_EDIT)
        return BlindRule.objects.visible_to(user)

    @extend_schema(operation_id="blind_rules", responses={200: BlindRuleSerializer(many=True), **refusals()})
    def get(self, request: Request) -> Response:
        """Rules, newest first; the newest of its kind holds. Without the right to set them: those about oneself."""
        return self.list(request)

    @extend_schema(
        operation_id="set_blind_rule",
        request=NewBlindRuleSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: BlindRuleSerializer, **refusals(400, 422)},
    )
    def post(self, request: Request) -> Response:
        """Set a rule for readings that begin from now on."""
        by = actor(request)
        if not may(by, Act.BLIND_RULE):
            require(by, Act.REPORT_EDIT)
        said = NewBlindRuleSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(said.validated_data)
        if "user" in given:
            known = User.objects.all() if may(by, Act.BLIND_RULE) else User.objects.filter(pk=by.pk)
            given["user"] = get_object_or_404(known, pk=given["user"])
        if "study" in given:
            given["study"] = get_object_or_404(Study.objects.visible_to(by), pk=given["study"])

        def make() -> Response:
            return Response(BlindRuleSerializer(set_blind_rule(by=by, **given)).data, status=201)

        return once(request, by, make)
