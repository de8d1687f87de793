"""One warm process: seconds per stage, the first study beside later ones, and whether memory grows."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.memory import helpers_peak_mb, peak_mb, resident_mb
from benchmarks.tables import show
from inference.pipeline import STAGES, run


def measure(studies: list[Path], device: str, repeats: int) -> dict[str, Any]:
    """Run the studies in turn, ``repeats`` of them after the first one."""
    before = resident_mb()
    timings, resident, processor = [], [], []
    for number in range(repeats + 1):
        cpu = time.process_time()
        result = run([studies[number % len(studies)]], device=device)
        processor.append(time.process_time() - cpu)
        timings.append(dict(result.timings_s))
        resident.append(resident_mb())
    first, later = timings[0], timings[1:]
    median = {name: statistics.median(one[name] for one in later) for name in (*STAGES, "total")}
    rows = [(name, first[name], median[name], 100 * median[name] / median["total"]) for name in (*STAGES, "total")]
    show("Seconds per stage, one process", ("stage", "first study", "warm, median", "% of total"), rows)
    spread = [one["total"] for one in later]
    half = len(resident) // 2
    show(
        "Studies one after another in one process",
        ("studies", "seconds together", "seconds the last", "resident MB"),
        [
            (count, sum(one["total"] for one in timings[:count]), timings[count - 1]["total"], resident[count - 1])
            for count in sorted({1, 2, *range(4, len(timings), 4), len(timings)})
            if count <= len(timings)
        ],
    )
    found = {
        "first": first,
        "warm": {name: round(value, 3) for name, value in median.items()},
        "warm_fastest_s": round(min(spread), 3),
        "warm_slowest_s": round(max(spread), 3),
        "warm_cpu_s": round(statistics.median(processor[1:]), 3),
        "seconds": [one["total"] for one in timings],
        "resident_before_mb": round(before),
        "resident_mb": [round(value) for value in resident],
        "growth_mb_per_study": round((resident[-1] - resident[half]) / max(1, len(resident) - 1 - half), 2),
        "peak_mb": round(peak_mb()),
        "helpers_peak_mb": round(helpers_peak_mb()),
    }
    print(f"  warm: {min(spread):.2f} to {max(spread):.2f} s, {found['warm_cpu_s']:.2f} s of processor time")
    print(
        f"  memory: {before:.0f} MB before, peak {found['peak_mb']} MB; helper processes {found['helpers_peak_mb']} MB;"
        f" growth in the second half {found['growth_mb_per_study']} MB a study"
    )
    return found
