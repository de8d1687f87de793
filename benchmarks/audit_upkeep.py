"""What the clock and an administrator do for the department audit, once each. Django must be set up."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Max

from benchmarks.memory import peak_mb
from benchmarks.spent import spent_ms
from reporting.department_audit import intake
from reporting.department_audit.models import SignedRead
from reporting.department_audit.monitoring.watching import watch
from reporting.department_audit.peer_learning.drawing import draw_peer_cases


def seconds() -> dict[str, dict[str, float]]:
    """By task: seconds until it was done, of work, and the most memory (MB) that this process held so far.

    Raises:
        ValueError: summaries differ from a full recount, or nothing was drawn for peer learning.
    """
    day = SignedRead.objects.aggregate(newest=Max("signed_at"))["newest"].date() + timedelta(days=1)
    found: dict[str, dict[str, float]] = {}
    for name, task in {
        "recount held against the summaries": _checked,
        "monitoring, first look (180 days)": lambda: watch(today=day),
        "monitoring, later look (14 days)": lambda: watch(today=day),
        "peer learning, the day's draw": lambda: _drawn(day),
    }.items():
        waited, worked = spent_ms(task)
        memory = peak_mb()
        found[name] = {"s": round(waited / 1000, 2), "work_s": round(worked / 1000, 2), "memory_mb": round(memory)}
    return found


def _checked() -> None:
    if faults := intake.summary_faults():
        raise ValueError(f"{len(faults)} summaries differ from the recount: {faults[0]}")


def _drawn(day: date) -> None:
    if draw_peer_cases(by=None, today=day) is None:
        raise ValueError("nothing was drawn for peer learning")
