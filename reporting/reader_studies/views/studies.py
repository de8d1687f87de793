"""The list of reader studies in which one has a part, and the beginning of a new one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from reporting.accounts.permissions import Act, may
from reporting.core.errors import InvalidInput
from reporting.reader_studies.forms import NewStudyForm
from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.services import create_study
from reporting.reader_studies.views.access import person
from reporting.reader_studies.words import StudyRole


@require_GET
def studies(request: HttpRequest) -> HttpResponse:
    user = person(request)
    rows = []
    for study in ReaderStudy.objects.visible_to(user):
        role = StudyRole(study.members.get(user=user).role)
        rows.append((study, role.label, _first_page(study, role)))
    form = NewStudyForm() if may(user, Act.READER_STUDY_CREATE) else None
    return render(request, "reader_studies/studies.html", {"nav": "reader_studies", "rows": rows, "form": form})


def _first_page(study: ReaderStudy, role: StudyRole) -> str:
    """Where this part begins."""
    match role:
        case StudyRole.READER:
            return reverse("reader_studies:desk", args=[study.pk])
        case StudyRole.ADJUDICATOR:
            return reverse("reader_studies:panel", args=[study.pk])
        case _:
            return reverse("reader_studies:design", args=[study.pk, "words"])


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    user = person(request)
    form = NewStudyForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(" ".join(str(one) for one in form.errors.get("title", ())))
    study = create_study(title=form.cleaned_data["title"], by=user)
    return redirect("reader_studies:design", study.pk, "words")
