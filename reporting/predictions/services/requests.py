"""Asking for inference, and taking the request back."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, WrongState
from reporting.predictions.dispatch import announce_job_on_commit
from reporting.predictions.inputs import inputs_digest, study_inputs
from reporting.predictions.models import Algorithm, InferenceJob, JobStatus
from reporting.predictions.result_payload import FARTHEST_MM
from reporting.studies.models import Study

logger = logging.getLogger(__name__)


def request_inference(study: Study, algorithm: Algorithm | None = None, *, by: User | None) -> InferenceJob:
    """Queue a job for ``study``; ``by=None`` is the system itself.

    Without ``algorithm``: one job for every active one, and the job of the one that fills reports is returned. Those
    that are shown beside it are left out where they have looked, or are about to look, at what the study holds now.

    Raises:
        NotAllowed: the actor's role may not ask for inference.
        WrongState: no algorithm is active, or the study is already queued or running with this one.
    """
    if by is not None:
        require(by, Act.INFERENCE_REQUEST)
    if algorithm is not None:
        return _queue(study, algorithm, by=by)
    active = list(Algorithm.objects.active())
    if not active:
        raise WrongState(_("No algorithm is active; an administrator must register one"))
    job = _queue(study, active[0], by=by)
    _queue_missing(study, active[1:], by=by)
    return job


def request_inference_for_new_studies(studies: Iterable[Study], *, by: User | None) -> list[InferenceJob]:
    """Queue a job for each study and active algorithm that neither looked nor will look at its present content.

    The ordinary end of an ingest, so the right to ingest is enough. May be called again for the same studies. Without
    an active algorithm nothing is queued now; the sweeper queues the studies once there is one.
    """
    if by is not None:
        require(by, Act.STUDY_INGEST)
    active = list(Algorithm.objects.active())
    if not active:
        logger.warning("no algorithm is active: studies are kept without analysis")
    return [job for study in studies for job in _queue_missing(study, active, by=by)]


def request_reading_from_c2_3(study: Study, point_lps_mm: Sequence[float], *, by: User) -> InferenceJob:
    """Queue a new reading in which the disc at ``point_lps_mm`` is C2/3, by the algorithm that fills reports.

    Which disc is C2/3 is a reader's statement, so it takes the right to write reports. It holds for every later
    reading of the study, until somebody points elsewhere.

    Raises:
        NotAllowed: the actor may not ask for inference or not write reports.
        InvalidInput: not three finite millimetres within the scanner.
        WrongState: no algorithm fills reports, or the study is already queued or running with it.
    """
    require(by, Act.INFERENCE_REQUEST)
    require(by, Act.REPORT_EDIT)
    point = [float(value) for value in point_lps_mm]
    if len(point) != 3 or not all(abs(value) <= FARTHEST_MM for value in point):  # NaN fails too
        raise InvalidInput(_("This is not a point in the patient"))
    algorithm = Algorithm.objects.filling_reports().first()
    if algorithm is None:
        raise WrongState(_("No algorithm is active; an administrator must register one"))
    return _queue(study, algorithm, by=by, c2_3_hint_lps_mm=point)


def request_again_if_study_grew(job: InferenceJob) -> None:
    """Queue a new job when objects came after ``job``, now ended, had read the study."""
    if inputs_digest(study_inputs(job.study_id)) != job.input_digest:
        request_inference_for_new_studies([job.study], by=None)


@transaction.atomic
def cancel_job(job: InferenceJob, *, by: User) -> InferenceJob:
    """Take a request back before a worker has taken the job.

    Raises:
        NotAllowed: the actor's role may not ask for inference.
        WrongState: the job is no longer queued.
    """
    require(by, Act.INFERENCE_REQUEST)
    queued = InferenceJob.objects.filter(pk=job.pk, status=JobStatus.QUEUED)
    if not queued.update(status=JobStatus.CANCELLED, finished_at=Now(), updated_at=Now()):
        raise WrongState(_("Only a job that has not started can be cancelled"))
    record(AuditAct.INFERENCE_CANCELLED, by=by, about=job)
    job.refresh_from_db()
    return job


@transaction.atomic
def _queue_missing(study: Study, algorithms: Iterable[Algorithm], *, by: User | None) -> list[InferenceJob]:
    jobs = []
    for algorithm in algorithms:
        if _is_answered(study, algorithm):
            continue
        with suppress(WrongState):  # queued by somebody else in this moment: that job sees the same content
            jobs.append(_queue(study, algorithm, by=by))
    return jobs


def _is_answered(study: Study, algorithm: Algorithm) -> bool:
    # A running job may have read the study before its last files came: whoever ends it looks again.
    jobs = InferenceJob.objects.filter(study=study, algorithm=algorithm).exclude(status=JobStatus.CANCELLED)
    latest = jobs.order_by("-created_at").first()
    if latest is None:
        return False
    if latest.status in (JobStatus.QUEUED, JobStatus.RUNNING):
        return True
    return latest.input_digest == inputs_digest(study_inputs(study.pk))


def _queue(
    study: Study, algorithm: Algorithm, *, by: User | None, c2_3_hint_lps_mm: list[float] | None = None
) -> InferenceJob:
    hint = c2_3_hint_lps_mm or InferenceJob.objects.c2_3_hint_of(study)
    try:
        with transaction.atomic():
            job = InferenceJob.objects.create(study=study, algorithm=algorithm, requested_by=by, c2_3_hint_lps_mm=hint)
            data: dict[str, Any] = {"study": str(study.pk), "algorithm": str(algorithm)}
            if hint is not None:
                data["c2_3_hint_lps_mm"] = hint
            record(AuditAct.INFERENCE_REQUESTED, by=by, about=job, data=data)
            announce_job_on_commit(job.pk)
    except IntegrityError as error:
        # The partial unique index is the judge; a look beforehand would lose the race.
        other = InferenceJob.objects.open().filter(study=study, algorithm=algorithm).first()
        if other is None:
            raise
        raise WrongState(_("This study is already being analysed"), details={"job": str(other.pk)}) from error
    return job
