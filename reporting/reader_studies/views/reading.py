"""A reader's pages: what comes next, the case that is read, and the truth of a training case once it is submitted."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reporting.accounts.models import User
from reporting.core.errors import DomainError, Incomplete
from reporting.reader_studies import services
from reporting.reader_studies.desk import next_step, progress
from reporting.reader_studies.feedback import feedback_of
from reporting.reader_studies.models import Reader, ReaderStudy, Reading
from reporting.reader_studies.permissions import StudyAct, require_in_study
from reporting.reader_studies.reading_form import reading_fields
from reporting.reader_studies.reading_words import page_strings
from reporting.reader_studies.viewing import open_readings
from reporting.reader_studies.views.access import known_study, seen_version
from reporting.reader_studies.words import ArmKind, ReadingState, StudyStatus


def _own_reader(request: HttpRequest, study_id: uuid.UUID) -> Reader:
    study = known_study(request, study_id)
    require_in_study(study, cast(User, request.user), StudyAct.READ)
    return get_object_or_404(study.readers.select_related("member", "reader_study"), member__user=request.user)


def _own_reading(request: HttpRequest, reading_id: uuid.UUID) -> Reading:
    """In any state: what can no longer be done is said by the services, or leads back to the desk."""
    user = cast(User, request.user)
    own = Reading.objects.filter(assignment__reader__reader_study__in=ReaderStudy.objects.visible_to(user))
    own = own.filter(assignment__reader__member__user=user, assignment__reader__member__ended_at__isnull=True)
    # Not the algorithm's job: loading what must not be seen takes longer the more it holds.
    found = own.select_related("assignment__reader__reader_study", "assignment__arm", "assignment__session")
    return get_object_or_404(found, pk=reading_id)


@require_GET
def desk(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    """How far the reader is, and what may be read now."""
    reader = _own_reader(request, study_id)
    study = reader.reader_study
    step = next_step(reader, timezone.now())
    context = {
        "nav": "reader_studies",
        "study": study,
        "reader": reader,
        "is_running": study.status == StudyStatus.RUNNING,
        "step": step,
        "has_begun": step.assignment is not None and hasattr(step.assignment, "reading"),
        "sessions": progress(reader),
    }
    return render(request, "reader_studies/desk.html", context)


@require_POST
def begin(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    """Open the case whose turn it is."""
    reader = _own_reader(request, study_id)
    try:
        reading = services.open_reading(reader, by=cast(User, request.user))
    except DomainError as refused:
        messages.error(request, refused.message)
        return redirect("reader_studies:desk", study_id)
    return redirect("reader_studies:read", reading.pk)


@require_GET
def read(request: HttpRequest, reading_id: uuid.UUID) -> HttpResponse:
    """The reading room with the fields of the design; a case that is paused or over shows nothing of itself."""
    reading = _own_reading(request, reading_id)
    assignment = reading.assignment
    study = assignment.reader.reader_study
    if not open_readings(cast(User, request.user)).filter(pk=reading.pk, state=ReadingState.OPEN).exists():
        return redirect("reader_studies:desk", study.pk)
    now = next((one for one in progress(assignment.reader) if one.number == assignment.session.number), None)
    findings = reading_fields(reading)
    fields = [field for finding in findings for field in finding.fields]
    context = {
        "nav": "reader_studies",
        "study": study,
        "reading": reading,
        "case": assignment.case,
        "assignment": assignment,
        "arm": ArmKind(assignment.arm.kind).label,
        "with_machine": ArmKind(assignment.arm.kind).needs_algorithm,
        "findings": findings,
        "rated": sum(field.is_rated for field in fields),
        "places": len(fields),
        "progress": now,
        "page_strings": page_strings(),
    }
    return render(request, "reader_studies/read.html", context)


@require_POST
def act(request: HttpRequest, reading_id: uuid.UUID, act: str) -> HttpResponse:
    """Pause or submit, at the ``version`` that the page saw. What is refused is said on the page itself."""
    reading = _own_reading(request, reading_id)
    study_id = reading.assignment.reader.reader_study_id
    user, version = cast(User, request.user), seen_version(request)
    try:
        if act == "pause":
            services.pause_reading(reading, by=user, expected_version=version)
        elif act == "submit":
            services.submit_reading(reading, by=user, expected_version=version)
        else:
            raise Http404
    except Incomplete as refused:
        messages.error(request, f"{refused.message}: {', '.join(refused.details)}")
        return redirect("reader_studies:read", reading_id)
    except DomainError as refused:
        if refused.http_status in (403, 404):
            raise
        messages.error(request, refused.message)
        return redirect("reader_studies:read", reading_id)  # or to the desk, where there is nothing to read any more
    if act == "submit" and reading.assignment.case.is_training:
        return redirect("reader_studies:feedback", reading_id)
    if act == "submit":
        messages.success(request, _("The case is submitted."))
    return redirect("reader_studies:desk", study_id)


@require_GET
def feedback(request: HttpRequest, reading_id: uuid.UUID) -> HttpResponse:
    """What is true of a training case beside what the reader said; of any other case there is no such page."""
    submitted = Reading.objects.filter(
        state=ReadingState.SUBMITTED,
        assignment__case__is_training=True,
        assignment__reader__member__user=cast(User, request.user),
        assignment__reader__member__ended_at__isnull=True,
    )
    reading = get_object_or_404(submitted.select_related("assignment__case"), pk=reading_id)
    study = reading.assignment.reader.reader_study
    require_in_study(study, cast(User, request.user), StudyAct.READ)
    context: dict[str, Any] = {
        "nav": "reader_studies",
        "study": study,
        "case": reading.assignment.case,
        "rows": feedback_of(reading),
    }
    return render(request, "reader_studies/feedback.html", context)
