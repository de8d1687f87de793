"""Pagination and the one JSON error shape of the API: ``{"error": {"code", "message", "details", "request_id"}}``."""

from __future__ import annotations

import errno
import re
from collections.abc import Collection
from typing import Any

from django.http import Http404
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from reporting.core.errors import DomainError, InvalidInput, StorageFull, VersionRequired
from reporting.core.request_id import request_id


class Pagination(CursorPagination):
    """Cursor pages: constant cost at any depth, no counts to leak."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-created_at"

    def decode_cursor(self, request: Request) -> Cursor | None:
        """DRF would hand whatever stands in a cursor to the database."""
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and not self.is_position(str(cursor.position)):
            raise exceptions.NotFound(self.invalid_cursor_message)
        return cursor

    def is_position(self, text: str) -> bool:
        """Whether ``text`` is a value of the field that orders the list: a moment."""
        try:
            return parse_datetime(text) is not None
        except ValueError:
            return False


def version_seen(request: Request) -> int:
    """The version named by ``If-Match: "3"``; :class:`VersionRequired` without it, ``InvalidInput`` for nonsense."""
    header = request.headers.get("If-Match", "").strip()
    if header in {"", "*"}:
        raise VersionRequired(_("Say with If-Match which version you saw"))
    match = re.fullmatch(r'"?(\d{1,9})"?', header)
    if match is None:
        raise InvalidInput(_("If-Match must be the ETag of one version"))
    return int(match.group(1))


def etag(version: int) -> str:
    return f'"{version}"'


def only_parameters(request: Request, allowed: Collection[str]) -> None:
    """Refuse query parameters nobody wrote down: they never reach the database under a name of the client's choice."""
    unknown = set(request.query_params) - {*allowed, "cursor", "page_size"}
    if unknown:
        raise InvalidInput(_("There is no such filter"), details={"allowed": sorted(allowed)})


class AnyAccept(DefaultContentNegotiation):
    """For addresses that hand out files: what the client would like is not asked; refusals are JSON as ever."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


def error_body(code: str, message: str, details: Any = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "details": details, "request_id": request_id.get()}}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn every refusal into the one error shape; unknown errors stay 500 and are logged by Django."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        error = StorageFull(_("The storage is full; nothing was stored by this request."))
    if isinstance(error, DomainError):
        return Response(error_body(error.code, error.message, error.details), status=error.http_status)
    response = drf_exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, Http404):
        body = error_body("not_found", _("Not found"))
    elif isinstance(error, exceptions.ValidationError):
        body = error_body("invalid_input", _("Some values are not acceptable"), response.data)
    elif isinstance(error, exceptions.APIException):
        body = error_body(str(error.default_code), str(error.detail))
    else:
        body = error_body("not_allowed", _("Not allowed"))
    response.data = body
    return response
