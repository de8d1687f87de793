"""How long the analysis of a large reader study takes, and what it needs: simulated readers, no rows read."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.own_database import own_database
from benchmarks.tables import show


def measure(cases: int, readers: int, resamples: int) -> dict[str, Any]:
    """Two arms, twelve levels, five findings on a 0 to 100 scale, in a process with Django's settings."""
    with own_database("drs-") as run:
        said = run("-m", "benchmarks.reader_study_analysis", str(cases), str(readers), str(resamples))
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    columns = ("cases", "readers", "resamples", "seconds", "cpu_seconds", "peak_mb")
    show("Analysis of a reader study", columns, [tuple(found[name] for name in columns)])
    show("Its parts", ("part", "seconds"), list(found["parts"].items()))
    return found
