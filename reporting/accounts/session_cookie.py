"""The session cookie is written when a session begins and taken away when its person logs out, at no other time."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse


class SessionCookieMiddleware(SessionMiddleware):
    """Django's, but an answer that comes late cannot end the session another tab has begun in the meantime.

    Django renews the cookie whenever the session was written, and deletes it whenever its session is gone. A browser
    keeps whichever answer comes last: a page that refreshes itself in one tab would take away the cookie of the login
    just made in the other. Nothing needs either: the cookie lives as long as a session may (``SESSION_COOKIE_AGE``
    from the login, see ``session_limits``), and one without a session opens nothing.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        sent = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        written = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if written is not None:
            renewed = written.value == sent
            found_gone = written.value == "" and not request.session.modified
            if renewed or found_gone:
                del response.cookies[settings.SESSION_COOKIE_NAME]
        return response
