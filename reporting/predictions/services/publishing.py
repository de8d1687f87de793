"""Storing what the machine said: all of it at once, once, and only by the attempt that still owns the job."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.predictions.dispatch import draft_reports_on_commit
from reporting.predictions.models import InferenceJob, JobStatus, LabelMap, Prediction
from reporting.predictions.result_payload import InvalidResult, parse_result
from reporting.predictions.services.attempts import fail_job
from reporting.predictions.services.requests import request_again_if_study_grew
from reporting.studies.models import Series

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LabelMapFile:
    """A label map whose bytes (NIfTI) are already in the blob store, and where it belongs.

    ``place`` is the uid of the series whose geometry it has; ``uid#2`` and up for that series' further packs.
    """

    place: str
    sha256: str
    size_bytes: int


def publish_predictions(
    job_id: uuid.UUID, attempt: int, result_payload: Mapping[str, Any], *, label_maps: Sequence[LabelMapFile] = ()
) -> bool:
    """Store the result of this attempt and end the job; ``False`` when the attempt no longer owns it: result dropped.

    A payload that is not acceptable (see ``result_payload``) fails the job with its reason and is not retried. Rows of
    earlier jobs are never touched. When the study grew while the worker looked at it, a new job is queued.
    """
    job = InferenceJob.objects.select_related("algorithm", "study").get(pk=job_id)
    series = {s.series_instance_uid: s for s in Series.objects.filter(study_id=job.study_id)}
    try:
        parsed = parse_result(result_payload, algorithm=job.algorithm, series_uids=frozenset(series))
        _check_thresholds(parsed.predictions, job)
        maps = _label_maps(label_maps, series)
    except InvalidResult as error:
        logger.error("result of attempt %s refused: %s", attempt, error.reason)
        fail_job(job_id, attempt, error.reason, error.message, retry=False)
        return False
    with transaction.atomic():
        ended = InferenceJob.objects.owned_by(job_id, attempt).update(
            status=JobStatus.SUCCEEDED,
            lease_expires_at=None,
            finished_at=Now(),
            updated_at=Now(),
            stage="",
            failure_reason="",
            failure_message="",
            result=parsed.rest,
        )
        if not ended:
            logger.warning("late result of attempt %s dropped", attempt)
            return False
        for prediction in parsed.predictions:
            prediction.job_id = job_id
        for label_map in maps:
            label_map.job_id = job_id
        Prediction.objects.bulk_create(parsed.predictions)
        LabelMap.objects.bulk_create(maps)
        data = {"attempt": attempt, "predictions": len(parsed.predictions), "label_maps": len(maps)}
        record(AuditAct.INFERENCE_SUCCEEDED, by=None, about=job, data={**data, "input_digest": job.input_digest})
        draft_reports_on_commit()
    request_again_if_study_grew(job)
    return True


def _check_thresholds(predictions: Sequence[Prediction], job: InferenceJob) -> None:
    """A worker that does not know of the department's threshold must not be taken for one that went by it."""
    for one in predictions:
        fixed = job.thresholds.get(one.finding)
        if fixed is not None and one.threshold != fixed["threshold"]:
            raise InvalidResult("wrong_threshold", f"{one.finding}: not computed with the threshold in force")


def _label_maps(files: Sequence[LabelMapFile], series: Mapping[str, Series]) -> list[LabelMap]:
    maps = []
    for file in files:
        uid, _, number = file.place.partition("#")
        if uid not in series or not (number or "1").isdecimal():
            raise InvalidResult("unknown_series", "a label map's series does not belong to the study")
        pack = int(number or 1)
        maps.append(LabelMap(series=series[uid], pack=pack, sha256=file.sha256, size_bytes=file.size_bytes))
    return maps
