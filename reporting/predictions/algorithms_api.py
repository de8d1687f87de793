"""The registry of algorithms over HTTP: the list, one algorithm, and what the two people do to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.accounts.rest import actor
from reporting.core.openapi import refusals
from reporting.core.rest import Pagination, only_parameters
from reporting.predictions.models import Algorithm
from reporting.predictions.serializers import (
    AlgorithmDetailSerializer,
    AlgorithmReasonSerializer,
    CaseRunSerializer,
    RegisteredAlgorithmSerializer,
)
from reporting.predictions.services import (
    activate_algorithm,
    decline_algorithm,
    propose_algorithm,
    request_case_run,
    retire_algorithm,
)


def _visible(user: User) -> QuerySet[Algorithm]:
    return Algorithm.objects.visible_to(user).select_related("proposed_by", "activated_by")


class AlgorithmsView(generics.ListAPIView[Algorithm]):
    serializer_class = RegisteredAlgorithmSerializer
    pagination_class = Pagination
    queryset = Algorithm.objects.none()

    def get_queryset(self) -> QuerySet[Algorithm]:
        user = actor(self.request)
        require(user, Act.ALGORITHM_VIEW)
        only_parameters(self.request, ())
        return _visible(user)

    @extend_schema(operation_id="algorithms", responses={200: RegisteredAlgorithmSerializer(many=True), **refusals()})
    def get(self, request: Request) -> Response:
        """All registered algorithms, newest first."""
        return self.list(request)


class AlgorithmView(generics.RetrieveAPIView[Algorithm]):
    serializer_class = AlgorithmDetailSerializer
    queryset = Algorithm.objects.none()
    lookup_url_kwarg = "algorithm_id"

    def get_queryset(self) -> QuerySet[Algorithm]:
        return _visible(actor(self.request))

    @extend_schema(operation_id="algorithm", responses={200: AlgorithmDetailSerializer, **refusals()})
    def get(self, request: Request, algorithm_id: uuid.UUID) -> Response:
        """One algorithm with its card and its newest run on the frozen cases."""
        return self.retrieve(request)


class _Change(APIView):
    def change(
        self, request: Request, algorithm_id: uuid.UUID, do: Callable[..., Algorithm], *, with_reason: bool
    ) -> Response:
        user = actor(request)
        algorithm = get_object_or_404(_visible(user), pk=algorithm_id)
        reason: dict[str, Any] = {}
        if with_reason:
            body = AlgorithmReasonSerializer(data=request.data)
            try:
                body.is_valid(raise_exception=True)
            except serializers.ValidationError:
                do(algorithm, reason="", by=user)  # who may not do it at all hears that first
                raise
            reason = {"reason": body.validated_data["reason"]}
        return Response(AlgorithmDetailSerializer(do(algorithm, **reason, by=user)).data)


class ProposeView(_Change):
    @extend_schema(
        operation_id="propose_algorithm",
        request=AlgorithmReasonSerializer,
        responses={200: AlgorithmDetailSerializer, **refusals(400, 409)},
    )
    def post(self, request: Request, algorithm_id: uuid.UUID) -> Response:
        """A senior asks for its activation; the frozen cases are run at once."""
        return self.change(request, algorithm_id, propose_algorithm, with_reason=True)


class DeclineView(_Change):
    @extend_schema(
        operation_id="decline_algorithm",
        request=AlgorithmReasonSerializer,
        responses={200: AlgorithmDetailSerializer, **refusals(400, 409)},
    )
    def post(self, request: Request, algorithm_id: uuid.UUID) -> Response:
        """Take a proposal from the table."""
        return self.change(request, algorithm_id, decline_algorithm, with_reason=True)


class ActivateView(_Change):
    @extend_schema(
        operation_id="activate_algorithm", request=None, responses={200: AlgorithmDetailSerializer, **refusals(409)}
    )
    def post(self, request: Request, algorithm_id: uuid.UUID) -> Response:
        """An auditor lets a proposed algorithm read new studies. 409 until it has passed the frozen cases."""
        return self.change(request, algorithm_id, activate_algorithm, with_reason=False)


class RetireView(_Change):
    @extend_schema(
        operation_id="retire_algorithm",
        request=AlgorithmReasonSerializer,
        responses={200: AlgorithmDetailSerializer, **refusals(400, 409)},
    )
    def post(self, request: Request, algorithm_id: uuid.UUID) -> Response:
        """Stop an active algorithm at once; one person is enough."""
        return self.change(request, algorithm_id, retire_algorithm, with_reason=True)


class CaseRunsView(APIView):
    @extend_schema(operation_id="run_frozen_cases", request=None, responses={202: CaseRunSerializer, **refusals(409)})
    def post(self, request: Request, algorithm_id: uuid.UUID) -> Response:
        """Have it run on the frozen cases once more, by an inference worker."""
        user = actor(request)
        algorithm = get_object_or_404(_visible(user), pk=algorithm_id)
        return Response(CaseRunSerializer(request_case_run(algorithm, by=user)).data, status=202)
