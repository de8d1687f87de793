"""Pages around a study before it is read: upload, what is known of it, what is in quarantine."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import cast

from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import WrongState
from reporting.predictions.services import finish_upload
from reporting.reports.study_page import shares_of, study_page
from reporting.studies.archives import display_name
from reporting.studies.models import QuarantinedFile, Study
from reporting.studies.services import IncomingFile, IngestReport, end_share, ingest_instances
from reporting.studies.upload_handler import IncomingUploadHandler

PAGE_SIZE = 100


@csrf_exempt  # checked below: the upload handler must be chosen before the token is read from the body
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """The upload page. Its script sends files to the API; without script the form itself brings them here."""
    request.upload_handlers = [IncomingUploadHandler(request)]
    return _upload(request)


@csrf_protect
def _upload(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    require(user, Act.STUDY_INGEST)
    report: IngestReport | None = None
    if request.method == "POST":
        files = cast(list[TemporaryUploadedFile], request.FILES.getlist("files"))
        named = [IncomingFile(display_name(file.name or ""), Path(file.temporary_file_path())) for file in files]
        report = ingest_instances(named, by=user)
        finish_upload(report.studies, by=user)
    return render(request, "studies/upload.html", {"nav": "upload", "report": report})


@require_GET
def detail(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    user = cast(User, request.user)
    study = get_object_or_404(Study.objects.visible_to(user).select_related("patient", "assigned_to"), pk=study_id)
    record(AuditAct.STUDY_OPENED, by=user, about=study)
    return render(request, "studies/detail.html", {"page": study_page(study), "shares": shares_of(study, user)})


@require_POST
def unshare(request: HttpRequest, study_id: uuid.UUID, share_id: uuid.UUID) -> HttpResponse:
    user = cast(User, request.user)
    study = get_object_or_404(Study.objects.visible_to(user), pk=study_id)
    share = get_object_or_404(study.shares, pk=share_id)
    try:
        end_share(share, by=user)
    except WrongState as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The share has ended."))
    return redirect("studies:detail", study.pk)


@require_GET
def quarantine(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    require(user, Act.QUARANTINE_VIEW)
    files = QuarantinedFile.objects.visible_to(user).select_related("study__patient", "received_by")
    visible = set(Study.objects.visible_to(user).values_list("pk", flat=True)) if files.exists() else set()
    page = Paginator(files.order_by("-created_at", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "studies/quarantine.html", {"page": page, "visible_studies": visible})
