"""What other active algorithms say of the study of a report: shown beside our suggestion, never a suggestion itself.

Their values fill no field, count for no check and stand in no signed version; a reader who agrees sets the value. Each
is shown at the level where the reader sees that structure: an algorithm that found the same levels as the report's
reading moves with them, any other one named its levels by itself and stays where it said.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from reporting.predictions.models import InferenceJob, JobStatus, Prediction
from reporting.reports.drafting import FIELD_VALUES, same_levels
from reporting.reports.models import Report
from reporting.reports.places import Place
from reporting.reports.services.reading import current_level_map
from reporting.vocabulary import MachineFinding


@dataclass(frozen=True)
class Beside:
    """One statement of another algorithm. ``value`` is the field's code, ``None`` where a negative has none."""

    prediction: Prediction
    value: str | None


def jobs_beside(study_id: uuid.UUID) -> list[InferenceJob]:
    """The newest job of each active algorithm that does not fill reports, whatever became of it."""
    jobs = InferenceJob.objects.filter(
        study=study_id, algorithm__status="active", algorithm__fills_reports=False
    ).exclude(status=JobStatus.CANCELLED)
    newest = jobs.order_by("algorithm_id", "-created_at").distinct("algorithm_id").select_related("algorithm")
    return sorted(newest, key=lambda job: (job.algorithm.name, job.algorithm.version))


def said_beside(report: Report, jobs: list[InferenceJob]) -> dict[Place, list[Beside]]:
    """Statements of the succeeded ones among ``jobs`` by the report's place."""
    done = {job.pk: job for job in jobs if job.status == JobStatus.SUCCEEDED}
    found: dict[Place, list[Beside]] = {}
    if not done:
        return found
    mapping = current_level_map(report).mapping
    own = report.job.result if report.job is not None else None
    moves = {pk: bool((job.result or {}).get("levels")) and same_levels(own, job.result) for pk, job in done.items()}
    predictions = Prediction.objects.filter(job__in=done).order_by("job__algorithm__name", "created_at")
    for prediction in predictions:
        prediction.job = done[prediction.job_id]
        place = _place(prediction, mapping if moves[prediction.job_id] else {})
        if place is not None:
            _key, negative, positive = FIELD_VALUES[MachineFinding(prediction.finding)]
            found.setdefault(place, []).append(Beside(prediction, positive if prediction.positive else negative))
    return found


def _place(prediction: Prediction, mapping: Mapping[str, str | None]) -> Place | None:
    level = mapping.get(prediction.level, prediction.level)
    key = FIELD_VALUES[MachineFinding(prediction.finding)][0]
    return None if level is None else Place(key, level, prediction.side)
