"""What the clock does: nothing that was asked for stays undone because a worker, a message or a request was lost."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.db.models import Max, Q
from django.db.models.functions import Now

from reporting.predictions.dispatch import announce_job_on_commit
from reporting.predictions.models import InferenceJob, JobStatus
from reporting.predictions.services.attempts import give_up_lost_attempt
from reporting.predictions.services.requests import request_inference_for_new_studies
from reporting.studies.models import SopInstance, Study

KNOCKS_PER_SWEEP = 20
"""Enough to feed the workers for a minute; knocking for every queued row would flood the broker with repeats."""
QUIET_S = 60
"""A study that got no object for so long has arrived; before that, whoever receives it asks for inference."""
GROWS_FOR = timedelta(days=3)
"""The rest of a study comes soon or not at all; to look at all studies each minute would cost more than it finds."""

logger = logging.getLogger(__name__)


def requeue_stale_jobs() -> list[InferenceJob]:
    """Give lost jobs another attempt or fail them after the last one, and repeat knocks nobody answered.

    Each job in its own transaction, conditional on what was seen: two sweepers at once do no harm.
    """
    lost = list(InferenceJob.objects.with_expired_lease())
    for job in lost:
        logger.warning("job %s lost its worker in attempt %s", job.pk, job.attempt)
        give_up_lost_attempt(job.pk, job.attempt)
    unheard = list(InferenceJob.objects.unannounced(for_s=settings.INFERENCE_LEASE_S)[:KNOCKS_PER_SWEEP])
    for job in unheard:
        announce_job_on_commit(job.pk)
    return lost + [job for job in unheard if job not in lost]


def request_missing_inference() -> list[InferenceJob]:
    """Queue studies nobody asked for, or not again since they grew: the receiver died in between, or no algorithm was
    active."""
    recent = Now() - timedelta(seconds=QUIET_S)
    arriving = Q(series_set__sop_instances__created_at__gte=recent) | Q(created_at__gte=recent)
    missing = Study.objects.filter(inference_jobs__isnull=True, series_set__sop_instances__isnull=False)
    wanted = Study.objects.filter(Q(pk__in=missing) | Q(pk__in=_grown()))
    return request_inference_for_new_studies(wanted.exclude(pk__in=Study.objects.filter(arriving)), by=None)


def _grown() -> list[uuid.UUID]:
    """Studies whose newest object, of the last days, came after the newest job had read the study."""
    lately = SopInstance.objects.filter(created_at__gte=Now() - GROWS_FOR).values("series__study")
    asked = ~Q(inference_jobs__status=JobStatus.CANCELLED)
    read_at, came_at = Max("inference_jobs__started_at", filter=asked), Max("series_set__sop_instances__created_at")
    grown = Study.objects.filter(pk__in=lately).annotate(came_at=came_at).filter(came_at__gt=read_at)
    return list(grown.values_list("pk", flat=True))
