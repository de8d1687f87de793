"""The design, one page a step. A page that is sent answers with the next step, or with itself and what is wrong."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from reporting.accounts.models import User
from reporting.core.errors import DomainError
from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.permissions import StudyAct, may_in_study, require_in_study
from reporting.reader_studies.views import steps
from reporting.reader_studies.views.access import known_study, seen_version
from reporting.reader_studies.views.tabs import NEEDS, STEP_NAMES, tabs

Shower = Callable[[HttpRequest, ReaderStudy], dict[str, Any]]
Saver = Callable[[HttpRequest, ReaderStudy, User, int], dict[str, Any] | None]

STEPS: dict[str, tuple[Shower, Saver]] = {
    "words": (steps.show_words, steps.save_words),
    "findings": (steps.show_findings, steps.save_findings),
    "cases": (steps.show_cases, steps.save_cases),
    "people": (steps.show_people, steps.save_people),
    "arms": (steps.show_arms, steps.save_arms),
    "check": (steps.show_check, steps.save_check),
}
_STAYS = {"cases", "people", "check"}
"""Steps at which one does several things."""


@require_http_methods(["GET", "HEAD", "POST"])
def design(request: HttpRequest, study_id: uuid.UUID, step: str) -> HttpResponse:
    """One step of the design. POST: fields of the step and ``version``."""
    study = known_study(request, study_id)
    if step not in STEPS:
        raise Http404
    user = cast(User, request.user)
    require_in_study(study, user, NEEDS.get(step, StudyAct.SEE_PROTOCOL))
    show, save = STEPS[step]
    context: dict[str, Any] | None = None
    if request.method == "POST":
        version = seen_version(request)
        try:
            context = save(request, study, user, version)
        except DomainError as refused:
            if refused.http_status in (403, 404):
                raise
            messages.error(request, refused.message)
            study.refresh_from_db()
            context = show(request, study)
        else:
            if context is None:
                return _onward(request, study, step)
    shown = context if context is not None else show(request, study)
    page = {
        "nav": "reader_studies",
        "study": study,
        "step": step,
        "name": STEP_NAMES[step],
        "tabs": tabs(study, user),
        "may_change": study.is_in_design and may_in_study(study, user, StudyAct.DESIGN),
    }
    return render(request, f"reader_studies/{step}.html", page | shown, status=422 if context is not None else 200)


def _onward(request: HttpRequest, study: ReaderStudy, step: str) -> HttpResponse:
    """The next step; the same one, with its filters, where one does several things."""
    address = reverse("reader_studies:design", args=[study.pk, step if step in _STAYS else _after(step)])
    query = request.GET.urlencode() if step in _STAYS else ""
    return redirect(f"{address}?{query}" if query else address)


def _after(step: str) -> str:
    keys = list(STEP_NAMES)
    return keys[keys.index(step) + 1]
