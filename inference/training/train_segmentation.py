"""Train a 2.5-D segmentation network on patches of rendered phantoms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from monai.losses import DiceCELoss
from numpy.typing import NDArray
from torch import Tensor

from inference.networks import SPACING_MM, STRUCTURES, Plane, segmentation_network
from inference.phantom.truth import label_map
from inference.training.augment import contrast, degrade, patch_grid, sample_slices, scale_to_percentiles, texture
from inference.training.batches import Batch
from inference.training.dataset import CachedStudy
from inference.training.loop import Recipe, Report, Trained, fit
from reporting.vocabulary import LABEL_VALUES, SeriesRole

PATCH: dict[Plane, int] = {"sagittal": 192, "axial": 176}
ROLES_OF: dict[Plane, tuple[SeriesRole, ...]] = {
    "sagittal": (SeriesRole.SAGITTAL_T1, SeriesRole.SAGITTAL_T2),
    "axial": (SeriesRole.AXIAL_T2,),
}
_ANYWHERE_SHARE = 0.15
_THIN_SHARE = 0.15
_VALIDATION_BATCHES, _VALIDATION_SEED = 12, 71


@dataclass(frozen=True)
class PatchSource:
    """Draws training patches of one plane from cached phantoms."""

    plane: Plane
    studies: Sequence[CachedStudy]

    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        """Images (size, 3, rows, columns) and ``classes`` (size, 1, rows, columns)."""
        pairs = [self._patch(rng) for _ in range(size)]
        return torch.stack([image for image, _ in pairs]), {"classes": torch.stack([target for _, target in pairs])}

    def _patch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        study = self.studies[int(rng.integers(len(self.studies)))]
        role = ROLES_OF[self.plane][int(rng.integers(len(ROLES_OF[self.plane])))]
        codes, labels = study.codes(role), study.labels(role)
        pixel_mm = np.linalg.norm(study.affine_lps_mm(role)[:3, 1:3], axis=0)
        k, center = self._place(labels, pixel_mm, rng)
        size = PATCH[self.plane]
        grid = patch_grid(rng, center, pixel_mm, size, SPACING_MM[self.plane])
        rows, columns, grid = _window(grid, labels.shape[1:])
        chosen = [max(0, k - 1), k, min(len(labels) - 1, k + 1)]
        samples, here = slice(None), labels[k, rows, columns]
        if rng.random() < _THIN_SHARE:  # thin slices show one sample alone, and so does their truth
            one = int(rng.integers(codes.shape[1]))
            samples = slice(one, one + 1)
            here = label_map(np.ascontiguousarray(codes[k : k + 1, samples, rows, columns]), self.plane)[0]
        triplet = np.stack([codes[index, samples, rows, columns] for index in chosen])
        image = torch.from_numpy(np.take(contrast(role, rng), triplet).mean(axis=1))
        image = sample_slices(image * texture(rng, (image.shape[-2], image.shape[-1])), grid, "bilinear")
        classes = class_of_label(self.plane)[here]
        target = sample_slices(torch.from_numpy(classes[None].astype(np.float32)), grid, "nearest")
        image = degrade(scale_to_percentiles(image), rng)
        if rng.random() < 0.5:  # neighbours in the other order: left-right, or head-feet
            image = image.flip(0)
        if self.plane == "axial" and rng.random() < 0.5:
            image, target = image.flip(-1), target.flip(-1)
        return image, target

    def _place(
        self, labels: NDArray[np.uint8], pixel_mm: NDArray[np.float64], rng: np.random.Generator
    ) -> tuple[int, tuple[float, float]]:
        """A slice and a patch centre, mostly at the spine."""
        count, rows, columns = labels.shape
        k = int(rng.integers(count))
        marked = np.argwhere(labels[k, ::4, ::4] > 0)
        if len(marked) == 0 and rng.random() < 0.75:
            k = count // 2
            marked = np.argwhere(labels[k, ::4, ::4] > 0)
        if len(marked) == 0 or rng.random() < _ANYWHERE_SHARE:
            return k, (float(rng.uniform(0, rows)), float(rng.uniform(0, columns)))
        j, i = 4.0 * marked[int(rng.integers(len(marked)))]
        reach = 22.0 / pixel_mm
        return k, (float(j + rng.uniform(-1, 1) * reach[0]), float(i + rng.uniform(-1, 1) * reach[1]))


def class_of_label(plane: Plane) -> NDArray[np.uint8]:
    """Label value → class of the plane's network; structures the plane does not name are background."""
    table = np.zeros(256, dtype=np.uint8)
    for index, structure in enumerate(STRUCTURES[plane], start=1):
        table[LABEL_VALUES[structure]] = index
    return table


def train(
    plane: Plane,
    studies: Sequence[CachedStudy],
    validation: Sequence[CachedStudy],
    recipe: Recipe,
    checkpoint: Path,
    report: Report = print,
) -> Trained:
    """Train the network of a plane; the best by the loss on patches of ``validation`` is kept. See ``loop.fit``."""
    criterion = DiceCELoss(include_background=False, to_onehot_y=True, softmax=True, batch=True, lambda_ce=0.7)

    def loss(outputs: Tensor, targets: dict[str, Tensor]) -> Tensor:
        value: Tensor = criterion(outputs, targets["classes"])
        return value

    torch.manual_seed(recipe.seed)
    held_out = PatchSource(plane, validation)
    fixed = [
        held_out.batch(np.random.default_rng([_VALIDATION_SEED, index]), 8) for index in range(_VALIDATION_BATCHES)
    ]
    return fit(segmentation_network(plane), PatchSource(plane, studies), loss, recipe, checkpoint, report, fixed)


def _window(grid: Tensor, shape: tuple[int, ...]) -> tuple[slice, slice, Tensor]:
    """The part of a slice that a sampling grid touches, and the grid relative to it."""
    low = grid.reshape(-1, 2).amin(dim=0).floor().long() - 1
    high = grid.reshape(-1, 2).amax(dim=0).ceil().long() + 2
    spans = []
    for axis in range(2):
        first = int(low[axis].clamp(0, shape[axis] - 8))
        last = int(high[axis].clamp(first + 8, shape[axis]))
        spans.append(slice(first, last))
    return spans[0], spans[1], grid - torch.tensor([spans[0].start, spans[1].start], dtype=torch.float32)
