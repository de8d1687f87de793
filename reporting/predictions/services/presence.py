"""Workers saying that they live."""

from __future__ import annotations

from datetime import datetime

from django.db.models.functions import Now

from reporting.predictions.models import WorkerHeartbeat


def note_worker_alive(name: str, *, queues: list[str], device: str, started_at: datetime) -> None:
    """Write the worker's row, new or old."""
    row = WorkerHeartbeat(name=name[:128], queues=queues, device=device[:64], started_at=started_at, seen_at=Now())
    WorkerHeartbeat.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["queues", "device", "started_at", "seen_at"],
    )


def forget_worker(name: str) -> None:
    """A worker that stopped in good order is not a missing one."""
    WorkerHeartbeat.objects.filter(name=name).delete()
