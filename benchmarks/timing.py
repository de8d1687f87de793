"""Wall and processor time of a call, several times, ways to do it side by side."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Timed:
    """Medians in seconds; processor time is of this process, all its threads together."""

    wall_s: float
    cpu_s: float

    def as_json(self) -> dict[str, float]:
        return {"wall_s": round(self.wall_s, 4), "cpu_s": round(self.cpu_s, 4)}


def side_by_side(ways: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, Timed]:
    """Each way once for nothing, then all of them in turn: what else the machine does meets them alike."""
    for call in ways.values():
        call()
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, call in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            call()
            seen[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {name: _median(times) for name, times in seen.items()}


def timed(call: Callable[[], Any], repeats: int) -> Timed:
    """One way alone."""
    return side_by_side({"": call}, repeats)[""]


def _median(times: list[tuple[float, float]]) -> Timed:
    return Timed(statistics.median(wall for wall, _ in times), statistics.median(cpu for _, cpu in times))
