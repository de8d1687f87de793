"""The end of an upload: everything has been sent, so the studies may be looked at."""

from __future__ import annotations

from collections.abc import Iterable

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.predictions.models import InferenceJob
from reporting.predictions.services.requests import request_inference_for_new_studies
from reporting.studies.models import Study


def finish_upload(studies: Iterable[Study], *, by: User) -> list[InferenceJob]:
    """Ask for inference on each study whose content no job has looked at yet. May be called again.

    Not calling it loses nothing: the sweeper asks for studies that have been quiet for a minute.
    """
    require(by, Act.STUDY_INGEST)
    studies = list(studies)
    jobs = request_inference_for_new_studies(studies, by=by)
    for study in studies:
        record(AuditAct.UPLOAD_FINISHED, by=by, about=study)
    return jobs
