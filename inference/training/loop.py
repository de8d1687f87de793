"""The training loop shared by all networks: AdamW, cosine learning rate, exponential average, resume after a kill."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

Batch = tuple[Tensor, dict[str, Tensor]]
MakeBatch = Callable[[np.random.Generator], Batch]
Loss = Callable[[Tensor, dict[str, Tensor]], Tensor]
Report = Callable[[str], None]

_LOG_EVERY_S = 20.0


@dataclass(frozen=True)
class Recipe:
    """How long and how: whichever of ``steps`` and ``minutes`` ends first; at least one is given."""

    steps: int | None = None
    minutes: float | None = None
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warm_up_steps: int = 50
    ema_decay: float = 0.995
    seed: int = 0
    save_every_s: float = 60.0

    def progress(self, step: int, elapsed_s: float) -> float:
        """0 at the start, 1 when training is over."""
        shares = []
        if self.steps is not None:
            shares.append(step / self.steps)
        if self.minutes is not None:
            shares.append(elapsed_s / (60.0 * self.minutes))
        return max(shares)


@dataclass(frozen=True)
class Trained:
    """The averaged network in evaluation mode, and what the run took."""

    network: nn.Module
    steps: int
    elapsed_s: float


def fit(
    network: nn.Module, make_batch: MakeBatch, loss: Loss, recipe: Recipe, checkpoint: Path, report: Report = print
) -> Trained:
    """Train ``network``, going on from ``checkpoint`` where it exists.

    Every step draws from a generator seeded by (seed, step): a run that was killed and resumed sees what an
    uninterrupted one sees. On processors with bfloat16 matrix units, and on CUDA, the forward pass is autocast.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device)
    if device.type == "cpu":
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
    torch.manual_seed(recipe.seed)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay), use_buffers=True)  # type: ignore[no-untyped-call]
    optimizer = torch.optim.AdamW(network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    step, before_s = _load(checkpoint, network, average, optimizer)
    started = saved = logged = time.monotonic()
    network.train()
    running = 0.0
    while (progress := recipe.progress(step, before_s + time.monotonic() - started)) < 1.0:
        torch.manual_seed(recipe.seed * 1_000_003 + step)
        images, targets = make_batch(np.random.default_rng([recipe.seed, step]))
        layout = torch.channels_last if images.ndim == 4 else torch.channels_last_3d
        images = images.to(device).contiguous(memory_format=layout)
        warm_up = min(1.0, (step + 1) / recipe.warm_up_steps)
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * warm_up * (0.5 * (1 + np.cos(np.pi * progress)) * 0.99 + 0.01)
        with torch.autocast(device.type, torch.bfloat16, enabled=has_fast_bfloat16(device)):
            outputs = network(images)
        value = loss(outputs.float(), {name: target.to(device) for name, target in targets.items()})
        optimizer.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        average.update_parameters(network)
        step += 1
        running = value.item() if step == 1 else 0.98 * running + 0.02 * value.item()
        now = time.monotonic()
        if now - logged > _LOG_EVERY_S:
            logged = now
            report(f"step {step}  {progress:5.1%}  loss {running:.4f}  {before_s + now - started:.0f} s")
        if now - saved >= recipe.save_every_s:
            saved = now
            _save(checkpoint, network, average, optimizer, step, before_s + now - started)
    elapsed_s = before_s + time.monotonic() - started
    _save(checkpoint, network, average, optimizer, step, elapsed_s)
    trained: nn.Module = average.module
    return Trained(trained.eval(), step, elapsed_s)


def has_fast_bfloat16(device: torch.device) -> bool:
    """CUDA, or a processor with AMX; elsewhere bfloat16 is emulated and slower than float32."""
    return device.type == "cuda" or bool(torch.cpu.get_capabilities().get("amx_bf16", False))


def averaged(network: nn.Module, checkpoint: Path) -> nn.Module:
    """The averaged network of a checkpoint, in evaluation mode: what an unfinished run has learnt so far."""
    average = AveragedModel(network, use_buffers=True)
    tensors = safetensors.torch.load_file(checkpoint)
    average.load_state_dict(_part(tensors, "average."))
    trained: nn.Module = average.module
    return trained.eval()


def _save(
    path: Path,
    network: nn.Module,
    average: AveragedModel,
    optimizer: torch.optim.Optimizer,
    step: int,
    elapsed_s: float,
) -> None:
    """Write beside, then rename: a kill leaves the old checkpoint or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {f"network.{key}": value for key, value in network.state_dict().items()}
    tensors |= {f"average.{key}": value for key, value in average.state_dict().items()}
    for index, slots in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value for key, value in slots.items()}
    beside = path.with_suffix(".part")
    metadata = {"progress": json.dumps({"step": step, "elapsed_s": elapsed_s})}
    contiguous = {key: value.detach().clone(memory_format=torch.contiguous_format) for key, value in tensors.items()}
    safetensors.torch.save_file(contiguous, beside, metadata)
    os.replace(beside, path)


def _load(
    path: Path, network: nn.Module, average: AveragedModel, optimizer: torch.optim.Optimizer
) -> tuple[int, float]:
    if not path.exists():
        return 0, 0.0
    tensors = safetensors.torch.load_file(path)
    with safetensors.safe_open(path, framework="numpy") as file:
        progress = json.loads(file.metadata()["progress"])
    network.load_state_dict(_part(tensors, "network."))
    average.load_state_dict(_part(tensors, "average."))
    state = optimizer.state_dict()
    slots: dict[int, dict[str, Tensor]] = {}
    for key, value in _part(tensors, "optimizer.").items():
        index, name = key.split(".", 1)
        slots.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({**state, "state": slots})
    return int(progress["step"]), float(progress["elapsed_s"])


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
