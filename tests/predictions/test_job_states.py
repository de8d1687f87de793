"""Every cell of the job's state table: what each service makes of a job in each state."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from reporting.accounts.models import Role
from reporting.core.errors import WrongState
from reporting.predictions.models import InferenceJob, JobStatus
from reporting.predictions.services import (
    cancel_job,
    claim_job,
    fail_job,
    publish_predictions,
    renew_lease,
    requeue_stale_jobs,
)
from reporting.predictions.states import JOB_TRANSITIONS
from tests.factories import make_job, make_result, make_user

pytestmark = pytest.mark.django_db

Q, R, S, F, C = JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED


def _job(status: JobStatus, *, expired: bool = False, attempt: int = 1) -> InferenceJob:
    lease = timezone.now() + timedelta(seconds=-1 if expired else 60)
    started = {} if status is Q else {"attempt": attempt}
    return make_job(status=status, lease_expires_at=lease if status is R else None, **started)


def _cancel(job: InferenceJob) -> None:
    with suppress(WrongState):
        cancel_job(job, by=make_user(Role.SENIOR))


SERVICES: dict[str, Callable[[InferenceJob], object]] = {
    "claim": lambda job: claim_job(job.pk, worker="w"),
    "renew": lambda job: renew_lease(job.pk, job.attempt),
    "publish": lambda job: publish_predictions(job.pk, job.attempt, make_result(job)),
    "refuse": lambda job: fail_job(job.pk, job.attempt, "no_sagittal", "…", retry=False),
    "try again": lambda job: fail_job(job.pk, job.attempt, "out_of_memory", "…", retry=True),
    "cancel": _cancel,
    "sweep": lambda job: requeue_stale_jobs(),
}
#             from:  queued running succeeded failed cancelled
OUTCOMES = {
    "claim": (R, R, S, F, C),
    "renew": (Q, R, S, F, C),
    "publish": (Q, S, S, F, C),
    "refuse": (Q, F, S, F, C),
    "try again": (Q, Q, S, F, C),
    "cancel": (C, R, S, F, C),
    "sweep": (Q, R, S, F, C),
}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(("column", "before"), list(enumerate((Q, R, S, F, C))))
def test_each_service_moves_a_job_only_as_the_table_says(service: str, column: int, before: JobStatus) -> None:
    job = _job(before)
    SERVICES[service](job)
    attempt = job.attempt
    job.refresh_from_db()
    assert job.status == OUTCOMES[service][column]
    assert job.attempt == attempt + (1 if (service, before) == ("claim", Q) else 0)
    if job.status != before:
        assert JOB_TRANSITIONS.allows(before, JobStatus(job.status))


@pytest.mark.parametrize("before", JobStatus)
@pytest.mark.parametrize("after", JobStatus)
def test_the_table_allows_exactly_what_was_designed(before: JobStatus, after: JobStatus) -> None:
    allowed = {(Q, R), (Q, C), (R, R), (R, S), (R, F), (R, Q)}
    assert JOB_TRANSITIONS.allows(before, after) is ((before, after) in allowed)


def test_a_job_whose_lease_ran_out_can_be_taken_over() -> None:
    job = _job(R, expired=True)
    claimed = claim_job(job.pk, worker="second")
    assert claimed is not None
    assert claimed.attempt == 2


def test_a_job_whose_last_attempt_was_lost_cannot_be_taken_over() -> None:
    job = _job(R, expired=True, attempt=3)
    assert claim_job(job.pk, worker="fourth") is None


def test_a_retry_after_the_last_attempt_fails_the_job() -> None:
    job = _job(R, attempt=3)
    assert fail_job(job.pk, 3, "out_of_memory", "…", retry=True)
    job.refresh_from_db()
    assert job.status == F
    assert job.failure_reason == "out_of_memory"
    assert job.finished_at is not None
