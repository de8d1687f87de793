"""How long a page of a long worklist takes, in a database of its own that is thrown away afterwards."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.own_database import own_database
from benchmarks.tables import show


def measure(studies: int, repeats: int) -> dict[str, Any]:
    """``studies`` rows; medians of ``repeats`` in milliseconds for each list, its first page and one far down."""
    with own_database("dwl-") as run:
        said = run("-m", "benchmarks.worklist_pages", str(studies), str(repeats))
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    show(
        f"Worklist of {studies} studies, milliseconds",
        ("list", "first page", "far down", "count"),
        [(name, *(float(value) for value in times.values())) for name, times in found["lists"].items()],
    )
    return found
