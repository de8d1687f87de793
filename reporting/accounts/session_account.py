"""Who a request comes from: the account that was read with the session."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from reporting.accounts.models import User
from reporting.accounts.session_store import SessionStore


class SessionAccountMiddleware(AuthenticationMiddleware):
    """Django's, without a second question to the database."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = cast(User, SimpleLazyObject(lambda: _account(request)))


def _account(request: HttpRequest) -> User | AnonymousUser:
    """What ``auth.get_user`` gives; it is asked where anything is not as it should be: it ends such a session."""
    session = cast(SessionStore, request.session)
    proof = session.get(auth.HASH_SESSION_KEY, "")
    known = session.get(auth.BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
    user = session.account
    if known and user is not None and user.is_active and constant_time_compare(proof, user.get_session_auth_hash()):
        return user
    return auth.get_user(request)
