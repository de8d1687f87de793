"""The worklist: studies one may read, with the state of their job and report."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.core.errors import DomainError
from reporting.predictions.services import request_inference
from reporting.reports.forms import WorklistFilterForm
from reporting.reports.services import start_report
from reporting.reports.worklist import WorklistFilter, worklist_page
from reporting.studies.models import Study

_SESSION_KEY = "worklist_filter"


def _context(request: HttpRequest) -> dict[str, object]:
    user = cast(User, request.user)
    chosen = WorklistFilter.from_session(request.session.get(_SESSION_KEY))
    page = worklist_page(user, chosen, before=request.GET.get("before", ""))
    return {"nav": "worklist", "page": page, "chosen": chosen, "form": WorklistFilterForm(chosen.to_session())}


@require_GET
def worklist(request: HttpRequest) -> HttpResponse:
    require(cast(User, request.user), Act.STUDY_VIEW)
    return render(request, "reports/worklist.html", _context(request))


@require_GET
def worklist_rows(request: HttpRequest) -> HttpResponse:
    """The same rows as a fragment, for the page to refresh itself."""
    require(cast(User, request.user), Act.STUDY_VIEW)
    return render(request, "reports/_worklist_rows.html", _context(request))


@require_POST
def set_worklist_filter(request: HttpRequest) -> HttpResponse:
    form = WorklistFilterForm(request.POST)
    if form.is_valid():
        request.session[_SESSION_KEY] = WorklistFilter.from_session(form.cleaned_data).to_session()
    return redirect("reports:worklist")


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
    return redirect("reports:worklist")


@require_POST
def start(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    user = cast(User, request.user)
    study = get_object_or_404(Study.objects.visible_to(user), pk=study_id)
    require(user, Act.REPORT_DRAFT)
    try:
        report = start_report(study=study, by=user)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("reports:worklist")
    return redirect("reports:read", report.pk)
