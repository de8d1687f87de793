"""What the numbers were measured on, in words."""

from __future__ import annotations

import os
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


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"
