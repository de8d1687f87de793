"""A page belongs to the person it was made for: what it sends must not be done in the name of another.

Two people share a browser in a reading room. When the second logs in from another tab, the first one's page is still
open and its requests carry the second one's session: without this, text typed by one would be saved as the other's.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from reporting.core.rest import error_body

_ACCOUNT = "X-Account"


class PageAccountMiddleware:
    """Refuses a request whose page names another account than the session's; one that names none is let through."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        named = request.headers.get(_ACCOUNT)
        if named and request.user.is_authenticated and named != str(request.user.pk):
            message = _("Another person is logged in in this browser now")
            return JsonResponse(error_body("other_account", message), status=403)
        return self.get_response(request)
