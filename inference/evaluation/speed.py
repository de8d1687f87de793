"""Time and memory of one study with nothing else of this run going on (the machine may be busy all the same)."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from inference.evaluation.conditions import GAP, Settings
from inference.evaluation.provenance import ROOT
from inference.phantom import write_plan
from inference.pipeline import run

_WARM_RUNS = 3


def speed(seed: int, settings: Settings, device: str | None) -> dict[str, Any]:
    """Seconds to make one study, to analyse it with everything loaded (median of a few), and from a cold process; the
    cold process's peak memory."""
    with tempfile.TemporaryDirectory(prefix="dens-speed-") as folder:
        plan = settings.plan(seed, GAP)
        for _ in range(2):  # the first compiles the phantom's kernels
            began = time.perf_counter()
            write_plan(folder, plan, through_plane_samples=settings.samples, artefacts=GAP.artefacts)
            written = time.perf_counter() - began
        files = sorted(Path(folder).glob("*/*"))
        run(files, device=device)
        warm = [_seconds_of_run(files, device) for _ in range(_WARM_RUNS)]
        cold_s, peak_mb = _cold(Path(folder), device)
    return {
        "write_s": round(written, 2),
        "warm_s": round(statistics.median(warm), 2),
        "cold_s": cold_s,
        "cold_peak_rss_mb": peak_mb,
        "threads": torch.get_num_threads(),
        "load_average": round(os.getloadavg()[0], 1),
    }


def _seconds_of_run(files: list[Path], device: str | None) -> float:
    began = time.perf_counter()
    run(files, device=device)
    return time.perf_counter() - began


def _cold(folder: Path, device: str | None) -> tuple[float | None, float | None]:
    """Seconds and peak resident memory (MB) of ``manage.py analyse FOLDER --json FILE`` in a process of its own."""
    command = [sys.executable, "manage.py", "analyse", str(folder), "--json", str(folder / "out.json")]
    command += ["--device", device] if device else []
    began = time.perf_counter()
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        return None, None
    return round(time.perf_counter() - began, 2), round(usage.ru_maxrss / 1024, 1)
