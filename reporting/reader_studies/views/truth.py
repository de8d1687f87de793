"""The reference standard: the owner seats a panel and imports files; members of the panel say what is true."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.forms.models import model_to_dict
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reporting.accounts.models import User
from reporting.core.errors import DomainError
from reporting.reader_studies import services
from reporting.reader_studies.forms import PanelForm
from reporting.reader_studies.models import Case, ReaderStudy, ReferencePanel
from reporting.reader_studies.panel import seat_of, shown_to, units_to_state, waiting_cases
from reporting.reader_studies.permissions import StudyAct, may_in_study, require_in_study
from reporting.reader_studies.reading_words import page_strings
from reporting.reader_studies.truth_file import COLUMNS, MOST_BYTES, FileRefused, example
from reporting.reader_studies.truth_form import read_answers, truth_fields
from reporting.reader_studies.truth_progress import truth_progress
from reporting.reader_studies.views.access import known_study, seen_version
from reporting.reader_studies.views.tabs import tabs
from reporting.reader_studies.words import PanelScheme, Seat, StudyStatus

MOST_SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
def reference(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    """How much is known, by source, never what; the owner seats the panel here and imports files."""
    study, user = known_study(request, study_id), cast(User, request.user)
    require_in_study(study, user, StudyAct.SEE_PROGRESS)
    may_set = may_in_study(study, user, StudyAct.SET_TRUTH)
    wrong: list[str] = []
    status = 200
    if request.method == "POST":
        require_in_study(study, user, StudyAct.SET_TRUTH)
        try:
            _act(request, study, user)
        except FileRefused as refused:
            messages.error(request, refused.message)
            wrong, status = list(refused.details or []), 422
        except DomainError as refused:
            if refused.http_status in (403, 404):
                raise
            messages.error(request, refused.message)
            status = 422
        else:
            return redirect("reader_studies:reference", study.pk)
    study.refresh_from_db()
    seated = ReferencePanel.objects.filter(reader_study=study).first()
    context: dict[str, Any] = {
        "nav": "reader_studies",
        "study": study,
        "step": "reference",
        "name": _("Reference standard"),
        "tabs": tabs(study, user),
        "may_set": may_set,
        "may_seat": study.status in (StudyStatus.DESIGN, StudyStatus.RUNNING),
        "panel": seated,
        "form": PanelForm(study, initial=model_to_dict(seated) if seated else None),
        "progress": truth_progress(study),
        "columns": COLUMNS,
        "wrong": wrong[:MOST_SHOWN],
        "more_wrong": max(0, len(wrong) - MOST_SHOWN),
    }
    return render(request, "reader_studies/reference.html", context, status=status)


def _act(request: HttpRequest, study: ReaderStudy, user: User) -> None:
    file = request.FILES.get("file")
    if isinstance(file, UploadedFile):
        taken = services.import_truth(study, file.read(MOST_BYTES + 1), by=user)
        messages.success(request, _("%(n)d values were imported.") % {"n": taken.lines})
        return
    form = PanelForm(study, request.POST)
    if not form.is_valid():
        raise FileRefused(_("Please choose who sits where"))
    said = form.cleaned_data
    services.seat_panel(
        study,
        PanelScheme(said["scheme"]),
        first=said["first"],
        second=said["second"],
        adjudicator=said["adjudicator"],
        by=user,
        expected_version=seen_version(request),
    )


@require_GET
def example_file(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    """A filled CSV file for this study."""
    study = known_study(request, study_id)
    require_in_study(study, cast(User, request.user), StudyAct.SET_TRUTH)
    response = HttpResponse("\ufeff" + example(study), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="reference_example.csv"'
    return response


@require_GET
def panel(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    """What waits for the seat of this member of the panel."""
    study, user = known_study(request, study_id), cast(User, request.user)
    require_in_study(study, user, StudyAct.JUDGE)
    held = ReferencePanel.objects.filter(reader_study=study).first()
    seat = seat_of(held, user) if held is not None else None
    waits = held is not None and seat is not None and study.locked_at is not None
    waiting = waiting_cases(held, seat) if waits and held and seat else Case.objects.none()
    context = {
        "nav": "reader_studies",
        "study": study,
        "seat": seat and Seat(seat).label,
        "number": waiting.count(),
        "next": waiting.first(),
        "scheme": held and PanelScheme(held.scheme).label,
    }
    return render(request, "reader_studies/panel.html", context)


@require_http_methods(["GET", "HEAD"])
def judge(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """One case in the reading room, with the places that this seat has to speak of."""
    case, held, seat = _seated(request, case_id)
    asked = units_to_state(held, case, seat)
    if not asked:
        return redirect("reader_studies:panel", case.reader_study_id)
    context = {
        "nav": "reader_studies",
        "study": case.reader_study,
        "case": case,
        "seat": seat.label,
        "findings": truth_fields(asked, shown_to(held, case, seat)),
        "page_strings": page_strings(),
    }
    return render(request, "reader_studies/judge.html", context)


@require_POST
def state(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """What was said of the case; it is final."""
    case, held, seat = _seated(request, case_id)
    try:
        answers = read_answers(case, units_to_state(held, case, seat), request.POST)
        services.state_truth(case, answers, by=cast(User, request.user))
    except DomainError as refused:
        if refused.http_status in (403, 404):
            raise
        details = ", ".join(refused.details) if isinstance(refused.details, list) else ""
        messages.error(request, f"{refused.message} {details}".strip())
        return redirect("reader_studies:judge", case.pk)
    messages.success(request, _("Kept."))
    return redirect("reader_studies:panel", case.reader_study_id)


def _seated(request: HttpRequest, case_id: uuid.UUID) -> tuple[Case, ReferencePanel, Seat]:
    """The case for a member of its panel; for anybody else there is no such page."""
    user = cast(User, request.user)
    studies = ReaderStudy.objects.visible_to(user).filter(locked_at__isnull=False)
    case = get_object_or_404(Case.objects.filter(reader_study__in=studies).select_related("reader_study"), pk=case_id)
    held = get_object_or_404(ReferencePanel, reader_study=case.reader_study_id)
    require_in_study(case.reader_study, user, StudyAct.JUDGE)
    seat = seat_of(held, user)
    if seat is None:
        raise Http404
    return case, held, seat
