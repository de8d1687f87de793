"""Train a grading network on cached crops: image and predicted segmentation in, logit and millimetres out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.networks import LEFT_RIGHT, MIRRORED_OUTPUT
from inference.training.batches import Batch
from inference.training.crop_cache import CropSet
from inference.training.loop import Recipe, Report, Trained, fit
from reporting.vocabulary import MachineFinding

_ZONES = ("central", "paracentral", "foraminal")


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
        """Crops (size, channels, …) with ``positive``, ``mm`` and, for herniations, ``offset`` and ``zone``."""
        chosen = rng.integers(len(self.crops), size=size)
        targets = {name: values[chosen].copy() for name, values in self.crops.targets.items()}
        images = []
        for place, index in enumerate(chosen):
            crop = torch.from_numpy(self.crops.crop(int(index)))
            axis = LEFT_RIGHT.get(self.task.finding)
            if axis is not None and rng.random() < 0.5:
                crop = crop.flip(axis)
                if MIRRORED_OUTPUT in targets:
                    targets[MIRRORED_OUTPUT][place] *= -1
            images.append(vary(crop, self.task.images, rng))
        return torch.stack(images), {name: torch.from_numpy(values) for name, values in targets.items()}


def vary(crop: Tensor, images: int, rng: np.random.Generator) -> Tensor:
    """Greys (the first ``images`` channels), noise, pose, and probabilities more or less sure.

    Sizes stay what they were to a few hundredths: the pose turns and shifts a crop freely and scales it a little.
    """
    crop = _posed(crop, rng)
    image = crop[:images].clamp(min=0.0) ** float(np.exp(rng.normal(0, 0.2)))
    image = image * float(rng.uniform(0.8, 1.2)) + float(rng.normal(0, 0.04))
    crop[:images] = image + float(rng.uniform(0, 0.06)) * torch.randn_like(image)
    if rng.random() < 0.3:
        crop[images:] = crop[images:] ** float(np.exp(rng.normal(0, 0.3)))
    if rng.random() < 0.15:  # one structure missed by the segmentation
        crop[int(rng.integers(images, len(crop)))] *= float(rng.uniform(0, 0.5))
    return crop


def _posed(crop: Tensor, rng: np.random.Generator) -> Tensor:
    """Turned, sheared, scaled and shifted in plane, every left-right sample alike; zero outside."""
    turn, shear = np.deg2rad(rng.normal(0, 7)), rng.normal(0, 0.04)
    scale = np.exp(rng.normal(0, 0.03, 2))
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = np.array([[cos, -sin], [sin, cos]]) @ np.array([[scale[0], shear], [0.0, scale[1]]])
    rows, columns = crop.shape[-2:]
    aspect = np.array([[1.0, rows / columns], [columns / rows, 1.0]])  # affine_grid counts in half sizes
    theta = np.concatenate([matrix * aspect, rng.normal(0, 0.03, (2, 1))], axis=1)
    planes = crop.reshape(1, -1, rows, columns)
    grid = functional.affine_grid(torch.from_numpy(theta[None].astype(np.float32)), list(planes.shape), False)
    return functional.grid_sample(planes, grid, align_corners=False).reshape(crop.shape)


def loss_of(names: tuple[str, ...], outputs: Tensor, targets: dict[str, Tensor]) -> Tensor:
    """Cross-entropy of the logit, smooth L1 of the millimetres; zone and offset of true herniations only.

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

    return fit(network, CropSource(task, crops), loss, recipe, checkpoint, report, [*unvaried(validation)])
