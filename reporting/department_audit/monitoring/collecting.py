"""Facts, series and jobs → figures of each day, in the department's time zone. Made again it gives the same."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from reporting.department_audit.days import day_of, midnight
from reporting.department_audit.models import DailyFigure
from reporting.department_audit.monitoring.measures import PROTOCOL_VALUES
from reporting.predictions.models import InferenceJob, JobStatus
from reporting.studies.models import Series
from reporting.vocabulary import GateStatus, SeriesRole

Key = tuple[str, str, str, date]
"""Measure, group, algorithm, day."""
_OF_IMAGES = ("neighbour_correlation", "signal_p50", "signal_p99")
_OF_FACTS = """
    SELECT f.finding, r.algorithm, (r.signed_at AT TIME ZONE %s)::date AS day,
        count(*) FILTER (WHERE f.machine_counts AND f.machine_positive IS NOT NULL AND f.positive IS NOT NULL),
        count(*) FILTER (WHERE f.machine_counts AND f.machine_positive <> f.positive),
        count(*) FILTER (WHERE f.machine_probability IS NOT NULL),
        count(*) FILTER (WHERE f.machine_probability IS NOT NULL AND NOT f.machine_counts)
    FROM department_audit_fact f JOIN department_audit_signedread r ON r.version_id = f.read_id
    WHERE r.standing = 'current' AND f.comparison = 'class' AND r.signed_at >= %s AND r.signed_at < %s
    GROUP BY 1, 2, 3
"""
_OF_READS = """
    SELECT (signed_at AT TIME ZONE %s)::date AS day, vendor, protocol, count(*) FROM department_audit_signedread
    WHERE standing = 'current' AND signed_at >= %s AND signed_at < %s GROUP BY 1, 2, 3
"""


@transaction.atomic
def collect(first: date, last: date) -> int:
    """Replace the figures of these days; returns how many there are. A day without rows has none."""
    found: dict[Key, tuple[int, float]] = {}
    start, end = midnight(first), midnight(last + timedelta(days=1))
    for key, n, total in (*_facts(start, end), *_reads(start, end), *_jobs(start, end), *_series(start, end)):
        before = found.get(key, (0, 0.0))
        found[key] = before[0] + n, before[1] + total
    DailyFigure.objects.filter(day__gte=first, day__lte=last).delete()
    DailyFigure.objects.bulk_create(
        [
            DailyFigure(measure=measure, group=group, algorithm=algorithm, day=day, n=n, total=total)
            for (measure, group, algorithm, day), (n, total) in sorted(found.items())
            if n
        ]
    )
    return len(found)


_Figures = Iterator[tuple[Key, int, float]]


def _facts(start: datetime, end: datetime) -> _Figures:
    for finding, algorithm, day, compared, differing, spoken, withheld in _asked(_OF_FACTS, start, end):
        yield ("discrepancy", finding, algorithm, day), compared, differing
        yield ("withheld", finding, algorithm, day), spoken, withheld


def _reads(start: datetime, end: datetime) -> _Figures:
    vendors: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    outside: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for day, vendor, protocol, n in _asked(_OF_READS, start, end):
        vendors[day][vendor] += n
        outside[day][0] += n if protocol != "unknown" else 0
        outside[day][1] += n if protocol == "outside" else 0
    known = {vendor for of_day in vendors.values() for vendor in of_day}
    known |= set(DailyFigure.objects.filter(measure="vendor").values_list("group", flat=True).distinct())
    for day, of_day in vendors.items():
        for vendor in known:  # a vendor that sent nothing has a share of 0
            yield ("vendor", vendor, "", day), sum(of_day.values()), of_day.get(vendor, 0)
    for day, (n, hits) in outside.items():
        yield ("protocol", "", "", day), n, hits


def _jobs(start: datetime, end: datetime) -> _Figures:
    jobs = InferenceJob.objects.select_related("algorithm").exclude(status=JobStatus.CANCELLED)
    for job in jobs.filter(finished_at__gte=start, finished_at__lt=end).iterator(chunk_size=500):
        assert job.finished_at is not None
        algorithm, day = str(job.algorithm), day_of(job.finished_at)
        yield ("failures", "", algorithm, day), 1, float(job.status == JobStatus.FAILED)
        if job.status == JobStatus.SUCCEEDED and job.result:
            gate = (job.result.get("gate") or {}).get("status")
            yield ("gate", "", algorithm, day), 1, float(gate != GateStatus.RUN.value)
            for measure, role, value in _image_values(job.result):
                yield (measure, role, "", day), 1, value
    started = jobs.filter(started_at__gte=start, started_at__lt=end, attempt=1)
    for created, began in started.values_list("created_at", "started_at"):
        assert began is not None
        yield ("queue_wait_s", "", "", day_of(began)), 1, max(0.0, (began - created).total_seconds())


def _image_values(result: dict[str, Any]) -> Iterator[tuple[str, str, float]]:
    """(measure, role, value) of every series that was read; contrasts differ too much to be counted together."""
    roles = {one.get("uid"): str(one.get("role") or "") for one in result.get("series") or []}
    for uid, one in ((result.get("quality") or {}).get("series") or {}).items():
        if not isinstance(one, dict):
            continue
        likeness, median, bright = (_number(one.get(name)) for name in _OF_IMAGES)
        if likeness is not None:
            yield "correlation", "", likeness
        if (role := roles.get(uid, "")) and bright is not None:
            yield "signal_p99", role, bright
            if median is not None and bright > 0:
                yield "signal_median", role, median / bright


def _series(start: datetime, end: datetime) -> _Figures:
    rows = Series.objects.filter(created_at__gte=start, created_at__lt=end).exclude(role=SeriesRole.UNKNOWN.value)
    for created, role, protocol in rows.values_list("created_at", "role", "protocol"):
        for name in PROTOCOL_VALUES:
            if (value := _number(protocol.get(name))) is not None:
                yield (name, role, "", day_of(created)), 1, value


def _number(value: Any) -> float | None:
    is_one = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_one else None


def _asked(sql: str, start: datetime, end: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [settings.TIME_ZONE, start, end])
        return list(cursor.fetchall())
