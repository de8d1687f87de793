"""The Content-Security-Policy of every answer."""

from __future__ import annotations

import functools
from typing import cast

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class ContentPolicyMiddleware(CSPMiddleware):  # type: ignore[misc]
    """django-csp's; what nearly all answers get is put together once: a tenth of the time of a short answer."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        own = [*vars(request), *vars(response)]  # what its decorators and a nonce leave there
        if settings.DEBUG or HEADER in response or any(name.startswith("_csp") for name in own):
            return cast(HttpResponseBase, super().process_response(request, response))
        response[HEADER] = _ordinary()
        return response


@functools.cache
def _ordinary() -> str:
    return str(build_policy())
