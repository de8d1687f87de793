"""Peers, senders, archives and destinations: their lists, and one form each to add and to change."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.connections.sorts import SORTS, Sort
from reporting.connections.words import fault_words
from reporting.core.errors import DomainError, InvalidInput, VersionRequired
from reporting.outbound.models import Kind


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
def ask(request: HttpRequest, sort: str, thing_id: uuid.UUID) -> HttpResponse:
    """Ask there now and say what came back."""
    user = _manager(request)
    chosen = _sort(sort)
    if chosen.ask is None:
        raise Http404
    thing = get_object_or_404(chosen.model, pk=thing_id)
    try:
        heard = chosen.ask(thing, user)
    except InvalidInput as refusal:
        messages.error(request, refusal.message)
        return redirect("connections:things", sort)
    if heard.fault:
        words = {"name": thing, "why": fault_words(heard.fault)}
        messages.error(request, _("%(name)s does not answer as it should: %(why)s.") % words)
    else:
        messages.success(request, heard.words or _("%(name)s answers.") % {"name": thing})
    return redirect("connections:things", sort)


def _form_page(request: HttpRequest, sort: str, chosen: Sort, form: forms.Form, thing: Any) -> HttpResponse:
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
