"""The rows of a page with what each shows: series, the state of the reading, the report."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, prefetch_related_objects
from django.db.models.query import Prefetch
from django.utils import timezone, translation

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.predictions.models import InferenceJob
from reporting.reports.models import CriticalAlert, Report, ReportNote
from reporting.reports.states import ReportStatus
from reporting.studies.models import Series, Study
from reporting.worklist.models import WorklistEntry


@dataclass(frozen=True)
class WorklistRow:
    entry: WorklistEntry
    job: InferenceJob | None
    gate: dict[str, Any]
    report: Report | None
    alert: CriticalAlert | None  # called critical, and nobody has been told
    note: ReportNote | None  # what a colleague said to this reader and waits to be taken up

    @property
    def study(self) -> Study:
        return self.entry.study


def rows_of(entries: Sequence[WorklistEntry], user: User) -> tuple[WorklistRow, ...]:
    """One row for each entry, with a number of queries that does not grow with the page."""
    studies = [entry.study for entry in entries]
    prefetch_related_objects(studies, Prefetch("series_set", Series.objects.only("id", "study_id", "role", "modality")))
    jobs: dict[uuid.UUID, Any] = {}
    if may(user, Act.PREDICTION_VIEW) or may(user, Act.INFERENCE_REQUEST):
        # Of the algorithm that fills reports: the state of a study is the state of its reading.
        newest = InferenceJob.objects.filter(study__in=studies, algorithm__fills_reports=True)
        newest = newest.order_by("study_id", "-created_at").distinct("study_id")
        jobs = {job.study_id: job for job in newest.defer("result").annotate(gate=F("result__gate"))}
    reports: dict[uuid.UUID, Report] = {}
    alerts: dict[uuid.UUID, CriticalAlert] = {}
    if may(user, Act.REPORT_VIEW):
        kept = Report.objects.exclude(status=ReportStatus.DISCARDED).filter(study__in=studies).order_by("-created_at")
        for report in kept:
            reports.setdefault(report.study_id, report)
        alerts = CriticalAlert.objects.pending_by_study([study.pk for study in studies])
    notes = _notes_for(user, entries)
    return tuple(
        WorklistRow(
            entry,
            jobs.get(entry.study_id),
            (jobs[entry.study_id].gate if entry.study_id in jobs else None) or {},
            reports.get(entry.study_id),
            alerts.get(entry.study_id),
            notes.get(entry.study_id),
        )
        for entry in entries
    )


def _notes_for(user: User, entries: Sequence[WorklistEntry]) -> dict[uuid.UUID, ReportNote]:
    waiting = ReportNote.objects.waiting_for(user).filter(report__study__in=[entry.study_id for entry in entries])
    return {note.report.study_id: note for note in waiting.select_related("report", "by")}


def page_tag(entries: Sequence[WorklistEntry], user: User, *beside: object) -> str:
    """Changes whenever the page would look different: a page that asks again and again is answered without being made.

    ``beside``: everything shown that is not in the rows (counts, what is filtered).
    """
    shown = [(str(entry.study_id), entry.changed_at.isoformat()) for entry in entries]
    alerts = CriticalAlert.objects.pending_by_study([entry.study_id for entry in entries])
    shown += [(str(study), str(alert.is_overdue)) for study, alert in sorted(alerts.items())]
    shown += [(str(study), str(note.pk)) for study, note in sorted(_notes_for(user, entries).items())]
    parts = [str(user.pk), user.role, translation.get_language(), timezone.localdate().isoformat(), shown, *beside]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
