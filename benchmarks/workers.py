"""N worker processes as the real one makes them: the parent loads the weights, forks, and only children compute.

Run as ``python -m benchmarks.workers`` in a process of its own, which has used neither threads nor CUDA before the
fork; prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from benchmarks.memory import helpers_peak_mb, peak_mb
from inference import weights
from inference.pipeline import run


def measure(studies: list[Path], device: str, processes: int, seconds: float) -> dict[str, Any]:
    """Throughput of that many processes over about so many seconds, in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.workers", device, str(processes), str(seconds), *map(str, studies)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{processes} workers on {device} failed: {done.stderr.strip()[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("device")
    parser.add_argument("processes", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("studies", type=Path, nargs="+")
    options = parser.parse_args()
    print(json.dumps(_forked(options.studies, options.device, options.processes, options.seconds)))


def _forked(studies: list[Path], device: str, processes: int, seconds: float) -> dict[str, Any]:
    torch.set_num_threads(1)  # as the worker does: a thread pool does not survive the fork
    for name in weights.NAMES:
        weights.load(name)
    untouched = not torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    context = multiprocessing.get_context("fork")
    start = context.Barrier(processes)
    pipes, children = [], []
    for _ in range(processes):
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=_work, args=(studies, device, processes, seconds, start, sender))
        child.start()
        pipes.append(receiver)
        children.append(child)
    answers = [_answer(pipe, child) for pipe, child in zip(pipes, children, strict=True)]
    for child in children:
        child.join()
    return {
        "processes": processes,
        "studies_per_hour": round(sum(answer["studies"] / answer["seconds"] for answer in answers) * 3600),
        "seconds_per_study": round(sum(a["seconds"] for a in answers) / sum(a["studies"] for a in answers), 3),
        "peak_mb": round(max(answer["peak_mb"] for answer in answers)),
        "helpers_peak_mb": round(max(answer["helpers_peak_mb"] for answer in answers)),
        "card_peak_mb": round(max(answer["card_peak_mb"] for answer in answers)),
        "first_study_s": round(max(answer["first_s"] for answer in answers), 2),
        "parent_left_cuda_alone": untouched,
        "device": answers[0]["device"],
    }


def _answer(pipe: Connection, child: multiprocessing.process.BaseProcess) -> dict[str, Any]:
    while not pipe.poll(1.0):
        if not child.is_alive():
            raise SystemExit(f"a worker ended with {child.exitcode} before it answered")
    answer: dict[str, Any] = pipe.recv()
    return answer


def _work(studies: list[Path], device: str, processes: int, seconds: float, start: Any, sender: Connection) -> None:
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // processes))
    began = time.perf_counter()
    used = run(studies[:1], device=device).device
    first = time.perf_counter() - began
    for study in studies:
        run([study], device=device)
    start.wait()
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        run([studies[done % len(studies)]], device=device)
        done += 1
    sender.send(
        {
            "studies": done,
            "seconds": time.perf_counter() - began,
            "first_s": first,
            "peak_mb": peak_mb(),
            "helpers_peak_mb": helpers_peak_mb(),
            "card_peak_mb": torch.cuda.max_memory_allocated() / 1e6 if device == "cuda" else 0.0,
            "device": used,
        }
    )


if __name__ == "__main__":
    _main()
