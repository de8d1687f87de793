"""What the numbers were measured on, in words, and how much memory a process took."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Any

import torch

from inference import weights


def description(device: str) -> dict[str, Any]:
    """Processor, cores, card, versions and the load when the measurement began."""
    words: dict[str, Any] = {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "torch": torch.__version__,
        "torch_threads": torch.get_num_threads(),
        "load_average": [round(value, 1) for value in os.getloadavg()],
        "weights": weights.algorithm_info().weights_sha256[:12],
    }
    if device == "cuda":
        card = torch.cuda.get_device_properties(0)
        words |= {"card": card.name, "card_memory_gb": round(card.total_memory / 1e9), "cuda": torch.version.cuda}
    return words


def peak_mb() -> float:
    """The most main memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def resident_mb() -> float:
    """Main memory this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def helpers_peak_mb() -> float:
    """The most memory that the processes which decode pixels and read headers for this one ever held together."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    total = 0.0
    for child in children:
        lines = Path(f"/proc/{child}/status").read_text().splitlines()
        total += sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    return total


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"
