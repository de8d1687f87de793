"""The one way to declare a Celery task.

Late acknowledgement alone re-runs nothing when the pool child is killed; only together with reject-on-worker-lost
does the message come back (measured with Celery 5.7; celery#1628). Every task may therefore run twice and must be
idempotent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import current_app


def late_task(name: str, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Register a function as task ``name``."""
    return current_app.task(name=name, acks_late=True, reject_on_worker_lost=True, ignore_result=True, **options)
