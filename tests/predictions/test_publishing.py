"""What a worker hands in is stored at once and once, or refused with its reason; earlier rows are never touched."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from reporting.audit_trail.models import AuditEvent
from reporting.predictions.models import InferenceJob, JobStatus, LabelMap, Prediction
from reporting.predictions.services import LabelMapFile, claim_job, publish_predictions, request_inference
from reporting.studies import blobs
from tests.factories import add_object, make_algorithm, make_job, make_result, make_study
from tests.predictions.conftest import Messages

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


def _running() -> InferenceJob:
    job = make_job()
    claim_job(job.pk, worker="w", device="cpu")
    job.refresh_from_db()
    return job


@committed
def test_a_result_is_stored_whole_and_the_report_is_asked_for(messages: Messages) -> None:
    job = _running()
    series = job.study.series_set.get()
    kept = blobs.store_bytes(b"label map")
    places = (series.series_instance_uid, f"{series.series_instance_uid}#2")
    files = [LabelMapFile(place, kept.sha256, kept.size_bytes) for place in places]
    assert publish_predictions(job.pk, job.attempt, make_result(job), label_maps=files)

    job.refresh_from_db()
    assert job.status == JobStatus.SUCCEEDED
    assert job.lease_expires_at is None
    assert job.result["levels"][0]["name"] == "C5"
    assert "predictions" not in job.result
    assert "path" not in job.result["series"][0]
    herniation = Prediction.objects.get(job=job, finding="herniation")
    assert (herniation.level, herniation.side, herniation.zone) == ("C5/6", "", "paracentral")
    assert herniation.series_instance_uid == series.series_instance_uid
    assert Prediction.objects.get(job=job, finding="lf").positive is False
    assert [(label_map.series, label_map.pack) for label_map in job.label_maps.all()] == [(series, 1), (series, 2)]
    assert messages() == [("reporting.draft_reports", {})]
    event = AuditEvent.objects.get(act="inference.succeeded")
    assert event.data["input_digest"] == job.input_digest != ""


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]

    def change(result: Any) -> None:
        for parent in parents:
            result = result[parent]
        result[last] = value

    return change


def _state_twice(result: dict[str, Any]) -> None:
    result["predictions"].append(dict(result["predictions"][0]))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set("predictions.0.probability", math.nan), "not_a_number"),
        (_set("predictions.0.probability", 1.2), "not_a_number"),
        (_set("predictions.0.probability", None), "not_a_number"),
        (_set("predictions.0.probability", "0.9"), "not_a_number"),
        (_set("predictions.0.threshold", True), "not_a_number"),
        (_set("predictions.0.positive", 1), "not_a_number"),
        (_set("predictions.0.mm", math.inf), "not_a_number"),
        (_set("predictions.0.mm", 1e6), "not_a_number"),
        (_set("measurements", [{"name": "canal_ap", "value": math.nan}]), "not_a_number"),
        (_set("timings_s.levels", math.inf), "not_a_number"),
        (_set("predictions.0.finding", "fracture"), "unknown_finding"),
        (_set("predictions.0.level", "C5/6"), "unknown_level"),  # slip is stated per vertebra
        (_set("predictions.1.level", "L4/5"), "unknown_level"),
        (_set("predictions.1.level", "C4/5"), "unknown_level"),  # a disc, but not among those found
        (_set("levels.0.name", "5"), "unknown_level"),
        (_set("levels.0.center_lps_mm", None), "incomplete_result"),
        (_set("levels.0.center_lps_mm", [1.0, 2.0]), "incomplete_result"),
        (_set("levels.0.center_lps_mm", ["1", 2.0, 3.0]), "not_a_number"),
        (_set("levels.1.index_slice", {"sop_instance_uid": "1.2.3", "frame_number": "one"}), "not_a_number"),
        (_set("levels.1.index_slice", "1.2.3"), "incomplete_result"),
        (_set("predictions.2.side", None), "unknown_side"),
        (_set("predictions.1.side", "left"), "unknown_side"),
        (_set("predictions.1.zone", "everywhere"), "unknown_zone"),
        (_set("predictions.0.source_slice.series_uid", "1.2.3"), "unknown_series"),
        (_set("gate.findings.slip.status", "withheld"), "gate_closed"),
        (_set("gate.findings.slip.status", "open"), "unknown_gate"),
        (_set("algorithm.weights_sha256", "0" * 64), "wrong_algorithm"),
        (_set("predictions", {}), "incomplete_result"),
        (_set("predictions.0", "C5"), "incomplete_result"),
        (lambda result: result.pop("levels"), "incomplete_result"),
        (_state_twice, "stated_twice"),
    ],
)
def test_a_result_that_is_not_acceptable_fails_the_job_with_its_reason(
    change: Callable[[dict[str, Any]], None], reason: str
) -> None:
    job = _running()
    result = make_result(job)
    change(result)
    assert not publish_predictions(job.pk, job.attempt, result)
    job.refresh_from_db()
    assert (job.status, job.failure_reason) == (JobStatus.FAILED, reason)
    assert job.failure_message
    assert not Prediction.objects.exists()
    assert AuditEvent.objects.get(act="inference.failed").data == {"attempt": 1, "reason": reason}


def test_a_label_map_of_another_study_fails_the_job() -> None:
    job, other = _running(), make_study()
    uid = other.series_set.get().series_instance_uid
    assert not publish_predictions(job.pk, 1, make_result(job), label_maps=[LabelMapFile(uid, "0" * 64, 1)])
    job.refresh_from_db()
    assert job.failure_reason == "unknown_series"
    assert not LabelMap.objects.exists()


def test_a_later_job_adds_rows_and_leaves_those_of_the_earlier_one() -> None:
    study, _ = make_study(), make_algorithm()
    first = request_inference(study, by=None)
    claim_job(first.pk, worker="w")
    publish_predictions(first.pk, 1, make_result(first))
    before = list(Prediction.objects.filter(job=first).order_by("pk").values())

    add_object(study.series_set.get())  # re-imported with one object more
    second = request_inference(study, by=None)
    claim_job(second.pk, worker="w")
    publish_predictions(second.pk, 1, make_result(second))

    assert list(Prediction.objects.filter(job=first).order_by("pk").values()) == before
    assert Prediction.objects.filter(job=second).count() == 3
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.input_digest != second.input_digest


def test_a_result_of_an_algorithm_that_is_no_longer_active_keeps_its_own_name() -> None:
    study, old = make_study(), make_algorithm(version="1")
    job = request_inference(study, by=None)
    claim_job(job.pk, worker="w")
    make_algorithm(version="2")
    assert publish_predictions(job.pk, 1, make_result(job))
    assert Prediction.objects.filter(job__algorithm=old).count() == 3
