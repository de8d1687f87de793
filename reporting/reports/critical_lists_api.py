"""The department's critical list over HTTP: its versions, and what the two people do to a proposal."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
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
from reporting.core.two_people import LONGEST_REASON
from reporting.reports.critical import CriticalRules, Trigger
from reporting.reports.critical.grammar import LONGEST, NotAnExpression, parsed
from reporting.reports.models import CriticalList
from reporting.reports.services import (
    activate_critical_list,
    active_critical_list,
    decline_critical_list,
    propose_critical_list,
)
from reporting.reports.template import CURRENT


class TriggerSerializer(serializers.Serializer[Any]):
    """One finding of the list. ``when``: an expression over the template's fields (docs/reading_room.md)."""

    code = serializers.RegexField(r"^[a-z][a-z0-9_]{1,39}$")
    category = serializers.IntegerField(min_value=1, max_value=3)
    en = serializers.CharField(max_length=200)
    zh = serializers.CharField(max_length=200)
    when = serializers.CharField(max_length=LONGEST)
    superseded_by = serializers.ListField(child=serializers.CharField(max_length=40), max_length=60, default=list)


class ClocksSerializer(serializers.Serializer[Any]):
    """Minutes within which somebody must have received the message, by category."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {str(category): serializers.IntegerField(min_value=1) for category in (1, 2, 3)}


class CriticalDefinitionSerializer(serializers.Serializer[Any]):
    template = serializers.CharField(read_only=True, help_text="version of the template the conditions were read with")
    minutes = ClocksSerializer()
    triggers = TriggerSerializer(many=True)


class CriticalListSerializer(serializers.ModelSerializer[CriticalList]):
    definition = CriticalDefinitionSerializer(read_only=True)
    proposed_by = serializers.CharField(source="proposed_by.full_name", default="", read_only=True)
    activated_by = serializers.CharField(source="activated_by.full_name", default="", read_only=True)

    class Meta:
        model = CriticalList
        fields = [
            *("number", "status", "digest", "definition"),
            *("proposed_by", "proposed_at", "proposal_reason", "activated_by", "activated_at", "retired_at"),
        ]
        read_only_fields = fields


class CriticalProposalSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=LONGEST_REASON)
    minutes = ClocksSerializer()
    triggers = TriggerSerializer(many=True)


class CriticalReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=LONGEST_REASON)


def _rules(said: dict[str, Any]) -> CriticalRules:
    """Raises :class:`InvalidInput` naming the finding whose condition says nothing."""
    triggers = []
    for one in said["triggers"]:
        try:
            when = parsed(one["when"], CURRENT)
        except NotAnExpression as error:
            named = {"code": one["code"], "at": error.at or _("the end")}
            raise InvalidInput(_("“%(code)s”: not understood at “%(at)s”") % named) from error
        triggers.append(Trigger(one["code"], one["category"], one["en"], one["zh"], when, tuple(one["superseded_by"])))
    minutes = {int(category): minutes for category, minutes in said["minutes"].items()}
    return CriticalRules(tuple(sorted(triggers, key=lambda trigger: trigger.category)), minutes)


class CriticalListsView(generics.ListAPIView[CriticalList]):
    serializer_class = CriticalListSerializer
    pagination_class = Pagination
    queryset = CriticalList.objects.none()

    def get_queryset(self) -> QuerySet[CriticalList]:
        require(actor(self.request), Act.CRITICAL_LIST_VIEW)
        only_parameters(self.request, ())
        active_critical_list()
        return CriticalList.objects.select_related("proposed_by", "activated_by").order_by("-number")

    @extend_schema(operation_id="critical_lists", responses={200: CriticalListSerializer(many=True), **refusals(400)})
    def get(self, request: Request) -> Response:
        """Every version there was, the newest first; one of them is active."""
        return self.list(request)

    @extend_schema(
        operation_id="propose_critical_list",
        request=CriticalProposalSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: CriticalListSerializer, **refusals(400, 409, 422)},
    )
    def post(self, request: Request) -> Response:
        """A senior proposes another list or other clocks; nothing changes before somebody else activates it."""
        user = actor(request)
        require(user, Act.CRITICAL_LIST_PROPOSE)
        said = CriticalProposalSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(said.validated_data)

        def propose() -> Response:
            row = propose_critical_list(_rules(given), reason=given["reason"], by=user)
            return Response(CriticalListSerializer(row).data, status=201)

        return once(request, user, propose)


def _version(request: Request, number: int) -> CriticalList:
    require(actor(request), Act.CRITICAL_LIST_VIEW)
    return get_object_or_404(CriticalList.objects.select_related("proposed_by", "activated_by"), number=number)


class CriticalListView(APIView):
    @extend_schema(operation_id="critical_list", responses={200: CriticalListSerializer, **refusals()})
    def get(self, request: Request, number: int) -> Response:
        """One version, whole."""
        return Response(CriticalListSerializer(_version(request, number)).data)


class ActivateCriticalListView(APIView):
    @extend_schema(
        operation_id="activate_critical_list", request=None, responses={200: CriticalListSerializer, **refusals(409)}
    )
    def post(self, request: Request, number: int) -> Response:
        """An auditor, another person than the proposer: reports opened from now on go by it."""
        row = activate_critical_list(_version(request, number), by=actor(request))
        return Response(CriticalListSerializer(row).data)


class DeclineCriticalListView(APIView):
    @extend_schema(
        operation_id="decline_critical_list",
        request=CriticalReasonSerializer,
        responses={200: CriticalListSerializer, **refusals(400, 409)},
    )
    def post(self, request: Request, number: int) -> Response:
        """Take a proposal from the table."""
        proposal = _version(request, number)
        require(actor(request), Act.CRITICAL_LIST_DECLINE)
        said = CriticalReasonSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        row = decline_critical_list(proposal, reason=said.validated_data["reason"], by=actor(request))
        return Response(CriticalListSerializer(row).data)
