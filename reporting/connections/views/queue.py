"""The outbox: what waits, what was given up; and to try again."""

from __future__ import annotations

import uuid
from typing import cast
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may, require
from reporting.core.errors import DomainError
from reporting.outbound.models import Delivery, DeliveryStatus, Destination
from reporting.outbound.services import retry_delivery, retry_destination

PAGE_SIZE = 50


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """``status``, ``destination``, ``page`` choose among the deliveries."""
    user = _viewer(request)
    chosen = {"status": request.GET.get("status", ""), "destination": request.GET.get("destination", "")}
    rows = Delivery.objects.select_related("destination")
    if chosen["status"] in DeliveryStatus.values:
        rows = rows.filter(status=chosen["status"])
    if place := _uuid(chosen["destination"]):
        rows = rows.filter(destination=place)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "connections/queue.html",
        {
            "nav": "connections",
            "tab": "queue",
            "page": page,
            "places": _places(),
            "statuses": DeliveryStatus.choices,
            "chosen": chosen,
            "query": urlencode({key: value for key, value in chosen.items() if value}),
            "may_retry": may(user, Act.DELIVERY_RETRY),
            "here": request.get_full_path(),
        },
    )


def _places() -> list[Destination]:
    """Each destination with what waits for it, what was given up, and when it last took something."""
    waiting = Q(deliveries__status__in=[DeliveryStatus.WAITING, DeliveryStatus.SENDING])
    counted = Destination.objects.annotate(
        waiting=Count("deliveries", filter=waiting),
        waiting_since=Min("deliveries__created_at", filter=waiting),
        parked=Count("deliveries", filter=Q(deliveries__status=DeliveryStatus.PARKED)),
        last_sent=Max("deliveries__sent_at"),
    )
    return list(counted.order_by("name"))


@require_POST
def retry(request: HttpRequest, delivery_id: uuid.UUID) -> HttpResponse:
    user = cast(User, request.user)
    require(user, Act.DELIVERY_RETRY)
    delivery = get_object_or_404(Delivery, pk=delivery_id)
    try:
        retry_delivery(delivery, by=user)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("It will be tried again now."))
    return _back(request)


@require_POST
def retry_all(request: HttpRequest, destination_id: uuid.UUID) -> HttpResponse:
    user = cast(User, request.user)
    require(user, Act.DELIVERY_RETRY)
    number = retry_destination(get_object_or_404(Destination, pk=destination_id), by=user)
    words = ngettext(
        "%(number)s delivery will be tried again now.", "%(number)s deliveries will be tried again now.", number
    )
    messages.success(request, words % {"number": number})
    return _back(request)


def _viewer(request: HttpRequest) -> User:
    user = cast(User, request.user)
    require(user, Act.DELIVERY_VIEW)
    return user


def _back(request: HttpRequest) -> HttpResponse:
    """To the page that the button was on."""
    here = request.POST.get("here", "")
    if url_has_allowed_host_and_scheme(here, allowed_hosts=None):
        return redirect(here)
    return redirect("connections:queue")


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
