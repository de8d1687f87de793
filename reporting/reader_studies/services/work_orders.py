"""How a worker holds an order: it takes a lease, renews it at work, and writes only while the order is its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from reporting.reader_studies.words import AnalysisStatus
from reporting.reader_studies.work_models import WorkOrder

LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 3

Order = TypeVar("Order", bound=WorkOrder)


def take(kind: type[Order]) -> Order | None:
    """The order that has waited longest, or one whose worker was not heard of again; given up after some attempts."""
    lost = Q(status=AnalysisStatus.RUNNING, lease_expires_at__lt=Now())
    due = _all(kind).filter(Q(status=AnalysisStatus.WAITING) | lost).order_by("created_at")
    while True:
        with transaction.atomic():
            order = due.select_for_update(skip_locked=True).first()
            if order is None:
                return None
            row = _all(kind).filter(pk=order.pk)
            if order.attempt < MOST_ATTEMPTS:
                row.update(
                    status=AnalysisStatus.RUNNING, attempt=F("attempt") + 1, done=0, lease_expires_at=Now() + LEASE
                )
                order.refresh_from_db()
                return order
            row.update(status=AnalysisStatus.FAILED, fault="worker_lost")


def go_on(order: WorkOrder, done: float) -> bool:
    """Say how far it is and renew the lease; ``False`` where another worker has the order by now."""
    progress: dict[str, Any] = {"done": min(done, 0.99), "lease_expires_at": Now() + LEASE}
    return bool(_own(order).update(**progress))


def finish(order: WorkOrder, **fields: Any) -> bool:
    """Together with the rows that came of it, in one transaction; ``False`` where the order is another's."""
    return bool(_own(order).update(status=AnalysisStatus.FINISHED, done=1, finished_at=Now(), **fields))


def fail(order: WorkOrder, fault: str) -> None:
    _own(order).update(status=AnalysisStatus.FAILED, fault=fault)


def _all(kind: type[Order]) -> QuerySet[Order]:
    return kind._default_manager.all()


def _own(order: WorkOrder) -> QuerySet[WorkOrder]:
    """The row while this attempt still holds it."""
    return _all(type(order)).filter(pk=order.pk, status=AnalysisStatus.RUNNING, attempt=order.attempt)
