"""Inside a database of invented reports: ask questions, open pages, print JSON, stop the database.

DENS_STATE_DIR=… python -m benchmarks.audit_questions REPEATS VISITS
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import django
from django.conf import settings

from config import embedded_postgres, served

settings.DATABASES["default"] |= {"USER": "postgres", "OPTIONS": {}}
django.setup()

from django.db import connection, transaction  # noqa: E402  settings must be ready first

from benchmarks import audit_pages, audit_upkeep  # noqa: E402
from benchmarks.spent import spent_ms  # noqa: E402
from reporting.department_audit import figures, intake  # noqa: E402
from reporting.department_audit.filters import Dimension, Filter  # noqa: E402
from reporting.department_audit.models import PendingReport, SignedRead  # noqa: E402

PLL, LF = Filter(finding="pll"), Filter(finding="lf")
YEAR = Filter(finding="pll", month_from=date(2025, 11, 1), month_to=date(2026, 10, 1))
TWO = Filter(finding="pll", vendor="GE", sex="F")
MANY = Filter(
    finding="lf", side="left", vendor="GE", sex="F", age_band="60-69", protocol="inside", reader_group="senior"
)
THREE = Filter(finding="pll", vendor="GE", sex="F", age_band="50-59")
LEVEL_AND_TWO = Filter(finding="pll", level="C5/6", vendor="GE", sex="F")
QUESTIONS: dict[str, Callable[[], Any]] = {
    "rates by finding": lambda: [one.rates() for one in figures.tables(Filter(), Dimension.FINDING)],
    "rates by level": lambda: [one.rates() for one in figures.tables(PLL, Dimension.LEVEL)],
    "rates by side": lambda: [one.rates() for one in figures.tables(LF, Dimension.SIDE)],
    "rates by month": lambda: [one.rates() for one in figures.tables(PLL, Dimension.MONTH)],
    "rates by vendor": lambda: [one.rates() for one in figures.tables(PLL, Dimension.VENDOR)],
    "rates by age, last year": lambda: [one.rates() for one in figures.tables(YEAR, Dimension.AGE)],
    "rates by vendor at one level": lambda: [
        one.rates() for one in figures.tables(Filter(finding="pll", level="C5/6"), Dimension.VENDOR)
    ],
    "rates by age of one vendor": lambda: [
        one.rates() for one in figures.tables(Filter(finding="pll", vendor="GE"), Dimension.AGE)
    ],
    "rates, two conditions": lambda: [one.rates() for one in figures.tables(TWO)],
    "outcomes by finding": lambda: [one.shares() for one in figures.outcomes(Filter(), Dimension.FINDING)],
    "outcomes by month": lambda: [one.shares() for one in figures.outcomes(PLL, Dimension.MONTH)],
    "ROC, calibration, thresholds": lambda: [
        (one.auc(), one.calibration(), one.points()) for one in figures.scores(PLL)
    ],
    "ROC by vendor": lambda: [one.auc() for one in figures.scores(PLL, Dimension.VENDOR)],
    "sizes with points": lambda: [(one.bias(), one.limits()) for one in figures.pairs_mm(PLL)],
    "process by month": lambda: [
        (one.time_to_sign(), one.all_stood()) for one in figures.process(Filter(), Dimension.MONTH)
    ],
    "process by readers": lambda: [one.all_stood() for one in figures.process(Filter(), Dimension.READERS)],
    "readers by finding": lambda: [one.kappa() for one in figures.readers(Filter(), Dimension.FINDING)],
    "switches by finding": lambda: [one.shares() for one in figures.switches(Filter(), Dimension.FINDING)],
    "accuracy, adjudicated": lambda: [
        one.rates() for one in figures.tables(Filter(truth="adjudicated"), Dimension.FINDING)
    ],
    "what a filter may be": figures.offered,
    "cases of a cell": lambda: figures.cases(PLL, cell="fn"),
    "cases of a cell, page 20": lambda: figures.cases(PLL, 20, cell="fp"),
    "cases of a small cell": lambda: figures.cases(LEVEL_AND_TWO, cell="fn"),
    "seven conditions by month": lambda: [one.rates() for one in figures.tables(MANY, Dimension.MONTH)],
    "ROC of three conditions": lambda: [one.auc() for one in figures.scores(THREE)],
    "three conditions": lambda: [one.rates() for one in figures.tables(THREE)],
    "a level and two conditions": lambda: [one.rates() for one in figures.tables(LEVEL_AND_TWO)],
}


def main(repeats: int, visits: int) -> None:
    served.settle()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    questions: dict[str, dict[str, float]] = {}
    every: list[tuple[float, float]] = []
    for name, ask in QUESTIONS.items():
        ask()
        times = [spent_ms(ask) for _ in range(max(2, repeats))]
        every += times
        questions[name] = _spread(times)
    upkeep = audit_upkeep.seconds()
    visited = {name: audit_pages.times_ms(name, visits) for name in (*audit_pages.PAGES, *audit_pages.BOARDS)}
    filtered = [one for name, times in visited.items() if name in audit_pages.PAGES for one in times]
    found = {
        "facts": _number("SELECT reltuples FROM pg_class WHERE relname = 'department_audit_fact'"),
        "cells": _number("SELECT count(*) FROM department_audit_summarycell"),
        "groups": _number("SELECT count(*) FROM department_audit_summarygroup"),
        "summaries_mb": _number(
            "SELECT sum(pg_total_relation_size(oid)) / 1048576 FROM pg_class"
            " WHERE relkind = 'r' AND relname LIKE 'department_audit_summary%'"
        ),
        "database_mb": _number("SELECT pg_database_size(current_database()) / 1048576"),
        "next_report_work_ms": round(_next_report_ms(), 1),
        "upkeep": upkeep,
        "all_questions": _spread(every),
        "questions": questions,
        "pages": {name: _spread(times) for name, times in visited.items()},
        "all_pages": _spread(filtered),
    }
    print(json.dumps(found))


def _spread(times: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Of waiting and of work, in milliseconds."""
    found: dict[str, float] = {}
    for name, column in zip(("", "work_"), zip(*times, strict=True), strict=True):
        ordered = sorted(column)
        p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        found |= {f"{name}p50_ms": statistics.median(ordered), f"{name}p95_ms": p95, f"{name}slowest_ms": ordered[-1]}
    return {name: round(value, 1) for name, value in found.items()}


def _number(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int((cursor.fetchone() or (0,))[0])


def _next_report_ms() -> float:
    """One more report taken into facts and summaries: one that is there is asked for again, ten times."""
    drawn = SignedRead.objects.filter(standing="current").exclude(version__content="")  # a copy has nothing to build
    reports = list(drawn.order_by("pk").values_list("report", flat=True)[:10])
    times = []
    for report in reports:
        with transaction.atomic():
            PendingReport.objects.create(report_id=report, since="2026-11-01T00:00Z")
        times.append(spent_ms(intake.take_pending)[1])
    return statistics.median(times)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), int(sys.argv[2]))
    finally:
        connection.close()
        embedded_postgres.stop(settings.STATE_DIR)
