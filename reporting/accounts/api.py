"""The session of the API: who am I, log in, log out."""

from __future__ import annotations

from django.contrib.auth import login, logout
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect, ensure_csrf_cookie
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reporting.accounts.rest import actor
from reporting.accounts.serializers import LoginSerializer, MeSerializer
from reporting.accounts.services import authenticate_for_login, end_session
from reporting.core.openapi import refusals


# DRF takes its views out of Django's CSRF check and does its own for sessions only; logging in needs it without one.
@method_decorator(csrf_protect, name="dispatch")
@method_decorator(ensure_csrf_cookie, name="dispatch")
class SessionView(APIView):
    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny()] if self.request.method == "POST" else [IsAuthenticated()]

    @extend_schema(responses={200: MeSerializer, **refusals()})
    def get(self, request: Request) -> Response:
        """Who is logged in, and what they may do. Sets the CSRF cookie in any case."""
        return Response(MeSerializer(actor(request)).data)

    @extend_schema(request=LoginSerializer, responses={200: MeSerializer, **refusals(400, 429)})
    def post(self, request: Request) -> Response:
        """Log in: a new session cookie. Needs the CSRF token, as every change does."""
        given = LoginSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = authenticate_for_login(given.validated_data["username"], given.validated_data["password"])
        login(request._request, user)
        return Response(MeSerializer(user).data)

    @extend_schema(responses={204: None, **refusals()})
    def delete(self, request: Request) -> Response:
        """Log out."""
        end_session(actor(request))
        logout(request._request)
        return Response(status=204)
