"""Which studies a reader sees on the worklist, in which order, with the state of job and report. Reads only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import F, OuterRef, Prefetch, Q, QuerySet, Subquery

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.predictions.models import InferenceJob, JobStatus
from reporting.reports.models import Report
from reporting.reports.states import ReportStatus
from reporting.studies.models import Series, Study

PAGE_ROWS = 50
MAX_SEARCH_CHARACTERS = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Show(StrEnum):
    """The filter by state."""

    OPEN = "open"
    UNREPORTED = "unreported"
    DRAFT = "draft"
    PRELIMINARY = "preliminary"
    FINAL = "final"
    RUNNING = "running"
    PROBLEM = "problem"
    ALL = "all"


@dataclass(frozen=True)
class WorklistFilter:
    """What the reader asked to see; lives in the session, because a name must not stand in an address."""

    show: Show = Show.OPEN
    mine: bool = False
    search: str = ""

    @classmethod
    def from_session(cls, stored: object) -> WorklistFilter:
        """Lenient: whatever cannot be read is the default."""
        values: dict[str, Any] = stored if isinstance(stored, dict) else {}
        show = str(values.get("show", ""))
        return cls(
            show=Show(show) if show in set(Show) else Show.OPEN,
            mine=bool(values.get("mine")),
            search=str(values.get("search", "")).strip()[:MAX_SEARCH_CHARACTERS],
        )

    def to_session(self) -> dict[str, Any]:
        return {"show": self.show.value, "mine": self.mine, "search": self.search}


@dataclass(frozen=True)
class WorklistRow:
    study: Study
    job: InferenceJob | None
    gate: dict[str, Any]
    report: Report | None


@dataclass(frozen=True)
class WorklistPage:
    rows: tuple[WorklistRow, ...]
    next_cursor: str


def worklist_page(user: User, chosen: WorklistFilter, *, before: str = "") -> WorklistPage:
    """One page, newest study first; ``before`` is the ``next_cursor`` of the page above (keyset: constant cost)."""
    studies = _matching(Study.objects.visible_to(user), user, chosen)
    studies = _before(studies, before).order_by("-created_at", "-id")
    found = list(
        studies.select_related("patient", "assigned_to").prefetch_related(
            Prefetch("series_set", Series.objects.only("id", "study_id", "role", "modality"))
        )[: PAGE_ROWS + 1]
    )
    shown = found[:PAGE_ROWS]
    return WorklistPage(
        rows=_with_states(shown, user), next_cursor=_cursor(shown[-1]) if len(found) > PAGE_ROWS else ""
    )


def _matching(studies: QuerySet[Study], user: User, chosen: WorklistFilter) -> QuerySet[Study]:
    if chosen.mine:
        studies = studies.filter(Q(assigned_to=user) | Q(reports__author=user)).distinct()
    if chosen.search:
        studies = studies.filter(
            Q(patient__name__icontains=chosen.search)
            | Q(patient__patient_id__icontains=chosen.search)
            | Q(accession_number__icontains=chosen.search)
        )
    if chosen.show is Show.ALL:
        return studies
    report_status = Subquery(_current_reports().filter(study=OuterRef("pk")).values("status")[:1])
    job_status = Subquery(_newest_jobs().filter(study=OuterRef("pk")).values("status")[:1])
    studies = studies.annotate(report_status=report_status, job_status=job_status)
    if chosen.show is Show.OPEN:
        # A study without a report has no status: NOT (NULL IN …) is NULL, and would hide what just arrived.
        done = Q(report_status__in=[ReportStatus.FINAL, ReportStatus.WITHDRAWN])
        return studies.filter(Q(report_status__isnull=True) | ~done)
    if chosen.show is Show.UNREPORTED:
        return studies.filter(report_status__isnull=True)
    if chosen.show is Show.RUNNING:
        return studies.filter(job_status__in=[JobStatus.QUEUED, JobStatus.RUNNING])
    if chosen.show is Show.PROBLEM:
        return studies.filter(job_status=JobStatus.FAILED)
    return studies.filter(report_status=chosen.show.value)


def _current_reports() -> QuerySet[Report]:
    return Report.objects.exclude(status=ReportStatus.DISCARDED).order_by("-created_at")


def _newest_jobs() -> QuerySet[InferenceJob]:
    """Of the algorithm that fills reports: the state of a study is the state of its reading."""
    return InferenceJob.objects.filter(algorithm__fills_reports=True).order_by("-created_at")


def _with_states(studies: Sequence[Study], user: User) -> tuple[WorklistRow, ...]:
    jobs: dict[uuid.UUID, Any] = {}
    if may(user, Act.PREDICTION_VIEW) or may(user, Act.INFERENCE_REQUEST):
        newest = _newest_jobs().filter(study__in=studies).order_by("study_id", "-created_at")
        jobs = {
            job.study_id: job for job in newest.distinct("study_id").defer("result").annotate(gate=F("result__gate"))
        }
    reports: dict[uuid.UUID, Report] = {}
    if may(user, Act.REPORT_VIEW):
        for report in _current_reports().filter(study__in=studies):
            reports.setdefault(report.study_id, report)
    rows = []
    for study in studies:
        job = jobs.get(study.pk)
        rows.append(WorklistRow(study, job, (job.gate if job else None) or {}, reports.get(study.pk)))
    return tuple(rows)


def _cursor(study: Study) -> str:
    return f"{(study.created_at - _EPOCH) // timedelta(microseconds=1)}-{study.pk.hex}"


def _before(studies: QuerySet[Study], cursor: str) -> QuerySet[Study]:
    moment, _, key = cursor.partition("-")
    try:
        at, pk = _EPOCH + timedelta(microseconds=int(moment)), uuid.UUID(key)
    except (ValueError, OverflowError):
        return studies
    return studies.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=pk))
