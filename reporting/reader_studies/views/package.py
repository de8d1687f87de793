"""A closed reader study as one file to take away."""

from __future__ import annotations

import tempfile
import uuid
from typing import cast

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_GET

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.reader_studies.package.archive import write_package
from reporting.reader_studies.permissions import StudyAct, require_in_study
from reporting.reader_studies.views.access import known_study
from reporting.reader_studies.words import StudyStatus

_IN_MEMORY = 16 * 1024**2


@require_GET
def package(request: HttpRequest, study_id: uuid.UUID) -> FileResponse:
    """The ZIP of :mod:`reporting.reader_studies.package`, for who may analyse, once the reading is closed."""
    study, user = known_study(request, study_id), cast(User, request.user)
    require_in_study(study, user, StudyAct.ANALYSE)
    if study.status != StudyStatus.CLOSED:
        raise Http404
    out = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  the answer closes it
    write_package(study, out)
    out.seek(0)
    record(AuditAct.READER_STUDY_EXPORTED, by=user, about=study)
    return FileResponse(
        out, as_attachment=True, filename=f"reader-study-{study.pk}.zip", content_type="application/zip"
    )
