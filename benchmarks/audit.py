"""How long the audit's figures take over more and more signed reports, each number in a database of its own."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.own_database import own_database
from benchmarks.tables import show

DRAWN = 4000
"""Reports invented one by one, signed and turned into facts; the others are copies of them."""
VISITS = 40
"""Of each page, every time with another filter."""


def measure(sizes: Sequence[int], repeats: int) -> list[dict[str, Any]]:
    """For each number of reports: milliseconds per question, their p50 and p95, and what it took to get there."""
    found = [_measured(size, repeats) for size in sizes]
    names = (
        "reports",
        "seeded_s",
        "recount_s",
        "database_mb",
        "summaries_mb",
        "facts",
        "groups",
        "cells",
        "next_report_ms",
    )
    show("The department audit's database", names, [tuple(one[name] for name in names) for one in found])
    questions = list(found[0]["questions"])
    show(
        "Its questions, milliseconds (p95 of each)",
        ("question", *(f"{one['reports']} reports" for one in found)),
        [(name, *(one["questions"][name]["p95_ms"] for one in found)) for name in questions],
    )
    show(
        "Its pages, milliseconds (p50 and p95), each visit with another filter",
        ("page", *(f"{one['reports']} reports" for one in found)),
        [
            (name, *(f"{one['pages'][name]['p50_ms']} / {one['pages'][name]['p95_ms']}" for one in found))
            for name in found[0]["pages"]
        ],
    )
    show(
        "All questions",
        ("reports", "p50 ms", "p95 ms", "slowest ms", "p95 of pages, ms"),
        [(one["reports"], one["p50_ms"], one["p95_ms"], one["slowest_ms"], one["page_p95_ms"]) for one in found],
    )
    return found


def _measured(reports: int, repeats: int) -> dict[str, Any]:
    with own_database("dau-", os.environ.get("DENS_BENCH_DIR", "/tmp")) as run:  # noqa: S108
        began = time.perf_counter()
        run("manage.py", "seed_reports", str(reports), "--until", "2026-10", "--drawn", str(DRAWN))
        seeded_s = round(time.perf_counter() - began, 1)
        began = time.perf_counter()
        run("manage.py", "facts", "recount")
        times = {"seeded_s": seeded_s, "recount_s": round(time.perf_counter() - began, 1)}
        said = run("-m", "benchmarks.audit_questions", str(repeats), str(VISITS))
    answer: dict[str, Any] = {"reports": reports, **times, **json.loads(said.splitlines()[-1])}
    return answer
