"""A CUDA card beside the CPU: the same statements, how fast, and a profile that explains it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.studies import volume_of
from benchmarks.tables import show
from benchmarks.timing import side_by_side
from inference import grading, segmentation, weights
from inference.pipeline import run
from inference.results import LevelPrediction, PipelineResult
from inference.segmentation import ProbabilityMap, predict, prepared, resample
from inference.serving_form import served
from reporting.vocabulary import SeriesRole

_ROWS = 14


def measure(studies: list[Path], repeats: int) -> dict[str, Any]:
    """Needs a card."""
    same = _same_statements(studies)
    probabilities = _probabilities(studies[0])
    ways: dict[str, Callable[[], Any]] = {
        "bfloat16, as served": lambda: run(studies[:1], device="cuda"),
        "float32": _in_float32(lambda: run(studies[:1], device="cuda")),
    }
    times = side_by_side(ways, repeats)
    rows = [(name, one.wall_s, one.cpu_s, 3600 / one.wall_s) for name, one in times.items()]
    show("One study on the card, warm", ("way", "wall s", "CPU s", "studies an hour"), rows)
    stages = statistics_of_stages(studies[0], repeats)
    return {
        "statements": same,
        "segmentation_probabilities": probabilities,
        "latency": {name: one.as_json() for name, one in times.items()},
        "stages": stages,
        "profile": _profiled(studies[0]),
        "card_peak_mb": round(torch.cuda.max_memory_allocated() / 1e6),
    }


def statistics_of_stages(study: Path, repeats: int) -> dict[str, float]:
    """Median seconds per stage on the card."""
    timings = [run([study], device="cuda").timings_s for _ in range(repeats)]
    found = {name: round(statistics.median(one[name] for one in timings), 4) for name in timings[0]}
    show("Seconds per stage on the card, warm", ("stage", "seconds"), list(found.items()))
    return found


def _same_statements(studies: list[Path]) -> dict[str, Any]:
    """What is said of every study on either device, in bfloat16 as served and in float32."""
    found: dict[str, Any] = {}
    on_cpu = [run([study], device="cpu") for study in studies]
    for name, wrap in (("bfloat16", nullcontext()), ("float32", _float32())):
        with wrap:
            on_card = [run([study], device="cuda") for study in studies]
        found[name] = _compared(on_cpu, on_card)
    rows = [(name, *values.values()) for name, values in found.items()]
    show(f"Card beside CPU, {len(studies)} studies", ("on the card", *found["bfloat16"]), rows)
    return found


def _compared(first: list[PipelineResult], second: list[PipelineResult]) -> dict[str, Any]:
    said = [
        {
            (number, one.finding, one.level, one.side): one
            for number, result in enumerate(results)
            for one in result.predictions
        }
        for results in (first, second)
    ]
    pairs = [(one, said[1][place]) for place, one in said[0].items() if place in said[1]]
    return {
        "same levels": [_levels(one) for one in first] == [_levels(one) for one in second],
        "statements": len(said[0].keys() | said[1].keys()),
        "same statements": sum(_statement(a) == _statement(b) for a, b in pairs),
        "probability differs by at most": round(
            max((abs(a.probability - b.probability) for a, b in pairs), default=0.0), 5
        ),
        "mm differ by at most": round(max((abs((a.mm or 0) - (b.mm or 0)) for a, b in pairs), default=0.0), 4),
    }


def _levels(result: PipelineResult) -> list[tuple[str, str]]:
    return [(level.name, level.status.value) for level in result.levels]


def _statement(one: LevelPrediction) -> tuple[object, ...]:
    return one.finding, one.level, one.side, one.positive, one.grade, one.zone, one.herniation_side, one.direction


def _probabilities(study: Path) -> dict[str, float]:
    """Largest difference of any voxel's probability of any class, axial series, on the CPU's grid."""
    image = prepared(volume_of(study, SeriesRole.AXIAL_T2), "axial")
    network = weights.load(weights.SEGMENTATION_NAMES["axial"])[0]
    on_cpu = predict(served(network, torch.device("cpu")), image, "axial")
    with _float32():
        exact = _difference(on_cpu, predict(served(network, torch.device("cuda")), image, "axial"))
    found = {"float32": exact, "bfloat16": _difference(on_cpu, predict(network, image, "axial"))}
    show("Axial class probabilities, card beside CPU", ("on the card", "differ by at most"), list(found.items()))
    return found


def _difference(first: ProbabilityMap, second: ProbabilityMap) -> float:
    moved = resample(second, first.array.shape[1:], first.affine_lps_mm)
    return round(float(np.abs(first.array - moved.array).max()), 6)


@contextmanager
def _float32() -> Iterator[None]:
    """The networks on the card without autocast, and without the shortened mantissa of TensorFloat-32."""
    allowed = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    with (
        patch.object(segmentation, "autocast", lambda device: nullcontext()),
        patch.object(grading, "autocast", lambda device: nullcontext()),
    ):
        yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = allowed


def _in_float32(call: Callable[[], Any]) -> Callable[[], Any]:
    def wrapped() -> None:
        with _float32():
            call()

    return wrapped


def _profiled(study: Path) -> dict[str, Any]:
    """Where one warm study spends the card's time, and how little of the wall time that is."""
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiler:
        total = run([study], device="cuda").timings_s["total"]
    events = profiler.key_averages()
    kernels = [event for event in events if event.device_type.name == "CUDA"]
    busy = sum(event.self_device_time_total for event in kernels) / 1e6
    print(f"\nProfile of one study on the card: kernels and copies {busy:.3f} s of {total:.3f} s (profiled)")
    print(events.table(sort_by="self_device_time_total", row_limit=_ROWS, max_name_column_width=52))
    top = sorted(kernels, key=lambda event: -event.self_device_time_total)[:_ROWS]
    return {
        "wall_s": total,
        "card_busy_s": round(busy, 4),
        "kernels": [
            {"name": event.key[:100], "calls": event.count, "ms": round(event.self_device_time_total / 1e3, 3)}
            for event in top
        ],
    }
