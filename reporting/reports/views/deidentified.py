"""A de-identified copy of a study, handed to those who may export."""

from __future__ import annotations

import tempfile
import uuid
from typing import cast

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views import View

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.core.errors import DomainError
from reporting.studies.models import Study
from reporting.studies.services.deidentified_export import MAX_TEXT, export_deidentified


class DeidentifiedStudyView(View):
    def get(self, request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
        study, _user = _study(request, study_id)
        return render(request, "studies/deidentified.html", {"study": study, "longest": MAX_TEXT})

    def post(self, request: HttpRequest, study_id: uuid.UUID) -> HttpResponseBase:
        study, user = _study(request, study_id)
        said = {"purpose": request.POST.get("purpose", ""), "note": request.POST.get("note", "")}
        file = tempfile.TemporaryFile()  # noqa: SIM115  the answer closes it
        try:
            made = export_deidentified(study, file, **said, by=user)
        except DomainError as refusal:
            file.close()
            shown = {"study": study, "longest": MAX_TEXT, "refusal": refusal.message, **said}
            return render(request, "studies/deidentified.html", shown, status=refusal.http_status)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=made.name, content_type="application/zip")


def _study(request: HttpRequest, study_id: uuid.UUID) -> tuple[Study, User]:
    user = cast(User, request.user)
    study = get_object_or_404(Study.objects.visible_to(user).select_related("patient"), pk=study_id)
    require(user, Act.DATASET_EXPORT)
    return study, user
