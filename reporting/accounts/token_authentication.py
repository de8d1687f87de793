"""``Authorization: Bearer …`` of a program, on the addresses and for the methods that a view opens to tokens."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from reporting.accounts.access_tokens import known_token, note_use
from reporting.accounts.models import AccessToken, User


class TokenAuthentication(BaseAuthentication):
    """The view says in ``token_scopes`` (method → scope) what a token must open. ``request.auth`` is the token."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        kind, _space, shown = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = known_token(shown.strip())
        if token is None:
            raise AuthenticationFailed(_("This token is not known, or holds no longer"))
        view: Any = request.parser_context["view"]
        if view.token_scopes.get("GET" if request.method == "HEAD" else request.method) != token.scope:
            raise PermissionDenied(_("This token is for something else"))
        note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
