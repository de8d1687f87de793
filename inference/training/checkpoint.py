"""A training run on disk: everything that it needs to go on after a kill as if nothing had happened."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

_METADATA_KEY = "progress"


@dataclass
class Progress:
    """How far a run is. ``best_loss`` on the validation batches was reached at ``best_step``."""

    step: int = 0
    elapsed_s: float = 0.0
    best_loss: float = float("inf")
    best_step: int = 0


def save(path: Path, modules: dict[str, nn.Module], optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    """Write beside, then rename: a kill leaves the old checkpoint or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {f"{name}.{key}": value for name, module in modules.items() for key, value in module.state_dict().items()}
    for index, slots in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value for key, value in slots.items()}
    beside = path.with_suffix(".part")
    contiguous = {
        key: value.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
        for key, value in tensors.items()
    }
    safetensors.torch.save_file(contiguous, beside, {_METADATA_KEY: json.dumps(asdict(progress))})
    os.replace(beside, path)


def load(path: Path, modules: dict[str, nn.Module], optimizer: torch.optim.Optimizer) -> Progress:
    """Fill the modules and the optimizer; a checkpoint that does not exist yet changes nothing."""
    if not path.exists():
        return Progress()
    tensors = safetensors.torch.load_file(path)
    for name, module in modules.items():
        module.load_state_dict(_part(tensors, f"{name}."))
    slots: dict[int, dict[str, Tensor]] = {}
    for key, value in _part(tensors, "optimizer.").items():
        index, name = key.split(".", 1)
        slots.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": slots})
    with safetensors.safe_open(path, framework="numpy") as file:
        return Progress(**json.loads(file.metadata()[_METADATA_KEY]))


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
