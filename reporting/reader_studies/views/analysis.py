"""The analysis of a closed reader study: asked for, waited for, looked at."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.charts.policy import draws_charts
from reporting.core.errors import DomainError, InvalidInput
from reporting.reader_studies import services
from reporting.reader_studies.analysis_page.page import analysis_page
from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.permissions import StudyAct, require_in_study
from reporting.reader_studies.views.access import known_study
from reporting.reader_studies.views.tabs import tabs
from reporting.reader_studies.words import AnalysisStatus, StudyStatus

USUAL = {"seed": 20261126, "resamples": 1000, "margin": 0.05}


@require_http_methods(["GET", "HEAD", "POST"])
@draws_charts
def analysis(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    """The newest finished analysis, or that of ``?number=``; ``?finding=`` chooses what. POST: work out another."""
    study, user = known_study(request, study_id), cast(User, request.user)
    require_in_study(study, user, StudyAct.ANALYSE)
    if study.status != StudyStatus.CLOSED:
        raise Http404
    if request.method == "POST":
        return _asked(request, study, user)
    finished = study.analyses.filter(status=AnalysisStatus.FINISHED).select_related("protocol")
    number = request.GET.get("number", "")
    if number and not (number.isdecimal() and len(number) < 9):
        raise Http404
    run = finished.filter(number=int(number)).first() if number else finished.first()
    page = analysis_page(run, request.GET.get("finding", "")) if run is not None else None
    if page is None and (number or request.GET.get("finding")):
        raise Http404
    if run is not None:
        record(AuditAct.ANALYSIS_SEEN, by=user, about=study, data={"number": run.number})
    newest = study.analyses.first()
    context: dict[str, Any] = {
        "nav": "reader_studies",
        "study": study,
        "step": "analysis",
        "name": _("Analysis"),
        "tabs": tabs(study, user),
        "run": run,
        "page": page,
        "newest": newest if newest is not None and newest.status != AnalysisStatus.FINISHED else None,
        "under_way": newest is not None and newest.status in (AnalysisStatus.WAITING, AnalysisStatus.RUNNING),
        "earlier": [one.number for one in finished],
        "usual": USUAL,
    }
    return render(request, "reader_studies/analysis.html", context)


def _asked(request: HttpRequest, study: ReaderStudy, user: User) -> HttpResponse:
    try:
        seed, resamples = _whole(request, "seed"), _whole(request, "resamples")
        services.ask_for_analysis(study, seed=seed, resamples=resamples, margin=_margin(request), by=user)
    except DomainError as refused:
        if refused.http_status in (403, 404):
            raise
        messages.error(request, refused.message)
    return redirect("reader_studies:analysis", study.pk)


def _whole(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not text.isdecimal() or len(text) > 10:
        raise InvalidInput(_("Seed and resamples are whole numbers"))
    return int(text)


def _margin(request: HttpRequest) -> float:
    try:
        return float(request.POST.get("margin", ""))
    except ValueError as error:
        raise InvalidInput(_("A margin of non-inferiority lies between 0 and 1")) from error
