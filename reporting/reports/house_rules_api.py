"""The department's settings over HTTP: their versions, and what the two people do to a proposal."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reporting.accounts.idempotency import once
from reporting.accounts.permissions import Act, require
from reporting.accounts.rest import actor
from reporting.core.errors import InvalidInput
from reporting.core.openapi import IDEMPOTENCY_KEY, refusals
from reporting.core.rest import Pagination, only_parameters
from reporting.core.two_people import LONGEST_REASON, ProposalStatus
from reporting.reports.house_rules import (
    DISCS,
    GRADES,
    LIGAMENTS,
    LONGEST_PASSWORD_MINUTES,
    LONGEST_WORDS,
    HouseRules,
)
from reporting.reports.models import HouseRulesVersion
from reporting.reports.services import (
    activate_house_rules,
    active_house_rules,
    decline_house_rules,
    propose_house_rules,
)

_Fields = dict[str, serializers.Field[Any, Any, Any, Any]]


class SizesByLevelSerializer(serializers.Serializer[Any]):
    """The size in millimetres above which a ligament is thickened, at each disc level."""

    def get_fields(self) -> _Fields:
        return {level: serializers.FloatField() for level in DISCS}


class SizesSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> _Fields:
        return {ligament: SizesByLevelSerializer() for ligament in LIGAMENTS}


class CanalWordsSerializer(serializers.Serializer[Any]):
    """Chinese words of canal grades; a grade that is left out is called what the template calls it."""

    def get_fields(self) -> _Fields:
        return {grade: serializers.CharField(max_length=LONGEST_WORDS, required=False) for grade in GRADES}


class DepartmentSettingsDefinitionSerializer(serializers.Serializer[Any]):
    thick_mm = SizesSerializer()
    slip_mm = serializers.FloatField(help_text="smallest slip that is reported, in millimetres")
    canal_zh = CanalWordsSerializer()
    c7_t1_required = serializers.BooleanField()
    preliminary_step = serializers.BooleanField()
    password_minutes = serializers.IntegerField(min_value=0, max_value=LONGEST_PASSWORD_MINUTES)


class DepartmentSettingsSerializer(serializers.ModelSerializer[HouseRulesVersion]):
    definition = DepartmentSettingsDefinitionSerializer(read_only=True)
    proposed_by = serializers.CharField(source="proposed_by.full_name", default="", read_only=True)
    activated_by = serializers.CharField(source="activated_by.full_name", default="", read_only=True)

    class Meta:
        model = HouseRulesVersion
        fields = [
            *("number", "status", "digest", "definition", "proposed_by", "proposed_at", "proposal_reason"),
            *("activated_by", "activated_at", "retired_at", "closing_reason"),
        ]
        read_only_fields = fields


class DepartmentSettingsReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=LONGEST_REASON)


class DepartmentSettingsProposalSerializer(DepartmentSettingsReasonSerializer):
    definition = DepartmentSettingsDefinitionSerializer(help_text="all of them, as the version in force gives them")


class DepartmentSettingsListView(generics.ListAPIView[HouseRulesVersion]):
    serializer_class = DepartmentSettingsSerializer
    pagination_class = Pagination
    queryset = HouseRulesVersion.objects.none()

    def get_queryset(self) -> QuerySet[HouseRulesVersion]:
        require(actor(self.request), Act.HOUSE_RULES_VIEW)
        only_parameters(self.request, ("status",))
        active_house_rules()
        rows = HouseRulesVersion.objects.select_related("proposed_by", "activated_by")
        status = self.request.query_params.get("status")
        if status is not None and status not in ProposalStatus.values:
            raise InvalidInput(f"status: {', '.join(ProposalStatus.values)}")
        return rows if status is None else rows.filter(status=status)

    @extend_schema(
        operation_id="department_settings_versions",
        parameters=[OpenApiParameter("status", enum=ProposalStatus.values, description="“active”: the one in force")],
        responses={200: DepartmentSettingsSerializer(many=True), **refusals(400)},
    )
    def get(self, request: Request) -> Response:
        """Every version there was, the newest first; one of them is active."""
        return self.list(request)

    @extend_schema(
        operation_id="propose_department_settings",
        request=DepartmentSettingsProposalSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: DepartmentSettingsSerializer, **refusals(400, 409, 422)},
    )
    def post(self, request: Request) -> Response:
        """A senior proposes other settings; nothing changes before somebody else activates them."""
        user = actor(request)
        require(user, Act.HOUSE_RULES_PROPOSE)
        said = DepartmentSettingsProposalSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(said.validated_data)

        def propose() -> Response:
            row = propose_house_rules(HouseRules(**given["definition"]), reason=given["reason"], by=user)
            return Response(DepartmentSettingsSerializer(row).data, status=201)

        return once(request, user, propose)


def _version(request: Request, number: int) -> HouseRulesVersion:
    require(actor(request), Act.HOUSE_RULES_VIEW)
    return get_object_or_404(HouseRulesVersion.objects.select_related("proposed_by", "activated_by"), number=number)


class DepartmentSettingsView(APIView):
    @extend_schema(
        operation_id="department_settings_version", responses={200: DepartmentSettingsSerializer, **refusals()}
    )
    def get(self, request: Request, number: int) -> Response:
        """One version, whole."""
        return Response(DepartmentSettingsSerializer(_version(request, number)).data)


class ActivateDepartmentSettingsView(APIView):
    @extend_schema(
        operation_id="activate_department_settings",
        request=None,
        responses={200: DepartmentSettingsSerializer, **refusals(409)},
    )
    def post(self, request: Request, number: int) -> Response:
        """An auditor, another person than the proposer. Sizes and words: for reports opened from now on."""
        row = activate_house_rules(_version(request, number), by=actor(request))
        return Response(DepartmentSettingsSerializer(row).data)


class DeclineDepartmentSettingsView(APIView):
    @extend_schema(
        operation_id="decline_department_settings",
        request=DepartmentSettingsReasonSerializer,
        responses={200: DepartmentSettingsSerializer, **refusals(400, 409)},
    )
    def post(self, request: Request, number: int) -> Response:
        """Take a proposal from the table."""
        proposal = _version(request, number)
        require(actor(request), Act.HOUSE_RULES_DECLINE)
        said = DepartmentSettingsReasonSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        row = decline_house_rules(proposal, reason=said.validated_data["reason"], by=actor(request))
        return Response(DepartmentSettingsSerializer(row).data)
