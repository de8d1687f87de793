"""A closed reader study as one file to take away: asked for, waited for, downloaded."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import DomainError
from reporting.reader_studies import services
from reporting.reader_studies.models import PackageFile, ReaderStudy
from reporting.reader_studies.package.contents import contents
from reporting.reader_studies.permissions import StudyAct, require_in_study
from reporting.reader_studies.views.access import known_study
from reporting.reader_studies.views.tabs import tabs
from reporting.reader_studies.words import AnalysisStatus, StudyStatus
from reporting.studies.blobs import open_blob


@require_http_methods(["GET", "HEAD", "POST"])
def package(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    """What a package holds, how far the newest is, and those that are finished. POST: build another."""
    study, user = _closed_study(request, study_id)
    if request.method == "POST":
        return _asked(request, study, user)
    newest = study.packages.first()
    context: dict[str, Any] = {
        "nav": "reader_studies",
        "study": study,
        "step": "package",
        "name": _("Package"),
        "tabs": tabs(study, user),
        "newest": newest if newest is not None and newest.status != AnalysisStatus.FINISHED else None,
        "under_way": newest is not None and newest.is_under_way,
        "finished": study.packages.filter(status=AnalysisStatus.FINISHED).select_related("file"),
        "contents": contents(),
    }
    return render(request, "reader_studies/package.html", context)


@require_GET
def package_file(request: HttpRequest, study_id: uuid.UUID, number: int) -> FileResponse:
    """The bytes of a finished package, checked against their digest."""
    study, user = _closed_study(request, study_id)
    made = get_object_or_404(PackageFile, build__reader_study=study, build__number=number)
    file = open_blob(made.sha256)
    record(AuditAct.READER_STUDY_EXPORTED, by=user, about=study, data={"number": number, "sha256": made.sha256})
    return FileResponse(
        file, as_attachment=True, filename=f"reader-study-{study.pk}-{number}.zip", content_type="application/zip"
    )


def _closed_study(request: HttpRequest, study_id: uuid.UUID) -> tuple[ReaderStudy, User]:
    """For who may analyse; nobody takes away what is still being read."""
    study, user = known_study(request, study_id), cast(User, request.user)
    require_in_study(study, user, StudyAct.ANALYSE)
    if study.status != StudyStatus.CLOSED:
        raise Http404
    return study, user


def _asked(request: HttpRequest, study: ReaderStudy, user: User) -> HttpResponse:
    try:
        services.ask_for_package(study, by=user)
    except DomainError as refused:
        if refused.http_status in (403, 404):
            raise
        messages.error(request, refused.message)
    return redirect("reader_studies:package", study.pk)
