"""What the list's own buttons do. Each answers with the list as it was filtered."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import cast
from urllib.parse import parse_qsl

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.core.errors import DomainError
from reporting.predictions.services import request_inference
from reporting.reports.services import start_report
from reporting.studies.models import Study
from reporting.studies.services import assign_studies
from reporting.worklist import services
from reporting.worklist.filters import Status, WorklistFilter
from reporting.worklist.forms import AssignmentForm, SearchForm, ViewForm
from reporting.worklist.models import WorklistView
from reporting.worklist.searches import keep_words
from reporting.worklist.views.listing import address_of


def _chosen(query: str) -> WorklistFilter:
    return WorklistFilter.from_query(dict(parse_qsl(query.removeprefix("?"))))


def _back(query: str) -> HttpResponse:
    return redirect(address_of(_chosen(query)))


@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Look for a patient among all studies; with nothing to look for, back to what was filtered."""
    require(cast(User, request.user), Act.STUDY_VIEW)
    form = SearchForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The words to search for are too long"))
        return _back("")
    chosen = _chosen(form.cleaned_data["query"])
    words = " ".join(form.cleaned_data["words"].split())
    if not words:
        return redirect(address_of(chosen.without_search()))
    status = Status.ALL if chosen.status is Status.OPEN else chosen.status
    return redirect(address_of(replace(chosen, status=status, search=keep_words(request, words))))


@require_POST
def order(request: HttpRequest) -> HttpResponse:
    services.set_suspicion_first(by=cast(User, request.user), on=request.POST.get("on") == "1")
    return _back(request.POST.get("query", ""))


@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    require(user, Act.STUDY_VIEW)
    form = ViewForm(request.POST)
    query = request.POST.get("query", "")
    if not form.is_valid():
        messages.error(request, _("A view needs a name of at most 48 characters"))
        return _back(query)
    given = form.cleaned_data
    try:
        services.save_view(by=user, name=given["name"], chosen=_chosen(query), is_default=given["is_default"])
    except DomainError as error:
        messages.error(request, error.message)
    return _back(query)


@require_POST
def change_view(request: HttpRequest, view_id: uuid.UUID) -> HttpResponse:
    """Delete or rename a view of one's own, or begin with it (``act``). A deleted one is still what the list shows."""
    user = cast(User, request.user)
    require(user, Act.STUDY_VIEW)
    view = get_object_or_404(WorklistView, owner=user, pk=view_id)
    act = request.POST.get("act")
    if act == "delete":
        services.delete_view(view, by=user)
        said = _("The view “%(name)s” is deleted. Its filters are still set: keep them again to have it back.")
        messages.success(request, said % {"name": view.name})
        return _back(view.query)
    elif act == "rename":
        try:
            services.rename_view(view, by=user, name=request.POST.get("name", ""))
        except DomainError as error:
            messages.error(request, error.message)
    elif act in ("default", "no-default"):
        services.make_default_view(view if act == "default" else None, by=user)
    return _back(request.POST.get("query", ""))


@require_POST
def assign(request: HttpRequest) -> HttpResponse:
    """Give the selected studies to one reader, or to nobody; what was assigned otherwise meanwhile is left alone."""
    user = cast(User, request.user)
    require(user, Act.STUDY_ASSIGN)
    form = AssignmentForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("A study can only be given to an active radiologist"))
        return _back(request.POST.get("query", ""))
    to = form.cleaned_data["to"]
    reader = get_object_or_404(User, pk=to) if to is not None else None
    assigned = assign_studies(dict(_selected(request)), to=reader, by=user)
    for now in assigned.refused.values():
        said = _("Somebody else has assigned this study meanwhile: to %(reader)s. Nothing was changed.")
        messages.error(request, said % {"reader": now})
    given = len(assigned.given)
    if given and reader is None:
        told = ngettext("%(n)d study is nobody's now.", "%(n)d studies are nobody's now.", given)
        messages.success(request, told % {"n": given})
    elif given:
        told = ngettext("%(n)d study was assigned.", "%(n)d studies were assigned.", given)
        messages.success(request, told % {"n": given})
    return _back(form.cleaned_data["query"])


def _selected(request: HttpRequest) -> Iterator[tuple[uuid.UUID, int]]:
    """Values that are none are passed over: the page makes them, nobody types them."""
    for value in request.POST.getlist("study")[:200]:
        study_id, _at, version = value.partition("@")
        try:
            yield uuid.UUID(study_id), int(version)
        except ValueError:
            continue


@require_POST
def run_models(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    user = cast(User, request.user)
    study = get_object_or_404(Study.objects.visible_to(user), pk=study_id)
    require(user, Act.INFERENCE_REQUEST)
    try:
        request_inference(study=study, by=user)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The models were asked to read the study."))
    return _back(request.POST.get("query", ""))


@require_POST
def start(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    user = cast(User, request.user)
    study = get_object_or_404(Study.objects.visible_to(user), pk=study_id)
    require(user, Act.REPORT_DRAFT)
    try:
        report = start_report(study=study, by=user)
    except DomainError as error:
        messages.error(request, error.message)
        return _back(request.POST.get("query", ""))
    return redirect("reports:read", report.pk)
