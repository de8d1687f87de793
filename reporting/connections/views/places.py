"""Peers, senders and destinations: their lists, and one form each to add and to change."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.connections.forms import DestinationForm, PeerForm, SenderForm
from reporting.connections.words import fault_words
from reporting.core.errors import DomainError, VersionRequired
from reporting.dicom_network.models import Peer
from reporting.dicom_network.services import add_peer, change_peer
from reporting.orders.models import MessageSender
from reporting.orders.senders import add_sender, change_sender
from reporting.outbound.asking import ask
from reporting.outbound.destinations import add_destination, change_destination
from reporting.outbound.models import Destination, Kind

_Form = forms.Form


@dataclass(frozen=True)
class Sort:
    """One sort of thing to add and change. ``form(data, kind, thing)``; ``add(form, by)``; ``change(…, version)``."""

    model: type[models.Model]
    title: str | Promise
    title_to_add: str | Promise
    form: Callable[[Any, str, Any], _Form]
    add: Callable[[Any, User], models.Model]
    change: Callable[[Any, Any, User, int], models.Model]
    kinds: tuple[str, ...] = ("",)


def _destination_form(data: Any, kind: str, thing: Destination | None) -> DestinationForm:
    return DestinationForm(data, kind=Kind(thing.kind if thing else kind), destination=thing)


SORTS: Mapping[str, Sort] = {
    "destinations": Sort(
        Destination,
        gettext_lazy("Destinations"),
        gettext_lazy("Add a destination"),
        _destination_form,
        lambda form, by: add_destination(form.cleaned_data["name"], form.where(), by=by),
        lambda form, thing, by, version: change_destination(
            thing, form.where(), is_active=form.cleaned_data["is_active"], by=by, expected_version=version
        ),
        tuple(Kind.values),
    ),
    "senders": Sort(
        MessageSender,
        gettext_lazy("HL7 senders"),
        gettext_lazy("Add an HL7 sender"),
        lambda data, _kind, thing: SenderForm(data, sender=thing),
        lambda form, by: add_sender(form.cleaned_data["name"], form.calling(), by=by),
        lambda form, thing, by, version: change_sender(
            thing, form.calling(), is_active=form.cleaned_data["is_active"], by=by, expected_version=version
        ),
    ),
    "peers": Sort(
        Peer,
        gettext_lazy("DICOM peers"),
        gettext_lazy("Add a DICOM peer"),
        lambda data, _kind, thing: PeerForm(data, peer=thing),
        lambda form, by: add_peer(by=by, **form.cleaned_data),
        lambda form, thing, by, version: change_peer(thing, by=by, expected_version=version, **form.cleaned_data),
    ),
}


@require_GET
def things(request: HttpRequest, sort: str) -> HttpResponse:
    """The list of one sort."""
    _manager(request)
    chosen = _sort(sort)
    context = {
        "nav": "connections",
        "tab": sort,
        "sort": chosen,
        "things": chosen.model._default_manager.all(),
        "kinds": Kind.choices if sort == "destinations" else [],
    }
    return render(request, f"connections/{sort}.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, sort: str) -> HttpResponse:
    """``kind``, of a destination: what it speaks."""
    user = _manager(request)
    chosen = _sort(sort)
    kind = request.GET.get("kind", "")
    if kind not in chosen.kinds:
        raise Http404
    form = chosen.form(request.POST if request.method == "POST" else None, kind, None)
    if form.is_valid():
        try:
            made = chosen.add(form, user)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": made})
            return redirect("connections:things", sort)
    return _form_page(request, sort, chosen, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, sort: str, thing_id: uuid.UUID) -> HttpResponse:
    """POST: the form, and the ``version`` that it was made of."""
    user = _manager(request)
    chosen = _sort(sort)
    thing: Any = get_object_or_404(chosen.model, pk=thing_id)
    form = chosen.form(request.POST if request.method == "POST" else None, "", thing)
    if form.is_valid():
        version = request.POST.get("version", "")
        if not version.isdecimal():
            raise VersionRequired("version")
        try:
            chosen.change(form, thing, user, int(version))
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("%(name)s was changed.") % {"name": thing})
            return redirect("connections:things", sort)
    return _form_page(request, sort, chosen, form, thing)


@require_POST
def ask_destination(request: HttpRequest, thing_id: uuid.UUID) -> HttpResponse:
    """Ask there now and say what came back."""
    user = _manager(request)
    destination = get_object_or_404(Destination, pk=thing_id)
    answer = ask(destination, by=user)
    if answer.fault:
        words = {"name": destination.name, "why": fault_words(answer.fault)}
        messages.error(request, _("%(name)s does not answer as it should: %(why)s.") % words)
    elif answer.said and destination.kind == Kind.MLLP:
        words = {"name": destination.name, "said": answer.said}
        messages.success(request, _("%(name)s answers, but takes no network queries: %(said)s.") % words)
    elif answer.said:
        words = {"name": destination.name, "version": answer.said}
        messages.success(request, _("%(name)s answers: FHIR %(version)s.") % words)
    else:
        messages.success(request, _("%(name)s answers.") % {"name": destination})
    return redirect("connections:things", "destinations")


def _form_page(request: HttpRequest, sort: str, chosen: Sort, form: _Form, thing: Any) -> HttpResponse:
    context = {"nav": "connections", "tab": sort, "sort": chosen, "form": form, "thing": thing}
    return render(request, "connections/form.html", context)


def _sort(name: str) -> Sort:
    if name not in SORTS:
        raise Http404
    return SORTS[name]


def _manager(request: HttpRequest) -> User:
    user = cast(User, request.user)
    require(user, Act.PEER_MANAGE)
    return user
