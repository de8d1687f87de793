"""Believe forwarded headers only from the proxies named in ``DENS_TRUSTED_PROXIES`` (ASVS 15.3.4).

Anybody else could write any address into the audit trail, or pretend that a plain connection was encrypted.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class TrustedProxyMiddleware:
    """Takes the client's address (the last of X-Forwarded-For) and the scheme from a trusted proxy; first in line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.META.get("REMOTE_ADDR") in settings.TRUSTED_PROXIES:
            # The last entry is the one our own proxy wrote; those before it came from outside.
            client = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", 1)[-1].strip()
            if _is_address(client):
                request.META["REMOTE_ADDR"] = client
            if request.META.get("HTTP_X_FORWARDED_PROTO") == "https":
                request.META["wsgi.url_scheme"] = "https"
        return self.get_response(request)
