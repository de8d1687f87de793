"""What the clock repairs: lost workers, lost messages, studies nobody asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from reporting.audit_trail.models import AuditEvent
from reporting.predictions.models import InferenceJob, JobStatus, WorkerHeartbeat
from reporting.predictions.services import (
    claim_job,
    fail_job,
    forget_silent_workers,
    note_worker_alive,
    request_missing_inference,
    requeue_stale_jobs,
)
from reporting.predictions.services.sweeps import KNOCKS_PER_SWEEP
from reporting.studies.models import SopInstance, Study
from tests.factories import add_object, make_algorithm, make_job, make_study
from tests.predictions.conftest import Messages

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)

LONG_AGO = timezone.now() - timedelta(hours=1)


@committed
def test_a_poison_job_is_given_up_after_three_lost_workers(messages: Messages) -> None:
    job = make_job()
    for attempt in (1, 2, 3):
        claimed = claim_job(job.pk, worker="w")
        assert claimed is not None
        assert claimed.attempt == attempt
        InferenceJob.objects.filter(pk=job.pk).update(lease_expires_at=Now())
        requeue_stale_jobs()
    job.refresh_from_db()
    assert (job.status, job.failure_reason) == (JobStatus.FAILED, "worker_lost")
    assert AuditEvent.objects.filter(act="inference.requeued").count() == 2
    assert AuditEvent.objects.filter(act="inference.failed").count() == 1
    assert [name for name, _ in messages()].count("inference.run_inference_job") == 2
    assert claim_job(job.pk, worker="w") is None


@committed
def test_a_living_worker_keeps_its_job(messages: Messages) -> None:
    job = make_job()
    claim_job(job.pk, worker="w")
    assert requeue_stale_jobs() == []
    assert messages() == []


@committed
def test_a_knock_that_was_lost_is_repeated_after_a_minute_and_not_before(messages: Messages) -> None:
    never, lost, fresh = make_job(), make_job(dispatched_at=LONG_AGO), make_job(dispatched_at=timezone.now())
    assert {job.pk for job in requeue_stale_jobs()} == {never.pk, lost.pk}
    assert {ids["job_id"] for _, ids in messages()} == {str(never.pk), str(lost.pk)}
    assert requeue_stale_jobs() == []
    fresh.refresh_from_db()
    assert fresh.attempt == 0


@committed
def test_a_long_queue_is_not_knocked_for_all_at_once_and_nobody_is_forgotten(messages: Messages) -> None:
    jobs = {str(make_job().pk) for _ in range(KNOCKS_PER_SWEEP + 5)}
    requeue_stale_jobs()
    first = {ids["job_id"] for _, ids in messages()}
    requeue_stale_jobs()
    second = {ids["job_id"] for _, ids in messages()}
    assert len(first) == KNOCKS_PER_SWEEP
    assert first | second == jobs
    assert not first & second


def test_a_received_study_nobody_asked_for_is_queued_once_it_is_quiet() -> None:
    make_algorithm()
    forgotten, arriving, asked = make_study(), make_study(), make_study()
    make_job(asked, status=JobStatus.CANCELLED)
    Study.objects.create(patient=forgotten.patient, study_instance_uid="1.2.3")  # without a single object
    Study.objects.update(created_at=LONG_AGO)
    SopInstance.objects.exclude(series__study=arriving).update(created_at=LONG_AGO)

    assert [job.study for job in request_missing_inference()] == [forgotten]
    assert request_missing_inference() == []


def test_a_study_that_grew_while_nobody_could_ask_is_queued_again() -> None:
    """Its receiver was killed between the last object and the request; the page offers no second analysis."""
    make_algorithm()
    grown, read = make_study(), make_study()
    for study in (grown, read):
        job = make_job(study)
        claimed = claim_job(job.pk, worker="w")
        assert claimed is not None
        fail_job(job.pk, claimed.attempt, "time_limit", "", retry=False)
    Study.objects.update(created_at=LONG_AGO)
    SopInstance.objects.update(created_at=LONG_AGO)
    InferenceJob.objects.update(started_at=LONG_AGO + timedelta(minutes=1))
    add_object(grown.series_set.get())
    assert request_missing_inference() == []  # it may still be arriving
    SopInstance.objects.filter(created_at__gt=LONG_AGO).update(created_at=LONG_AGO + timedelta(minutes=2))

    assert [job.study for job in request_missing_inference()] == [grown]
    assert request_missing_inference() == []


def test_a_worker_is_alive_while_it_says_so_and_forgotten_after_a_day() -> None:
    now = timezone.now()
    for name, queue in (("a", "inference"), ("b", "default"), ("c", "default")):
        note_worker_alive(name, queues=[queue], started_at=now)
    note_worker_alive("a", queues=["inference"], started_at=now)
    WorkerHeartbeat.objects.filter(name="b").update(seen_at=LONG_AGO)
    WorkerHeartbeat.objects.filter(name="c").update(seen_at=now - timedelta(days=2))

    assert [w.name for w in WorkerHeartbeat.objects.alive()] == ["a"]
    assert [w.name for w in WorkerHeartbeat.objects.consuming("default")] == ["b", "c"]
    assert forget_silent_workers() == 1
    assert [w.name for w in WorkerHeartbeat.objects.all()] == ["a", "b"]
