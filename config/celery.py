"""The Celery app: two queues, time limits, beat schedule.

The row is the work order and the broker only knocks (docs/architecture.md): a lost message costs a minute, not a study.
"""

from __future__ import annotations

import os

from celery import Celery
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("dens")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_default_queue="default",
    task_queues=[Queue("default"), Queue("inference")],
    task_routes={"inference.*": {"queue": "inference"}},
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_time_limit=15 * 60,
    task_soft_time_limit=14 * 60,
    beat_schedule={
        "requeue-stale-jobs": {"task": "reporting.requeue_stale_jobs", "schedule": 60.0},
    },
)
app.conf.include = ["reporting.tasks"]
