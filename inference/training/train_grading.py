"""Train a grading network on cached crops: image and predicted segmentation in, logit and millimetres out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.networks import FINDING_PLANE, LEFT_RIGHT, MIRRORED_OUTPUT
from inference.training.batches import Batch
from inference.training.crop_cache import CropSet, as_floats
from inference.training.loop import Recipe, Report, Trained, fit
from reporting.vocabulary import MachineFinding

_ZONES = ("central", "paracentral", "foraminal")
_BEND, _BEND_KNOTS = 0.02, 5  # 0.4 mm at knots 10 mm apart: outlines change, a size of 4 mm by 0.2 mm


@dataclass(frozen=True)
class GradingTask:
    """What a network is asked: the finding, how many channels of its crops are images, the names of its outputs."""

    finding: MachineFinding
    images: int
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class CropSource:
    """Draws training batches of one finding."""

    task: GradingTask
    crops: CropSet

    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        """Crops (size, channels, …) as bytes; ``positive``, ``mm`` and, for herniations, ``offset`` and ``zone``."""
        chosen = rng.integers(len(self.crops), size=size)
        targets = {name: torch.from_numpy(values[chosen]) for name, values in self.crops.targets.items()}
        return torch.from_numpy(np.stack([self.crops.bytes_of(int(index)) for index in chosen])), targets


def varied(batch: Batch, task: GradingTask) -> Batch:
    """Crops as the network wants them, no two alike, made on the batch's device.

    Side, greys (the first ``images`` channels), noise, pose, and probabilities more or less sure. Sizes stay what they
    were to a few hundredths: the pose turns and shifts a crop freely and scales it a little. Axial crops are bent as
    well, so that no network learns one family of outlines; a slip, an offset over the whole crop, would be bent away.
    """
    crops, targets = as_floats(batch[0]), dict(batch[1])
    axis = LEFT_RIGHT.get(task.finding)
    if axis is not None:
        mirror = torch.rand(len(crops), device=crops.device) < 0.5
        crops = torch.where(mirror.view(-1, *[1] * (crops.ndim - 1)), crops.flip(axis), crops)
        if MIRRORED_OUTPUT in targets:
            targets[MIRRORED_OUTPUT] = torch.where(mirror, -targets[MIRRORED_OUTPUT], targets[MIRRORED_OUTPUT])
    crops = _posed(crops, _BEND if FINDING_PLANE[task.finding] == "axial" else 0.0)
    each = [len(crops), 1, *[1] * (crops.ndim - 2)]

    def normal(size: float) -> Tensor:
        return size * torch.randn(each, device=crops.device)

    def even(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(each, device=crops.device)

    greys, maps = crops[:, : task.images], crops[:, task.images :]
    greys = greys.clamp(min=0.0) ** torch.exp(normal(0.2)) * even(0.8, 1.2) + normal(0.04)
    greys = greys + even(0, 0.06) * torch.randn_like(greys)
    maps = torch.where(even(0, 1) < 0.3, maps ** torch.exp(normal(0.3)), maps)
    # One structure missed by the segmentation.
    missed = functional.one_hot(torch.randint(maps.shape[1], (len(maps),), device=maps.device), maps.shape[1])
    lost = (even(0, 1) < 0.15) * missed.view(*maps.shape[:2], *each[2:]) * even(0.5, 1)
    return torch.cat([greys, maps * (1 - lost)], dim=1), targets


def _posed(crops: Tensor, bend: float) -> Tensor:
    """Turned, sheared, scaled, shifted and bent in plane, every left-right sample alike; zero outside.

    ``bend``: standard deviation of the knots' shifts, in half crops.
    """
    count, (rows, columns) = len(crops), crops.shape[-2:]
    turn, shear = torch.deg2rad(7 * torch.randn(count)), 0.04 * torch.randn(count)
    scale = torch.exp(0.03 * torch.randn(2, count))
    cos, sin, none = torch.cos(turn), torch.sin(turn), torch.zeros(count)
    turned = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
    matrix = turned @ torch.stack([torch.stack([scale[0], shear], 1), torch.stack([none, scale[1]], 1)], 1)
    aspect = torch.tensor([[1.0, rows / columns], [columns / rows, 1.0]])  # affine_grid counts in half sizes
    theta = torch.cat([matrix * aspect, 0.03 * torch.randn(count, 2, 1)], dim=2).to(crops.device)
    planes = crops.reshape(count, -1, rows, columns)
    grid = functional.affine_grid(theta, list(planes.shape), align_corners=False)
    if bend:
        knots = bend * torch.randn(count, 2, _BEND_KNOTS, _BEND_KNOTS, device=crops.device)
        bent = functional.interpolate(knots, size=(rows, columns), mode="bicubic", align_corners=True)
        grid = grid + bent.permute(0, 2, 3, 1)
    return functional.grid_sample(planes, grid, align_corners=False).reshape(crops.shape)


def loss_of(names: tuple[str, ...], outputs: Tensor, targets: dict[str, Tensor]) -> Tensor:
    """Cross-entropy of the logit, smooth L1 of the millimetres; zone and offset of true herniations only, whose size
    counts twice: they are fewer than the others and their sizes differ more.

    A size, zone or offset that is not known (NaN) teaches nothing; people rarely measure.
    """
    column = {name: outputs[:, index] for index, name in enumerate(names)}
    positive = targets["positive"]
    loss = functional.binary_cross_entropy_with_logits(column["logit"], positive)
    if "mm" in column and bool((known := torch.isfinite(targets["mm"])).any()):
        loss = loss + 0.6 * functional.smooth_l1_loss(column["mm"][known], targets["mm"][known], beta=0.5)
    if "offset" in column:
        zones = torch.stack([column[name] for name in _ZONES], dim=1)
        if bool((known := (positive > 0.5) & torch.isfinite(targets["zone"])).any()):
            loss = loss + 0.4 * functional.cross_entropy(zones[known], targets["zone"][known].long())
        if bool((known := (positive > 0.5) & torch.isfinite(targets["mm"])).any()):
            loss = loss + 0.6 * functional.smooth_l1_loss(column["mm"][known], targets["mm"][known], beta=0.5)
        if bool((known := (positive > 0.5) & torch.isfinite(targets["offset"])).any()):
            loss = loss + 0.8 * functional.smooth_l1_loss(column["offset"][known], targets["offset"][known], beta=0.2)
    return loss


def unvaried(crops: CropSet, size: int = 64) -> Iterator[Batch]:
    """Every crop once, as it is."""
    for start in range(0, len(crops), size):
        rows = range(start, min(start + size, len(crops)))
        targets = {name: torch.from_numpy(values[rows.start : rows.stop]) for name, values in crops.targets.items()}
        yield torch.from_numpy(np.stack([crops.crop(row) for row in rows])), targets


def train(
    task: GradingTask,
    network: nn.Module,
    crops: CropSet,
    validation: CropSet,
    recipe: Recipe,
    checkpoint: Path,
    report: Report = print,
) -> Trained:
    """Train the network of a finding; the best by the loss on ``validation`` is kept. See ``loop.fit``."""

    def loss(outputs: Tensor, targets: dict[str, Tensor]) -> Tensor:
        return loss_of(task.outputs, outputs, targets)

    source, prepare = CropSource(task, crops), partial(varied, task=task)
    return fit(network, source, loss, recipe, checkpoint, report, [*unvaried(validation)], prepare)
