"""Switch the language of this browser and return to the page it was asked from."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views import i18n
from django.views.decorators.http import require_POST


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """``language`` and ``next`` are form fields; an unknown language or another host's address is ignored."""
    return i18n.set_language(request)
