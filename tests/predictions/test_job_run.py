"""One job from claim to end: what the worker makes of every way in which the work can go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db.models.functions import Now

from reporting.core.errors import StorageFull
from reporting.predictions.job_run import Analysis, Refused, TryAgain, run_job
from reporting.predictions.models import InferenceJob, JobStatus, LabelMap, Prediction
from reporting.predictions.services import claim_job
from reporting.studies import blobs
from tests.factories import make_job, make_result

pytestmark = pytest.mark.django_db(transaction=True)


def _run(job: InferenceJob, analyse: Callable[..., Analysis]) -> InferenceJob:
    run_job(job.pk, analyse=analyse, worker="inference@here", device="cpu")
    job.refresh_from_db()
    return job


def _raises(error: BaseException) -> Callable[..., Analysis]:
    def analyse(*args: Any) -> Analysis:
        raise error

    return analyse


def test_the_work_gets_the_study_s_files_shows_its_stage_and_is_published() -> None:
    job = make_job()
    seen: dict[str, Any] = {}

    def analyse(paths: Sequence[Path], on_stage: Callable[[str], None]) -> Analysis:
        on_stage("segmentation")
        seen["row"] = InferenceJob.objects.get(pk=job.pk)
        seen["bytes"] = {path.read_bytes() for path in paths}
        uid = job.study.series_set.get().series_instance_uid
        return Analysis(make_result(job), {uid: b"nifti"})

    _run(job, analyse)
    assert job.status == JobStatus.SUCCEEDED
    assert (seen["row"].status, seen["row"].stage) == (JobStatus.RUNNING, "segmentation")
    assert (seen["row"].worker, seen["row"].device) == ("inference@here", "cpu")
    assert len(seen["bytes"]) == 2
    assert blobs.verified_path(LabelMap.objects.get(job=job).sha256).read_bytes() == b"nifti"


def test_a_message_that_comes_twice_does_the_work_once() -> None:
    job, calls = make_job(), []

    def analyse(*args: Any) -> Analysis:
        calls.append(1)
        run_job(job.pk, analyse=analyse, worker="other", device="cpu")  # delivered again while we work
        return Analysis(make_result(job))

    _run(job, analyse)
    _run(job, analyse)
    assert calls == [1]
    assert Prediction.objects.filter(job=job).count() == 3


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (Refused("no_sagittal", "No sagittal series"), JobStatus.FAILED, "no_sagittal"),
        (TryAgain("out_of_memory", "…"), JobStatus.QUEUED, "out_of_memory"),
        (MemoryError(), JobStatus.QUEUED, "out_of_memory"),
        (StorageFull("full"), JobStatus.QUEUED, "storage_full"),
        (OSError(5, "I/O error"), JobStatus.QUEUED, "storage_fault"),
        (SoftTimeLimitExceeded(), JobStatus.FAILED, "time_limit"),
        (ZeroDivisionError("Doe^Jane"), JobStatus.FAILED, "analysis_fault"),
    ],
)
def test_each_way_to_fail_ends_the_attempt_as_it_should(error: Exception, status: JobStatus, reason: str) -> None:
    job = _run(make_job(), _raises(error))
    assert (job.status, job.failure_reason) == (status, reason)
    assert job.attempt == 1
    assert "Doe" not in job.failure_message
    assert job.lease_expires_at is None
    other = make_job()
    assert _run(other, lambda *args: Analysis(make_result(other))).status == JobStatus.SUCCEEDED


def test_memory_that_never_suffices_fails_the_job_after_three_attempts() -> None:
    job = make_job()
    for _ in range(5):
        _run(job, _raises(MemoryError()))
    assert (job.status, job.attempt, job.failure_reason) == (JobStatus.FAILED, 3, "out_of_memory")


def test_a_number_that_is_not_finite_never_reaches_a_row() -> None:
    job = make_job()
    result = make_result(job)
    result["predictions"][0]["probability"] = float("nan")
    assert _run(job, lambda *args: Analysis(result)).failure_reason == "not_a_number"
    assert not Prediction.objects.exists()


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"other")])
def test_a_missing_or_damaged_file_is_named_as_the_reason(damage: Callable[[Path], object]) -> None:
    job = make_job()
    damage(blobs.blob_path(job.study.series_set.get().sop_instances.first().sha256))
    assert _run(job, lambda *args: Analysis(make_result(job))).failure_reason == "blob_damaged"


def test_the_lease_is_renewed_while_a_stage_takes_long(settings: Any) -> None:
    settings.INFERENCE_LEASE_S = 1
    job, renewed = make_job(), threading.Event()

    def analyse(*args: Any) -> Analysis:
        first = InferenceJob.objects.get(pk=job.pk).lease_expires_at
        for _ in range(100):
            if InferenceJob.objects.get(pk=job.pk).lease_expires_at > first:
                renewed.set()
                break
            threading.Event().wait(0.05)
        return Analysis(make_result(job))

    assert _run(job, analyse).status == JobStatus.SUCCEEDED
    assert renewed.is_set()


def test_a_worker_that_lost_its_lease_stops_and_its_result_is_dropped() -> None:
    job, finished = make_job(), threading.Event()

    def analyse(paths: Sequence[Path], on_stage: Callable[[str], None]) -> Analysis:
        InferenceJob.objects.filter(pk=job.pk).update(lease_expires_at=Now())
        claim_job(job.pk, worker="second")
        on_stage("levels")
        finished.set()
        return Analysis(make_result(job))

    _run(job, analyse)
    assert not finished.is_set()
    assert (job.status, job.attempt, job.worker) == (JobStatus.RUNNING, 2, "second")
    assert not Prediction.objects.exists()
