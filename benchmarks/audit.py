"""How long the audit's figures take over more and more signed reports, each number in a database of its own."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.own_database import own_database
from benchmarks.tables import show


def measure(sizes: Sequence[int], repeats: int) -> list[dict[str, Any]]:
    """For each number of reports: milliseconds per question, their p50 and p95, and what it took to get there."""
    found = [_measured(size, repeats) for size in sizes]
    names = ("reports", "seeded_s", "database_mb", "facts", "cells", "next_report_ms")
    show("The department audit's database", names, [tuple(one[name] for name in names) for one in found])
    questions = list(found[0]["questions"])
    show(
        "Its questions, milliseconds (p95 of each)",
        ("question", *(f"{one['reports']} reports" for one in found)),
        [(name, *(one["questions"][name]["p95_ms"] for one in found)) for name in questions],
    )
    show(
        "All questions",
        ("reports", "p50 ms", "p95 ms", "slowest ms"),
        [(one["reports"], one["p50_ms"], one["p95_ms"], one["slowest_ms"]) for one in found],
    )
    return found


def _measured(reports: int, repeats: int) -> dict[str, Any]:
    with own_database("dau-", os.environ.get("DENS_BENCH_DIR", "/tmp")) as run:  # noqa: S108
        began = time.perf_counter()
        run("manage.py", "seed_reports", str(reports), "--until", "2026-10")
        seeded_s = round(time.perf_counter() - began, 1)
        said = run("-m", "benchmarks.audit_questions", str(repeats))
    answer: dict[str, Any] = {"reports": reports, "seeded_s": seeded_s, **json.loads(said.splitlines()[-1])}
    return answer
