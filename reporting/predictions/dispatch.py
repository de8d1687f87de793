"""Knocking on the worker's door: task names, and messages that leave on commit.

``reporting`` cannot import the pixel task; it asks for it by name. A message carries ids only and may be lost: the row
is the work order and ``requeue_stale_jobs`` repeats the knock, so a broker that is down never fails the request.
"""

from __future__ import annotations

import uuid
from functools import partial

from django.db import transaction
from django.db.models.functions import Now

from reporting.core.knock import knock
from reporting.predictions.models import CaseRun, InferenceJob, JobStatus

RUN_INFERENCE_JOB = "inference.run_inference_job"
RUN_FROZEN_CASES = "inference.run_frozen_cases"
DRAFT_REPORTS = "reporting.draft_reports"
TASK_NAMES = (RUN_INFERENCE_JOB, RUN_FROZEN_CASES, DRAFT_REPORTS)


def announce_job_on_commit(job_id: uuid.UUID) -> None:
    """Tell an inference worker about the job once its row is visible to it."""
    transaction.on_commit(partial(_announce_job, job_id), robust=True)


def announce_case_run_on_commit(run_id: uuid.UUID) -> None:
    """Tell an inference worker that an algorithm is to be run on the frozen cases."""
    transaction.on_commit(partial(_announce_case_run, run_id), robust=True)


def draft_reports_on_commit() -> None:
    """Ask the default worker to draft the reports of finished jobs."""
    transaction.on_commit(partial(knock, DRAFT_REPORTS), robust=True)


def _announce_job(job_id: uuid.UUID) -> None:
    if knock(RUN_INFERENCE_JOB, job_id=str(job_id)):
        InferenceJob.objects.filter(pk=job_id, status=JobStatus.QUEUED).update(dispatched_at=Now())


def _announce_case_run(run_id: uuid.UUID) -> None:
    if knock(RUN_FROZEN_CASES, run_id=str(run_id)):
        CaseRun.objects.filter(pk=run_id).update(dispatched_at=Now())
