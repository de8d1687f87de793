"""Sixteen workers, one winner; a lost lease lets exactly one more in; a late result is dropped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models.functions import Now

from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import WrongState
from reporting.predictions.models import InferenceJob, Prediction
from reporting.predictions.services import (
    ClaimedJob,
    claim_job,
    fail_job,
    publish_predictions,
    renew_lease,
    request_inference,
    requeue_stale_jobs,
)
from tests.factories import make_algorithm, make_job, make_result, make_study

pytestmark = pytest.mark.django_db(transaction=True)


def _all_claim(job: InferenceJob) -> list[ClaimedJob]:
    def claim(number: int) -> ClaimedJob | None:
        try:
            return claim_job(job.pk, worker=f"worker{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        return [claimed for claimed in pool.map(claim, range(16)) if claimed]


def _expire(job: InferenceJob) -> None:
    InferenceJob.objects.filter(pk=job.pk).update(lease_expires_at=Now())


def test_one_of_sixteen_workers_wins_and_after_a_lost_lease_one_more() -> None:
    job = make_job()
    first = _all_claim(job)
    _expire(job)
    second = _all_claim(job)
    assert [c.attempt for c in first] == [1]
    assert [c.attempt for c in second] == [2]
    assert AuditEvent.objects.filter(act="inference.started", object_id=str(job.pk)).count() == 2


def test_the_late_worker_is_fenced_off_and_the_second_publishes_once() -> None:
    job = make_job()
    result = make_result(job)
    claim_job(job.pk, worker="first")
    _expire(job)
    claim_job(job.pk, worker="second")

    assert not renew_lease(job.pk, 1, stage="grading")
    assert not publish_predictions(job.pk, 1, result)
    assert not fail_job(job.pk, 1, "no_sagittal", "…", retry=False)
    assert not Prediction.objects.exists()
    assert publish_predictions(job.pk, 2, result)
    assert not publish_predictions(job.pk, 2, result)
    assert Prediction.objects.filter(job=job).count() == 3
    assert AuditEvent.objects.filter(act="inference.succeeded").count() == 1


def test_two_sweepers_and_a_late_heartbeat_do_no_harm() -> None:
    job = make_job()
    claim_job(job.pk, worker="slow")
    _expire(job)
    stale = InferenceJob.objects.with_expired_lease().get()
    assert renew_lease(stale.pk, stale.attempt)  # heard of after all, between the look and the sweep
    assert requeue_stale_jobs() == []
    _expire(job)

    def sweep(_: int) -> None:
        try:
            requeue_stale_jobs()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(sweep, range(8)))
    assert AuditEvent.objects.filter(act="inference.requeued").count() == 1


def test_of_sixteen_requests_at_once_the_index_lets_one_in() -> None:
    study, _ = make_study(), make_algorithm()

    def ask(_: int) -> bool:
        try:
            request_inference(study, by=None)
        except WrongState:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(ask, range(16))) == 1
    assert InferenceJob.objects.count() == 1
    assert AuditEvent.objects.filter(act="inference.requested").count() == 1
