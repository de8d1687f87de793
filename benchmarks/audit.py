"""How long the audit's figures take over more and more signed reports, each number in a database of its own."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from typing import Any

from benchmarks.own_database import own_database
from benchmarks.tables import show

DRAWN = 4000
"""Reports invented one by one, signed and turned into facts; the others are copies of them."""
VISITS = 20
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
        "next_report_work_ms",
    )
    show("The department audit's database", names, [tuple(one[name] for name in names) for one in found])
    for what, group, everything in (("questions", "questions", "all_questions"), ("pages", "pages", "all_pages")):
        for measure, words in (("", "until the answer"), ("work_", "of work on a core")):
            show(
                f"Its {what}, milliseconds {words}: p50 and p95",
                ("", *(f"{one['reports']} reports" for one in found)),
                [
                    *((name, *(_said(one[group][name], measure) for one in found)) for name in found[0][group]),
                    ("all", *(_said(one[everything], measure) for one in found)),
                ],
            )
    return found


def _said(spread: dict[str, float], measure: str) -> str:
    return f"{spread[f'{measure}p50_ms']} / {spread[f'{measure}p95_ms']}"


def _measured(reports: int, repeats: int) -> dict[str, Any]:
    with own_database("dau-", os.environ.get("DENS_BENCH_DIR", "/tmp")) as run:  # noqa: S108
        seeded = run("manage.py", "seed_reports", str(reports), "--until", "2026-10", "--drawn", str(DRAWN))
        seconds = re.findall(r"(\d+) s\b", seeded.splitlines()[-1])
        times = {"seeded_s": int(seconds[0]), "recount_s": int(seconds[1])}
        said = run("-m", "benchmarks.audit_questions", str(repeats), str(VISITS))
    answer: dict[str, Any] = {"reports": reports, **times, **json.loads(said.splitlines()[-1])}
    return answer
