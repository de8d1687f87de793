"""A report without a machine reading says why, and can be filled all the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reporting.accounts.models import User
from reporting.predictions.models import InferenceJob, JobStatus, WorkerHeartbeat
from reporting.predictions.services import claim_job, fail_job
from reporting.reports import services
from reporting.reports.models import Report
from tests.reports.factories import make_job, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(senior: User) -> tuple[Report, InferenceJob]:
    """A report begun by hand while the study's job still waits."""
    study = make_study()
    report = services.start_report(study=study, by=senior)
    job = make_job(study)
    InferenceJob.objects.filter(pk=job.pk).update(status=JobStatus.QUEUED, finished_at=None, result=None, attempt=0)
    return report, job


def gate_line(report: Report, user: User, language: str = "en") -> str:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    page = client.get(reverse("reports:read", args=[report.pk])).content.decode()
    return " ".join(page.split("gate-line")[1].split("</p>")[0].split())


def heard(ago: timedelta) -> None:
    seen = timezone.now() - ago
    worker = WorkerHeartbeat.objects.create(name="w1", queues=["inference"], started_at=seen, seen_at=seen)
    assert worker.pk


def test_without_any_worker_the_page_says_so_and_its_fields_are_set_by_hand(
    waiting: tuple[Report, InferenceJob], senior: User
) -> None:
    report, _job = waiting
    assert "no worker runs here" in gate_line(report, senior)
    assert "没有运行分析程序" in gate_line(report, senior, "zh-hans")
    services.confirm_levels(report, by=senior, expected_version=report.version)
    report.refresh_from_db()
    services.confirm_rest(report, by=senior, expected_version=report.version)
    assert report.findings.get(field="cord_signal").value == "normal"


def test_a_silent_worker_is_told_with_the_time_it_was_last_heard_of(
    waiting: tuple[Report, InferenceJob], senior: User
) -> None:
    report, _job = waiting
    heard(timedelta(hours=5))
    at = timezone.localtime(WorkerHeartbeat.objects.get().seen_at).strftime("%Y-%m-%d %H:%M")
    assert f"last heard of on {at}" in gate_line(report, senior)


def test_what_waits_runs_or_failed_is_told_apart(waiting: tuple[Report, InferenceJob], senior: User) -> None:
    report, job = waiting
    heard(timedelta(seconds=1))
    assert "waits for its turn" in gate_line(report, senior)
    claimed = claim_job(job.pk, worker="w1")
    assert claimed is not None
    assert "is being made" in gate_line(report, senior)
    assert fail_job(job.pk, claimed.attempt, "out_of_memory", "", retry=False)
    assert "The memory of the worker did not suffice." in gate_line(report, senior)
