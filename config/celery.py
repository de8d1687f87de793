"""The Celery app: two queues, time limits, beat schedule.

The row is the work order and the broker only knocks (docs/architecture.md): a lost message costs a minute, not a study.
Recovery never waits for the broker's visibility timeout, so that may be shorter than the longest task.
"""

from __future__ import annotations

import os

from celery import Celery
from kombu import Queue

from config import broker
from config.env import env_int

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

SWEEP_S = float(env_int("DENS_INFERENCE_SWEEP_S", 60, minimum=1))
FACTS_S = float(env_int("DENS_FACTS_S", 30, minimum=1))  # a signed report is in the audit's figures within a minute

broker.use_for_pgmq()
app = Celery("dens")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    include=["reporting.tasks"],
    task_default_queue="default",
    task_queues=[Queue("default"), Queue("inference")],
    task_create_missing_queues=False,
    task_routes={"inference.*": {"queue": "inference"}},
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    # A hanging analysis is told to stop, then its process is killed and the job's lease runs out.
    task_soft_time_limit=14 * 60,
    task_time_limit=15 * 60,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,  # PGMQ cannot carry it; a heartbeat row says who is alive
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,  # the lease decides who may publish
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    beat_schedule={
        "requeue-stale-jobs": {"task": "reporting.requeue_stale_jobs", "schedule": SWEEP_S},
        "draft-reports": {"task": "reporting.draft_reports", "schedule": SWEEP_S},
        "count-signed-reports": {"task": "reporting.count_signed_reports", "schedule": FACTS_S},
        "draw-peer-cases": {"task": "reporting.draw_peer_cases", "schedule": 3600.0},
        "watch-quality": {"task": "reporting.watch_quality", "schedule": 3600.0},
        "fetch-studies": {"task": "reporting.fetch_studies", "schedule": SWEEP_S},
        "send-deliveries": {"task": "reporting.send_deliveries", "schedule": SWEEP_S},
        "copy-case-images": {"task": "reporting.copy_case_images", "schedule": SWEEP_S},
        "analyse-reader-studies": {"task": "reporting.analyse_reader_studies", "schedule": SWEEP_S},
        "package-reader-studies": {"task": "reporting.package_reader_studies", "schedule": SWEEP_S},
        "trim-cache": {"task": "reporting.trim_cache", "schedule": 3600.0},
    },
)
