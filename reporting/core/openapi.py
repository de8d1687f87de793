"""What drf-spectacular cannot see by itself: our session class, the one error shape, the headers of a change."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "reporting.core.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class ErrorDetailSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable; programs decide by it")
    message = serializers.CharField(help_text="For people, in their language")
    details = serializers.JSONField(help_text="Depends on the code: problems, fields, the current version")
    request_id = serializers.CharField(help_text="The same id is in the server's log")


class ErrorSerializer(serializers.Serializer[Any]):
    """Every refusal of the API."""

    error = ErrorDetailSerializer()


IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description='The ETag of the version this change was made against, e.g. "3". 428 without, 412 when stale.',
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="8 to 128 characters chosen by the client: a repeat gets the answer of the first request.",
)

_MEANINGS = {
    400: "A value is not acceptable",
    401: "Nobody is logged in",
    403: "You may see this but not do that",
    404: "There is no such thing, or you may not know of it",
    406: "It does not come in the form that was asked for",
    409: "Not possible in the present state",
    412: "Made against a version that is no longer current",
    413: "The request is larger than one may be, or brings more files",
    415: "The body is of a kind that is not taken here",
    416: "There is no such part of it",
    422: "Incomplete or contradictory; details lists every problem",
    428: "If-Match is missing",
    429: "Too many wrong passwords",
    507: "Not enough space to store safely; nothing was stored",
}


def refusals(*statuses: int) -> dict[int, OpenApiResponse]:
    """The documented refusals of an operation: these, and those that every operation has."""
    return {
        status: OpenApiResponse(ErrorSerializer, _MEANINGS[status]) for status in sorted({401, 403, 404, *statuses})
    }
