"""A refusal in a page becomes a page that says why, with the status the API gives; what a role may not do is noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.response import Response

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core import rest
from reporting.core.errors import DomainError, NotAllowed


def _note_denial(request: HttpRequest) -> None:
    """Who asked for what their role may not do (method and route, no address: it may carry ids of others)."""
    user = request.user
    if isinstance(user, User):
        route = request.resolver_match.view_name if request.resolver_match else ""
        data = {"method": request.method, "route": route}
        record(AuditAct.ACCESS_DENIED, by=user, outcome="refused", data=data)


class RefusalPagesMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        if type(exception) is NotAllowed:
            _note_denial(request)
        return render(request, "error.html", {"message": exception.message}, status=exception.http_status)


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """The API's one error shape (``core.rest``), with the same note. Runs after the refused transaction is undone."""
    if type(error) is NotAllowed:
        _note_denial(context["request"]._request)
    return rest.exception_handler(error, context)
