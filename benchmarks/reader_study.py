"""What a large reader study costs: its analysis from arrays; then with rows: pages, lock, analysis, package."""

from __future__ import annotations

import json
import os
from typing import Any

from benchmarks.own_database import own_database
from benchmarks.tables import show

VISITS = 20


def measure(cases: int, readers: int, resamples: int) -> dict[str, Any]:
    """Two arms, twelve levels, five findings on a 0 to 100 scale, in processes with Django's settings."""
    with own_database("drs-") as run:
        said = run("-m", "benchmarks.reader_study_analysis", str(cases), str(readers), str(resamples))
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    columns = ("cases", "readers", "resamples", "seconds", "cpu_seconds", "peak_mb")
    show("Analysis of a reader study, from arrays", columns, [tuple(found[name] for name in columns)])
    show("Its parts", ("part", "seconds"), list(found["parts"].items()))
    return found | {"stored": _stored(cases, readers, resamples)}


def _stored(cases: int, readers: int, resamples: int) -> dict[str, Any]:
    """With everything in the database; each stage in a process of its own, so that its memory is its own."""
    stages = (("run", cases, readers, VISITS), ("analysis", resamples), ("package",), ("closed", VISITS))
    found: dict[str, Any] = {"load_average": [round(value, 1) for value in os.getloadavg()]}
    with own_database("drp-") as run:
        for name, *numbers in stages:
            said = run("-m", "benchmarks.reader_study_stages", name, *map(str, numbers))
            found[name] = json.loads(said.splitlines()[-1])
    columns = ("median_ms", "p95_ms", "work_p95_ms")
    pages = found["run"]["pages"] | found["closed"]["pages"]
    show(
        f"Pages of a reader study with {found['run']['ratings']} ratings, milliseconds ({VISITS} visits each)",
        ("page", *columns),
        [(name, *(one[column] for column in columns)) for name, one in pages.items()],
    )
    show("Lock", ("seconds",), [(found["run"]["lock_s"],)])
    measures = ("seconds", "cpu_seconds", "idle_mb", "peak_mb")
    show(
        "Workers, from the database on",
        ("", *measures),
        [(name, *(found[name][column] for column in measures)) for name in ("analysis", "package")],
    )
    return found
