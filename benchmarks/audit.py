"""How long the audit's figures take over more and more signed reports, each number in a database of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.tables import show

ROOT = Path(__file__).resolve().parent.parent


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
    # A socket's path is short, so the folder is not the one of the other parts.
    with tempfile.TemporaryDirectory(prefix="dau-", dir=os.environ.get("DENS_BENCH_DIR", "/tmp")) as folder:  # noqa: S108
        environment = {**os.environ, "DENS_STATE_DIR": folder, "DJANGO_SETTINGS_MODULE": "config.settings"}
        environment.pop("DATABASE_URL", None)

        def run(*command: str) -> str:
            done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
            return done.stdout

        run(sys.executable, "manage.py", "migrate", "--verbosity", "0")
        began = time.perf_counter()
        run(sys.executable, "manage.py", "seed_reports", str(reports), "--until", "2026-10")
        seeded_s = round(time.perf_counter() - began, 1)
        said = run(sys.executable, "-m", "benchmarks.audit_questions", str(repeats))
    answer: dict[str, Any] = {"reports": reports, "seeded_s": seeded_s, **json.loads(said.splitlines()[-1])}
    return answer
