"""Asking for inference: who may, when it is refused, what is asked again, what leaves on commit."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from reporting.accounts.models import Role
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import NotAllowed, WrongState
from reporting.predictions.models import InferenceJob, JobStatus
from reporting.predictions.services import (
    cancel_job,
    claim_job,
    fail_job,
    publish_predictions,
    request_inference,
    request_inference_for_new_studies,
)
from tests.factories import add_object, make_algorithm, make_result, make_study, make_user
from tests.predictions.conftest import Messages

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


@committed
def test_a_request_queues_one_job_tells_a_worker_and_is_audited(messages: Messages) -> None:
    study, algorithm, senior = make_study(), make_algorithm(), make_user(Role.SENIOR)
    job = request_inference(study, by=senior)
    assert messages() == [("inference.run_inference_job", {"job_id": str(job.pk)})]
    job.refresh_from_db()
    assert (job.status, job.algorithm, job.requested_by) == (JobStatus.QUEUED, algorithm, senior)
    assert job.dispatched_at is not None
    event = AuditEvent.objects.get(act="inference.requested")
    assert (event.actor, event.object_id) == (senior, str(job.pk))


@committed
def test_nothing_is_sent_for_a_request_that_was_rolled_back(messages: Messages) -> None:
    study, _ = make_study(), make_algorithm()
    with transaction.atomic():
        request_inference(study, by=None)
        transaction.set_rollback(True)
    assert messages() == []
    assert not InferenceJob.objects.exists()


@committed
def test_nothing_is_sent_before_the_row_is_visible(messages: Messages) -> None:
    study, _ = make_study(), make_algorithm()
    with transaction.atomic():
        request_inference(study, by=None)
        assert messages() == []
    assert len(messages()) == 1


@committed
def test_a_broker_that_is_down_does_not_break_the_request(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(current_app, "send_task", refuse)
    study, _ = make_study(), make_algorithm()
    with caplog.at_level(logging.ERROR):
        job = request_inference(study, by=None)
    job.refresh_from_db()
    assert job.status == JobStatus.QUEUED
    assert job.dispatched_at is None
    assert "sweeper" in caplog.text


def test_a_study_that_is_being_analysed_is_not_queued_twice() -> None:
    study, _ = make_study(), make_algorithm()
    job = request_inference(study, by=None)
    with pytest.raises(WrongState, match="already") as refusal:
        request_inference(study, by=None)
    assert refusal.value.details == {"job": str(job.pk)}
    assert request_inference_for_new_studies([study], by=None) == []


def test_two_algorithms_may_look_at_one_study_at_once() -> None:
    study, old = make_study(), make_algorithm(version="1")
    request_inference(study, by=None)
    new = make_algorithm(version="2")
    job = request_inference(study, by=None)
    assert job.algorithm == new
    assert set(InferenceJob.objects.values_list("algorithm", flat=True)) == {old.pk, new.pk}


@pytest.mark.parametrize("role", Role)
def test_only_those_who_may_ask_may_ask(role: Role) -> None:
    study, _ = make_study(), make_algorithm()
    user = make_user(role)
    if role in {Role.JUNIOR, Role.SENIOR, Role.IMPORTER}:
        cancel_job(request_inference(study, by=user), by=user)
    else:
        with pytest.raises(NotAllowed):
            request_inference(study, by=user)
        with pytest.raises(NotAllowed):
            cancel_job(request_inference(study, by=None), by=user)


def test_without_an_active_algorithm_a_request_is_refused_and_an_ingest_is_not() -> None:
    study = make_study()
    make_algorithm(activate=False)
    with pytest.raises(WrongState, match="algorithm"):
        request_inference(study, by=None)
    assert request_inference_for_new_studies([study], by=make_user(Role.SERVICE)) == []


def _refuse(job: InferenceJob) -> None:
    assert fail_job(job.pk, 1, "no_sagittal", "…", retry=False)


def _publish(job: InferenceJob) -> None:
    assert publish_predictions(job.pk, 1, make_result(job))


@pytest.mark.parametrize("end", [_publish, _refuse])
def test_an_analysed_study_is_asked_for_again_only_when_it_grew(end: Callable[[InferenceJob], None]) -> None:
    study, _ = make_study(), make_algorithm()
    [job] = request_inference_for_new_studies([study], by=None)
    claim_job(job.pk, worker="w")
    end(job)
    assert request_inference_for_new_studies([study], by=None) == []
    add_object(study.series_set.get())
    [second] = request_inference_for_new_studies([study], by=None)
    assert second.pk != job.pk


@committed
@pytest.mark.parametrize("end", [_publish, _refuse])
def test_files_that_come_while_the_worker_looks_are_looked_at_by_a_second_job(
    end: Callable[[InferenceJob], None], messages: Messages
) -> None:
    study, _ = make_study(), make_algorithm()
    [job] = request_inference_for_new_studies([study], by=None)
    claim_job(job.pk, worker="w")
    add_object(study.series_set.get())
    assert request_inference_for_new_studies([study], by=None) == []  # still running
    messages()
    end(job)
    [second] = InferenceJob.objects.exclude(pk=job.pk)
    assert second.status == JobStatus.QUEUED
    assert ("inference.run_inference_job", {"job_id": str(second.pk)}) in messages()
