"""What is asked of jobs and workers, by name. Time is the database's: workers' clocks may differ."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.studies.models import Study

if TYPE_CHECKING:
    from reporting.predictions.models import (  # noqa: F401  in the bases below
        Algorithm,
        CaseRun,
        InferenceJob,
        WorkerHeartbeat,
    )

CASE_RUN_LOST_AFTER = timedelta(minutes=20)
"""Longer than a task may take: whoever began such a run is gone."""
CASE_RUN_GIVEN_UP_AFTER = timedelta(hours=1)
"""A run that lost its workers for so long kills them."""


class AlgorithmQuerySet(models.QuerySet["Algorithm"]):
    def visible_to(self, user: User | AnonymousUser) -> AlgorithmQuerySet:
        """The registry, for those who may look at it."""
        return self if may(user, Act.ALGORITHM_VIEW) else self.none()

    def active(self) -> AlgorithmQuerySet:
        """What new studies are read with: the one that fills reports first."""
        return self.filter(status="active").order_by("-fills_reports", "name")

    def filling_reports(self) -> AlgorithmQuerySet:
        """The active one whose statements are suggested in reports, where there is one."""
        return self.active().filter(fills_reports=True)


class CaseRunQuerySet(models.QuerySet["CaseRun"]):
    def takeable(self) -> CaseRunQuerySet:
        """Queued, or left by a worker that is gone."""
        lost = Q(status="running", started_at__lt=Now() - CASE_RUN_LOST_AFTER)
        return self.filter(Q(status="queued") | lost)

    def hopeless(self) -> CaseRunQuerySet:
        """Begun again and again, and never ended."""
        lost = Now() - CASE_RUN_LOST_AFTER
        return self.filter(status="running", started_at__lt=lost, created_at__lt=Now() - CASE_RUN_GIVEN_UP_AFTER)

    def unannounced(self, *, for_s: float) -> CaseRunQuerySet:
        """To be taken, and nobody was told within the last ``for_s`` seconds."""
        told = Q(dispatched_at__gte=Now() - timedelta(seconds=for_s))
        return self.takeable().exclude(told)


class InferenceJobQuerySet(models.QuerySet["InferenceJob"]):
    def visible_to(self, user: User | AnonymousUser) -> InferenceJobQuerySet:
        """Jobs of studies this user may know about, for those who may see what the machine said."""
        if not may(user, Act.PREDICTION_VIEW):
            return self.none()
        return self.filter(study__in=Study.objects.visible_to(user))

    def open(self) -> InferenceJobQuerySet:
        """Queued or running."""
        return self.filter(status__in=["queued", "running"])

    def c2_3_hint_of(self, study: Study) -> list[float] | None:
        """Where a reader last pointed at C2/3 in this study, or ``None``."""
        hinted = self.filter(study=study, c2_3_hint_lps_mm__isnull=False).exclude(status="cancelled")
        return hinted.order_by("-created_at").values_list("c2_3_hint_lps_mm", flat=True).first()

    def succeeded(self) -> InferenceJobQuerySet:
        return self.filter(status="succeeded")

    def with_expired_lease(self) -> InferenceJobQuerySet:
        """Running according to their row, but their worker has not been heard of for a whole lease."""
        return self.filter(status="running", lease_expires_at__lt=Now())

    def claimable(self) -> InferenceJobQuerySet:
        """What a worker may take now: queued, or left by a lost worker while attempts remain."""
        left = Q(status="running", lease_expires_at__lt=Now(), attempt__lt=settings.INFERENCE_MAX_ATTEMPTS)
        return self.filter(Q(status="queued") | left)

    def unannounced(self, *, for_s: float) -> InferenceJobQuerySet:
        """Queued, and nobody was told within the last ``for_s`` seconds; the longest ignored first."""
        return self.filter(
            Q(dispatched_at__isnull=True) | Q(dispatched_at__lt=Now() - timedelta(seconds=for_s)), status="queued"
        ).order_by(F("dispatched_at").asc(nulls_first=True), "created_at")

    def owned_by(self, job_id: uuid.UUID, attempt: int) -> InferenceJobQuerySet:
        """The fence: the job, if it is still running under this attempt. A lost lease makes it empty."""
        return self.filter(pk=job_id, status="running", attempt=attempt)


class WorkerHeartbeatQuerySet(models.QuerySet["WorkerHeartbeat"]):
    def alive(self, *, within_s: float | None = None) -> WorkerHeartbeatQuerySet:
        """Workers heard of lately (default: four missed beats)."""
        seconds = 4 * settings.WORKER_HEARTBEAT_S if within_s is None else within_s
        return self.filter(seen_at__gte=Now() - timedelta(seconds=seconds))

    def consuming(self, queue: str) -> WorkerHeartbeatQuerySet:
        return self.filter(queues__contains=[queue])
