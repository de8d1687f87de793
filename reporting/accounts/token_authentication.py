"""``Authorization: Bearer …`` of a program, on the addresses that take studies in."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from reporting.accounts.machine_tokens import account_of
from reporting.accounts.models import User


class MachineTokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, None] | None:
        kind, _space, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        user = account_of(token.strip())
        if user is None:
            raise AuthenticationFailed(_("This token is not known, or holds no longer"))
        return user, None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class MachineTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = MachineTokenAuthentication
    name = "machineToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
