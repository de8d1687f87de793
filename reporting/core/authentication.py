"""Who is asking: the browser's session. Apart from ``rest``: DRF imports it while its own views are half loaded."""

from __future__ import annotations

from rest_framework import authentication
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session with its CSRF token; nobody logged in is 401, as opposed to 403 for "you may not"."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"
