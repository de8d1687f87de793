"""Workers saying that they live."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models.functions import Now

from reporting.predictions.models import WorkerHeartbeat

SILENT_WORKER_KEPT = timedelta(days=1)
"""Long enough to see that a worker is missing; names carry a process id and would pile up."""


def note_worker_alive(name: str, *, queues: list[str], started_at: datetime) -> None:
    """Write the worker's row, new or old."""
    row = WorkerHeartbeat(name=name[:128], queues=queues, started_at=started_at, seen_at=Now())
    WorkerHeartbeat.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["name"], update_fields=["queues", "started_at", "seen_at"]
    )


def forget_silent_workers() -> int:
    """Remove the rows of workers that are long gone; returns how many."""
    removed, _ = WorkerHeartbeat.objects.filter(seen_at__lt=Now() - SILENT_WORKER_KEPT).delete()
    return removed
