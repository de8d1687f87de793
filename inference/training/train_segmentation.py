"""Train a 2.5-D segmentation network on patches of rendered phantoms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from monai.losses import DiceCELoss
from torch import Tensor

from inference.networks import SPACING_MM, Plane, segmentation_network
from inference.training.dataset import CachedStudy
from inference.training.loop import Recipe, Report, Trained, fit
from inference.training.patch_images import images_of
from inference.training.patches import PATCH, PatchSource

_VALIDATION_BATCHES, _VALIDATION_SEED = 12, 71


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

    images = partial(images_of, size=PATCH[plane], spacing_mm=SPACING_MM[plane], may_mirror=plane == "axial")
    held_out = PatchSource(plane, validation)
    torch.manual_seed(_VALIDATION_SEED)
    fixed = [
        images(held_out.batch(np.random.default_rng([_VALIDATION_SEED, index]), 8))
        for index in range(_VALIDATION_BATCHES)
    ]
    torch.manual_seed(recipe.seed)
    source = PatchSource(plane, studies)
    return fit(segmentation_network(plane), source, loss, recipe, checkpoint, report, fixed, images)
