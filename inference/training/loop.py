"""The training loop shared by all networks: learning rate, exponential average, early stop, resume after a kill."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from inference.training import checkpoint
from inference.training.batches import Batch, BatchSource, batches_from
from inference.training.run_log import RunLog

Loss = Callable[[Tensor, dict[str, Tensor]], Tensor]
Report = Callable[[str], None]
Prepare = Callable[[Batch], Batch]

_LOG_EVERY_STEPS = 50
_REPORT_EVERY_S = 20.0


class TrainingError(Exception):
    """A run that cannot go on; the message says why."""


@dataclass(frozen=True)
class Recipe:
    """How long and how. Whichever of ``steps`` and ``minutes`` ends first; at least one is given.

    ``validate_every`` steps the averaged network is measured on the validation batches; the best one is kept, and
    after ``patience`` measurements without a better one the run ends. ``workers`` processes make batches ahead.
    """

    steps: int | None = None
    minutes: float | None = None
    batch: int = 4
    optimizer: Literal["AdamW", "Adam"] = "AdamW"
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    schedule: Literal["cosine", "constant"] = "cosine"
    warm_up_steps: int = 50
    ema_decay: float = 0.995
    validate_every: int = 500
    patience: int | None = None
    seed: int = 0
    save_every_s: float = 60.0
    workers: int = 0

    def progress(self, step: int, elapsed_s: float) -> float:
        """0 at the start, 1 when training is over."""
        shares = []
        if self.steps is not None:
            shares.append(step / self.steps)
        if self.minutes is not None:
            shares.append(elapsed_s / (60.0 * self.minutes))
        return max(shares)

    def rate(self, step: int, progress: float) -> float:
        """The learning rate of a step: linear warm-up, then cosine down to 1 %, or constant."""
        warm_up = min(1.0, (step + 1) / self.warm_up_steps) if self.warm_up_steps else 1.0
        decay = 0.5 * (1 + np.cos(np.pi * progress)) * 0.99 + 0.01 if self.schedule == "cosine" else 1.0
        return float(self.learning_rate * warm_up * decay)


@dataclass(frozen=True)
class Trained:
    """The best averaged network in evaluation mode, on the CPU, and what the run took."""

    network: nn.Module
    steps: int
    elapsed_s: float
    best_step: int
    best_loss: float
    device: str


def fit(
    network: nn.Module,
    source: BatchSource,
    loss: Loss,
    recipe: Recipe,
    path: Path,
    report: Report = print,
    validation: Sequence[Batch] = (),
    prepare: Prepare | None = None,
) -> Trained:
    """Train ``network``, going on from the checkpoint at ``path`` where it exists; a log grows beside it.

    ``prepare`` makes images of what ``source`` drew, a batch at once, on the device that trains.

    Every step draws from a generator seeded by (seed, step): a run that was killed and resumed sees what an
    uninterrupted one sees. On CUDA, and on processors with bfloat16 matrix units, the forward pass is autocast.

    Raises:
        TrainingError: the loss is no longer finite.
    """
    device = training_device()
    network.to(device)
    torch.manual_seed(recipe.seed)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay), use_buffers=True)  # type: ignore[no-untyped-call]
    best = copy.deepcopy(average.module)
    optimizer = getattr(torch.optim, recipe.optimizer)(
        network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay, fused=device.type == "cuda"
    )
    modules = {"network": network, "average": average, "best": best}
    done = checkpoint.load(path, modules, optimizer)
    log = RunLog(path.with_suffix(".jsonl"))
    log.write("resumed" if done.step else "started", step=done.step, device=device_name(device), **asdict(recipe))
    began = time.monotonic() - done.elapsed_s
    saved = told = time.monotonic()
    stream = batches_from(source, recipe.batch, recipe.seed, done.step, recipe.workers, pinned=device.type == "cuda")
    losses: list[Tensor] = []
    network.train()
    while (progress := recipe.progress(done.step, time.monotonic() - began)) < 1.0:
        batch = _moved(next(stream), device)
        torch.manual_seed(recipe.seed * 1_000_003 + done.step)
        images, targets = batch if prepare is None else _laid_out(prepare(batch))
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate(done.step, progress)
        value = _loss_of(network, images, targets, loss)
        optimizer.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        average.update_parameters(network)
        losses.append(value.detach())
        done.step += 1
        if len(losses) == _LOG_EVERY_STEPS:
            mean = float(torch.stack(losses).mean())
            losses.clear()
            done.elapsed_s = time.monotonic() - began
            log.write("step", step=done.step, loss=mean, learning_rate=recipe.rate(done.step, progress))
            if not np.isfinite(mean):
                raise TrainingError(f"the loss is no longer finite at step {done.step}; lower the learning rate")
            if time.monotonic() - told > _REPORT_EVERY_S:
                told = time.monotonic()
                report(f"step {done.step}  {progress:5.1%}  loss {mean:.4f}  {done.elapsed_s:.0f} s")
        if validation and done.step % recipe.validate_every == 0:
            _validate(average.module, best, validation, loss, done, log, device)
            if recipe.patience and done.step - done.best_step > recipe.patience * recipe.validate_every:
                report(f"step {done.step}: no better since step {done.best_step}")
                break
        if time.monotonic() - saved >= recipe.save_every_s:
            saved = time.monotonic()
            done.elapsed_s = saved - began
            checkpoint.save(path, modules, optimizer, done)
    done.elapsed_s = time.monotonic() - began
    if validation:
        _validate(average.module, best, validation, loss, done, log, device)
    else:
        best.load_state_dict(average.module.state_dict())
        done.best_step = done.step
    checkpoint.save(path, modules, optimizer, done)
    log.write("ended", **asdict(done))
    return Trained(best.eval().cpu(), done.step, done.elapsed_s, done.best_step, done.best_loss, device_name(device))


def training_device() -> torch.device:
    """CUDA where there is one. On a CPU one thread: two processes are faster than one of two threads."""
    if torch.cuda.is_available():
        torch.backends.cudnn.benchmark = True
        return torch.device("cuda")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    return torch.device("cpu")


def device_name(device: torch.device) -> str:
    """What a card may say about the hardware."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "1 CPU core"


def has_fast_bfloat16(device: torch.device) -> bool:
    """CUDA, or a processor with AMX; elsewhere bfloat16 is emulated and slower than float32."""
    return device.type == "cuda" or bool(torch.cpu.get_capabilities().get("amx_bf16", False))


def _moved(batch: Batch, device: torch.device) -> Batch:
    images, targets = batch
    moved = (
        images.to(device, non_blocking=True),
        {name: target.to(device, non_blocking=True) for name, target in targets.items()},
    )
    return _laid_out(moved)


def _laid_out(batch: Batch) -> Batch:
    images, targets = batch
    if images.is_floating_point() and images.ndim in (4, 5):
        layout = torch.channels_last if images.ndim == 4 else torch.channels_last_3d
        images = images.contiguous(memory_format=layout)
    return images, targets


def _loss_of(network: nn.Module, images: Tensor, targets: dict[str, Tensor], loss: Loss) -> Tensor:
    with torch.autocast(images.device.type, torch.bfloat16, enabled=has_fast_bfloat16(images.device)):
        outputs = network(images)
    return loss(outputs.float(), targets)


@torch.inference_mode()
def _validate(
    average: nn.Module,
    best: nn.Module,
    validation: Sequence[Batch],
    loss: Loss,
    done: checkpoint.Progress,
    log: RunLog,
    device: torch.device,
) -> None:
    """Measure the averaged network; keep it where it is the best so far."""
    average.eval()
    mean = float(torch.stack([_loss_of(average, *_moved(batch, device), loss) for batch in validation]).mean())
    log.write("validated", step=done.step, loss=mean)
    if mean < done.best_loss:
        done.best_loss, done.best_step = mean, done.step
        best.load_state_dict(average.state_dict())
