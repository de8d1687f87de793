"""What the clock does: nothing that was asked for stays undone because a worker, a message or a request was lost."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from reporting.predictions.dispatch import announce_job_on_commit
from reporting.predictions.models import InferenceJob
from reporting.predictions.services.attempts import give_up_lost_attempt
from reporting.predictions.services.requests import request_inference_for_new_studies
from reporting.studies.models import Study

KNOCKS_PER_SWEEP = 20
"""Enough to feed the workers for a minute; knocking for every queued row would flood the broker with repeats."""
QUIET_S = 60
"""A study that got no object for so long has arrived; before that, whoever receives it asks for inference."""

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
    """Queue studies received but never asked for: the receiver died in between, or no algorithm was active."""
    recent = Now() - timedelta(seconds=QUIET_S)
    arriving = Q(series_set__sop_instances__created_at__gte=recent) | Q(created_at__gte=recent)
    missing = Study.objects.filter(inference_jobs__isnull=True, series_set__sop_instances__isnull=False)
    busy = Study.objects.filter(arriving)
    return request_inference_for_new_studies(missing.exclude(pk__in=busy).distinct(), by=None)
