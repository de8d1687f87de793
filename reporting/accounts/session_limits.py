"""Time-outs on the server: idle (``SESSION_IDLE_S``) and absolute (``SESSION_COOKIE_AGE``)."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

_LAST_SEEN = "last_seen"
_STARTED = "started"
# Writing the session on every request would make each read a write.
_RESOLUTION_S = 30
# A page that refreshes itself is not a person at work: such requests do not keep a session alive.
_BACKGROUND = "X-Background"


class SessionLimitsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = time.time()
            started = request.session.setdefault(_STARTED, now)
            last_seen = request.session.setdefault(_LAST_SEEN, now)
            if now - last_seen > settings.SESSION_IDLE_S or now - started > settings.SESSION_COOKIE_AGE:
                logout(request)
                request.session.modified = False  # nobody logged out: the cookie stays, see ``session_cookie``
            elif now - last_seen > _RESOLUTION_S and _BACKGROUND not in request.headers:
                request.session[_LAST_SEEN] = now
        return self.get_response(request)
