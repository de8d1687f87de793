"""Measure and print; ``--json OUT`` keeps the numbers. See docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import torch

from benchmarks import (
    audit,
    card,
    cold,
    dicom,
    machine,
    reader_study,
    runtimes,
    scaling,
    studies,
    variants,
    warm,
    workers,
    worklist,
)
from benchmarks.ohif_pages import NoPeer
from benchmarks.tables import show

SECTIONS = (
    "cold",
    "warm",
    "variants",
    "runtimes",
    "slices",
    "workers",
    "card",
    "worklist",
    "audit",
    "dicom",
    "reading",
    "reader_study",
)


def main() -> None:
    options = _options()
    warnings.simplefilter("ignore")  # readers of the phantom's files warn of nothing that matters here
    began = time.perf_counter()
    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    found: dict[str, Any] = {"machine": machine.description(device)}
    show("Machine", ("", ""), [(name, str(value)) for name, value in found["machine"].items()])
    with tempfile.TemporaryDirectory(prefix="dens-bench-") as folder:
        paths, seconds = studies.write(Path(folder), options.studies)
        found["phantom_s"] = [round(value, 2) for value in seconds]
        show("Phantom studies written", ("study", "seconds"), list(enumerate(seconds, start=1)))
        for section in options.only or _usual(device):
            found[section] = _measured(section, paths, device, options, Path(folder))
    found["seconds"] = round(time.perf_counter() - began, 1)
    print(f"\nMeasured in {found['seconds']} s")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--device", choices=["cpu", "cuda"], help="default: CUDA when there is a card")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every number")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, help="these parts")
    parser.add_argument("--studies", type=int, default=2, help="phantom studies to write (2)")
    parser.add_argument("--listed", type=int, default=100_000, help="studies in the worklist (100 000)")
    parser.add_argument(
        "--reports", type=int, nargs="+", default=[10_000, 100_000], help="signed reports of the audit (10 000 100 000)"
    )
    parser.add_argument("--objects", type=int, default=1000, help="DICOM objects sent to each receiver (1 000)")
    parser.add_argument("--held", type=int, default=10_000, help="objects in the archives that answer (10 000)")
    parser.add_argument(
        "--design", type=int, nargs=3, default=[500, 30, 1000], metavar=("CASES", "READERS", "RESAMPLES"),
        help="of the reader study that is analysed (500 30 1000)",
    )  # fmt: skip
    parser.add_argument("--repeats", type=int, default=7, help="of every timing (7)")
    parser.add_argument("--workers", type=int, nargs="+", help="numbers of worker processes (1 … cores; a card: 1 2 4)")
    parser.add_argument("--seconds", type=float, default=8.0, help="that each number of workers runs (8)")
    return parser.parse_args()


def _usual(device: str) -> tuple[str, ...]:
    return ("card", "workers") if device == "cuda" else tuple(name for name in SECTIONS if name != "card")


def _measured(section: str, paths: list[Path], device: str, options: argparse.Namespace, folder: Path) -> Any:
    if section == "cold":
        return cold.measure(paths[0], device, folder)
    if section == "warm":
        return warm.measure(paths, device, options.repeats)
    if section == "variants":
        return variants.measure(paths[0], options.repeats)
    if section == "runtimes":
        return runtimes.measure(options.repeats)
    if section == "slices":
        return scaling.slices(paths[0], device, max(1, options.repeats // 2))
    if section == "card":
        return card.measure(paths, options.repeats)
    if section == "worklist":
        return worklist.measure(options.listed, options.repeats)
    if section == "audit":
        return audit.measure(options.reports, options.repeats)
    if section == "dicom":
        return _beside_archives(options)
    if section == "reader_study":
        return reader_study.measure(*options.design)
    if section == "reading":
        return _beside_peers(options.repeats)
    return _throughput(paths, device, options)


def _beside_archives(options: argparse.Namespace) -> dict[str, Any] | None:
    try:
        return dicom.measure(options.objects, options.held, options.repeats)
    except NoPeer as missing:
        print(f"\nDICOM beside other archives: not measured, {missing}")
        return None


def _beside_peers(repeats: int) -> dict[str, Any] | None:
    from benchmarks import reading  # a machine with a card need not have a browser's driver

    try:
        return reading.measure(repeats)
    except NoPeer as missing:
        print(f"\nThe reading room in a browser: not measured, {missing}")
        return None


def _throughput(paths: list[Path], device: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    cores = len(os.sched_getaffinity(0))
    usual = [1, 2, 4] if device == "cuda" else sorted({1, 2, cores} if cores <= 4 else {1, 2, 4, cores})
    found = [workers.measure(paths, device, count, options.seconds) for count in options.workers or usual]
    columns = ("studies_per_hour", "seconds_per_study", "peak_mb", "helpers_peak_mb", "card_peak_mb", "first_study_s")
    show(
        "Worker processes that share this machine",
        ("workers", *(name.replace("_", " ") for name in columns)),
        [(one["processes"], *(one[name] for name in columns)) for one in found],
    )
    if device == "cuda":
        print(
            f"  forked children computed on {found[0]['device']}; the parent had left CUDA alone: "
            f"{all(one['parent_left_cuda_alone'] for one in found)}"
        )
    return found


if __name__ == "__main__":
    main()
