"""One id per request, on every log line and audit event of that request, and in the answer's X-Request-ID header."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

request_id: ContextVar[str] = ContextVar("request_id", default="")
remote_address: ContextVar[str] = ContextVar("remote_address", default="")


class RequestIdMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Ours only: an id taken from a header could carry line breaks or a patient's name into the logs.
        identifier = uuid.uuid4().hex
        request.request_id = identifier  # type: ignore[attr-defined]
        id_token = request_id.set(identifier)
        address_token = remote_address.set(request.META.get("REMOTE_ADDR", ""))
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(id_token)
            remote_address.reset(address_token)
        response["X-Request-ID"] = identifier
        return response
