"""Accounts over HTTP, for administrators: who there is, a new one, another role, closed or open."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reporting.accounts.idempotency import once
from reporting.accounts.models import Role, User
from reporting.accounts.permissions import Act, may, require
from reporting.accounts.rest import actor
from reporting.accounts.services import create_user, grant_role, set_active
from reporting.core.openapi import IDEMPOTENCY_KEY, refusals
from reporting.core.rest import Pagination, only_parameters

LANGUAGES = ["en", "zh-hans"]


class UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "username", "full_name", "role", "section", "language", "is_active", "created_at"]
        read_only_fields = fields


class NewUserSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=64)
    full_name = serializers.CharField(max_length=128)
    role = serializers.ChoiceField(choices=Role.choices)
    section = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    language = serializers.ChoiceField(choices=LANGUAGES, default="en")


class CreatedUserSerializer(UserSerializer):
    password = serializers.CharField(
        allow_null=True, help_text="Told this once and stored nowhere readable; null in the answer to a repeat"
    )

    class Meta(UserSerializer.Meta):
        fields = [*UserSerializer.Meta.fields, "password"]


class RoleSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=Role.choices)


class ActiveSerializer(serializers.Serializer[Any]):
    is_active = serializers.BooleanField()


def _account(request: Request, user_id: uuid.UUID) -> User:
    """Who may not manage accounts may not know which there are."""
    known = User.objects.all() if may(actor(request), Act.USER_MANAGE) else User.objects.none()
    return get_object_or_404(known, pk=user_id)


class UsersView(generics.ListAPIView[User]):
    serializer_class = UserSerializer
    pagination_class = Pagination
    queryset = User.objects.none()

    def get_queryset(self) -> QuerySet[User]:
        require(actor(self.request), Act.USER_MANAGE)
        only_parameters(self.request, ())
        return User.objects.all()

    @extend_schema(operation_id="users", responses={200: UserSerializer(many=True), **refusals(400)})
    def get(self, request: Request) -> Response:
        """All accounts, newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="create_user",
        request=NewUserSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: CreatedUserSerializer, **refusals(400, 422)},
    )
    def post(self, request: Request) -> Response:
        """Make an account with a password that nobody chose."""
        user = actor(request)
        require(user, Act.USER_MANAGE)
        said = NewUserSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        given: dict[str, Any] = {**said.validated_data, "role": Role(said.validated_data["role"])}
        told: list[str] = []

        def make() -> Response:
            made, password = create_user(**given, by=user)
            told.append(password)
            return Response(UserSerializer(made).data, status=201)

        response = once(request, user, make)
        # Outside of what is kept for a repeat: a stored answer can be read.
        response.data = {**response.data, "password": told[0] if told else None}
        return response


class UserRoleView(APIView):
    @extend_schema(operation_id="grant_role", request=RoleSerializer, responses={200: UserSerializer, **refusals(400)})
    def put(self, request: Request, user_id: uuid.UUID) -> Response:
        """Another role, from the account's next request on. Not one's own."""
        account = _account(request, user_id)
        said = RoleSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        return Response(UserSerializer(grant_role(account, Role(said.validated_data["role"]), by=actor(request))).data)


class UserActiveView(APIView):
    @extend_schema(
        operation_id="set_active", request=ActiveSerializer, responses={200: UserSerializer, **refusals(400)}
    )
    def put(self, request: Request, user_id: uuid.UUID) -> Response:
        """Close or open an account; what it did stays. Not one's own."""
        account = _account(request, user_id)
        said = ActiveSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        return Response(UserSerializer(set_active(account, said.validated_data["is_active"], by=actor(request))).data)
