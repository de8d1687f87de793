"""How long the audit's figures take over more and more signed reports, each number in a database of its own."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Sequence
from itertools import pairwise
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
    upkeep = {
        "s": "seconds until it was done",
        "work_s": "seconds of work on a core",
        "memory_mb": "most memory of the process so far, MB",
    }
    for measure, words in upkeep.items():
        show(
            f"Its upkeep, {words}",
            ("", *(f"{one['reports']} reports" for one in found)),
            [(name, *(one["upkeep"][name][measure] for one in found)) for name in found[0]["upkeep"]],
        )
    if len(found) > 1:
        _show_growth(found)
    return found


def growth(before: float, after: float, fewer: int, more: int) -> float:
    """How many times as much a tenfold step costs; sizes that are not ten times each other are brought to that."""
    return float((after / before) ** (1 / math.log10(more / fewer)))


def _show_growth(found: Sequence[dict[str, Any]]) -> None:
    """What is promised: a tenfold step costs less than twice the work of a question or page."""
    steps = [((a["reports"], b["reports"]), _work(a), _work(b)) for a, b in pairwise(found)]
    show(
        "Times the work (p50) for ten times the reports",
        ("", *(f"{fewer} to {more}" for (fewer, more), _before, _after in steps)),
        [(name, *(growth(a[name], b[name], *sizes) for sizes, a, b in steps)) for name in steps[0][1]],
    )


def _work(one: dict[str, Any]) -> dict[str, float]:
    """Milliseconds of a core by question, page and task; at least a hundredth of one, so that ratios exist."""
    spreads = {"all questions": one["all_questions"], **one["questions"], "all pages": one["all_pages"], **one["pages"]}
    work = {name: spread["work_p50_ms"] for name, spread in spreads.items()}
    work |= {name: 1000 * task["work_s"] for name, task in one["upkeep"].items()}
    return {name: max(0.01, value) for name, value in work.items()}


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
