"""One attempt at a job: take it, keep it, give it up. Every write is one conditional UPDATE, fenced by the attempt."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.predictions.dispatch import announce_job_on_commit, draft_reports_on_commit
from reporting.predictions.inputs import JobInput, inputs_digest, study_inputs
from reporting.predictions.models import InferenceJob, JobStatus, ThresholdChange
from reporting.predictions.querysets import InferenceJobQuerySet
from reporting.predictions.services.requests import request_again_if_study_grew


@dataclass(frozen=True)
class ClaimedJob:
    """What a worker needs to know about the job it holds. ``attempt`` is its fence for every later write."""

    id: uuid.UUID
    attempt: int
    study_id: uuid.UUID
    inputs: tuple[JobInput, ...]
    input_digest: str


def claim_job(job_id: uuid.UUID, *, worker: str, device: str = "") -> ClaimedJob | None:
    """Take the job for one lease, or return ``None`` when it is not there to be taken: done, cancelled, or another's.

    The input is fixed here, and the operating points: what arrives or is activated later is no part of this attempt.
    """
    with transaction.atomic():
        taken = (
            InferenceJob.objects.claimable()
            .filter(pk=job_id)
            .update(
                status=JobStatus.RUNNING,
                attempt=F("attempt") + 1,
                lease_expires_at=_lease_end(),
                started_at=Now(),
                updated_at=Now(),
                stage="",
                worker=worker[:128],
                device=device[:64],
            )
        )
        if not taken:
            return None
        job = InferenceJob.objects.get(pk=job_id)  # ours: the row is locked until commit
        inputs = study_inputs(job.study_id)
        job.input_digest = inputs_digest(inputs)
        changes = ThresholdChange.objects.in_force(job.algorithm).values()
        job.thresholds = {one.finding: {"threshold": one.threshold, "change": one.number} for one in changes}
        job.save(update_fields=["input_digest", "thresholds"])
        data = {"attempt": job.attempt, "worker": job.worker, "device": job.device, "input_digest": job.input_digest}
        if job.thresholds:
            data["thresholds"] = job.thresholds
        record(AuditAct.INFERENCE_STARTED, by=None, about=job, data=data)
    return ClaimedJob(job.pk, job.attempt, job.study_id, inputs, job.input_digest)


def renew_lease(job_id: uuid.UUID, attempt: int, *, stage: str | None = None) -> bool:
    """Say that this attempt lives, and at which stage it is. ``False``: the lease was lost, stop working."""
    ours = InferenceJob.objects.owned_by(job_id, attempt)
    if stage is None:
        return bool(ours.update(lease_expires_at=_lease_end(), updated_at=Now()))
    return bool(ours.update(lease_expires_at=_lease_end(), updated_at=Now(), stage=stage[:32]))


def fail_job(job_id: uuid.UUID, attempt: int, reason: str, message: str, *, retry: bool) -> bool:
    """End this attempt without a result. ``message`` is technical and free of patient data; pages say ``reason`` in
    words (``failure_words``).

    With ``retry`` the job is queued again while attempts are left. ``False``: the attempt no longer owns the job and
    nothing was written.
    """
    return _give_up(InferenceJob.objects.owned_by(job_id, attempt), reason, message, retry=retry)


def give_up_lost_attempt(job_id: uuid.UUID, attempt: int) -> bool:
    """Take the job away from a worker whose lease ran out. ``False``: it was heard of in the meantime."""
    lost = InferenceJob.objects.owned_by(job_id, attempt).with_expired_lease()
    return _give_up(lost, "worker_lost", "The worker stopped during the analysis", retry=True)


def _give_up(owned: InferenceJobQuerySet, reason: str, message: str, *, retry: bool) -> bool:
    tells = {"failure_reason": reason[:64], "failure_message": message[:500], "stage": "", "updated_at": Now()}
    with transaction.atomic():
        job = owned.select_for_update().first()
        if job is None:
            return False
        data = {"attempt": job.attempt, "reason": reason[:64]}
        row = InferenceJob.objects.owned_by(job.pk, job.attempt)
        if retry and job.attempt < settings.INFERENCE_MAX_ATTEMPTS:
            row.update(status=JobStatus.QUEUED, lease_expires_at=None, dispatched_at=None, **tells)
            record(AuditAct.INFERENCE_REQUEUED, by=None, about=job, data=data)
            announce_job_on_commit(job.pk)
            return True
        row.update(status=JobStatus.FAILED, lease_expires_at=None, finished_at=Now(), **tells)
        record(AuditAct.INFERENCE_FAILED, by=None, about=job, outcome="failure", data=data)
        draft_reports_on_commit()
    request_again_if_study_grew(job)
    return True


def _lease_end() -> CombinedExpression:
    return Now() + timedelta(seconds=settings.INFERENCE_LEASE_S)
