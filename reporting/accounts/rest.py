"""Who acts in an API request."""

from __future__ import annotations

from rest_framework.request import Request

from reporting.accounts.models import AccessToken, User


def token_of(request: Request) -> dict[str, int]:
    """What the audit trail says beside the account where a program asked: with which token; else nothing."""
    return {"token": request.auth.pk} if isinstance(request.auth, AccessToken) else {}


def actor(request: Request) -> User:
    """The logged-in account; the default permission class has refused everybody else before."""
    if not isinstance(request.user, User):
        raise TypeError("an API view without login asked who acts")
    return request.user
