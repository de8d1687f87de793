"""The light Celery tasks: their worker needs no torch. Each may run twice or late without harm."""

from __future__ import annotations

from reporting.core.late_task import late_task
from reporting.predictions import (
    services,
    worker_presence,  # noqa: F401  every worker says that it lives
)

REQUEUE_STALE_JOBS = "reporting.requeue_stale_jobs"


@late_task(REQUEUE_STALE_JOBS)
def requeue_stale_jobs() -> None:
    """Each minute: what was lost gets done."""
    services.requeue_stale_jobs()
    services.request_missing_inference()
    services.forget_silent_workers()
