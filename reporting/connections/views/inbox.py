"""Messages that came in: those that could not be used, to try again or to dismiss. No page shows what they say."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import cast
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may, require
from reporting.connections.words import fault_words
from reporting.core.errors import DomainError
from reporting.orders.intake import dismiss_message, retry_message
from reporting.orders.models import InboundMessage, Outcome

PAGE_SIZE = 50


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """``outcome`` and ``page`` choose among the messages; at first those that people must look at."""
    user = cast(User, request.user)
    require(user, Act.DELIVERY_VIEW)
    outcome = request.GET.get("outcome", Outcome.PARKED.value)
    rows = InboundMessage.objects.select_related("sender").defer("content")
    if outcome in Outcome.values:
        rows = rows.filter(outcome=outcome)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "connections/inbox.html",
        {
            "nav": "connections",
            "tab": "inbox",
            "page": page,
            "outcome": outcome,
            "outcomes": Outcome.choices,
            "query": urlencode({"outcome": outcome}),
            "may_retry": may(user, Act.DELIVERY_RETRY),
        },
    )


@require_POST
def retry(request: HttpRequest, message_id: uuid.UUID) -> HttpResponse:
    def act(message: InboundMessage, user: User) -> str:
        tried = retry_message(message, by=user)
        if tried.outcome == Outcome.TAKEN:
            return _("The message was taken.")
        return _("It still cannot be used: %(why)s") % {"why": fault_words(tried.fault)}

    return _acted(request, message_id, act)


@require_POST
def dismiss(request: HttpRequest, message_id: uuid.UUID) -> HttpResponse:
    def act(message: InboundMessage, user: User) -> str:
        dismiss_message(message, by=user)
        return _("The message was dismissed; its content is gone.")

    return _acted(request, message_id, act)


def _acted(request: HttpRequest, message_id: uuid.UUID, act: Callable[[InboundMessage, User], str]) -> HttpResponse:
    user = cast(User, request.user)
    require(user, Act.DELIVERY_RETRY)
    message = get_object_or_404(InboundMessage, pk=message_id)
    try:
        messages.success(request, act(message, user))
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("connections:inbox")
