"""Train a segmentation network further on the contours of an export, and measure it on those of held-out patients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inference import weights
from inference.networks import SPACING_MM, STRUCTURES, Plane
from inference.segmentation import ProbabilityMap, resample, run_network, to_network_spacing
from inference.training.batches import Batch
from inference.training.dataset import CachedStudy
from inference.training.exported_contours import BRIGHTEST, DARKEST, LAST_GREY, LabelledSlice, bits_of
from inference.training.exported_patches import ContourSource, RehearsingSource, partial_loss
from inference.training.loop import Recipe, Trained, fit
from inference.training.patch_images import images_of
from inference.training.patches import PATCH, PatchSource
from inference.training.plan import Plan
from inference.volumes import Volume

_STEPS, _SLOWER = 1_000, 0.1
_VALIDATION_BATCHES, _VALIDATION_SEED = 6, 73


def further(recipe: Recipe, plan: Plan) -> Recipe:
    """The recipe of a new network, gentler and shorter: this one begins with what it knows."""
    return replace(
        recipe,
        steps=_STEPS if plan.steps is None else plan.steps,
        learning_rate=recipe.learning_rate * _SLOWER,
        validate_every=100,
    )


def train_further(
    plane: Plane,
    sides: Mapping[str, Sequence[LabelledSlice]],
    phantoms: Sequence[CachedStudy],
    recipe: Recipe,
    checkpoint: Path,
    plan: Plan,
) -> tuple[Trained, dict[str, Any]]:
    """The shipped network, trained further; and how it and the shipped one do on the test patients' contours.

    ``phantoms``: patients who keep it from forgetting what nobody drew; none is allowed.
    """
    name = weights.SEGMENTATION_NAMES[plane]
    network, _ = weights.read_network(name, plan.segmentation_directory)
    before = dice_at_contours(network, plane, sides["test"])
    images = partial(images_of, size=PATCH[plane], spacing_mm=SPACING_MM[plane], may_mirror=plane == "axial")
    held_out = ContourSource(plane, sides["validation"])
    torch.manual_seed(_VALIDATION_SEED)
    fixed: list[Batch] = [
        images(held_out.batch(np.random.default_rng([_VALIDATION_SEED, index]), 8))
        for index in range(_VALIDATION_BATCHES)
    ]
    contours = ContourSource(plane, sides["train"])
    source = RehearsingSource(contours, PatchSource(plane, phantoms)) if phantoms else contours
    trained = fit(network, source, partial_loss, recipe, checkpoint, plan.reporter(name), fixed, images)
    figures = {
        "dice_at_contours": dice_at_contours(trained.network, plane, sides["test"]),
        "dice_at_contours_before": before,
        "slices_with_contours": {side: len(slices) for side, slices in sides.items()},
        "patients_with_contours": {side: len({one.patient for one in slices}) for side, slices in sides.items()},
        "rehearsed_phantoms": len(phantoms),
    }
    return trained, figures


def dice_at_contours(network: nn.Module, plane: Plane, slices: Sequence[LabelledSlice]) -> dict[str, float]:
    """Dice per structure over the pixels that contours settle, the mean over slices on which it is drawn.

    Not the Dice of a whole label map: of a vertebra it sees the inside of the contour and a rim around it.
    """
    found: dict[str, list[float]] = defaultdict(list)
    for one in slices:
        greys, classes, pixel_mm = one.read()
        said = _said(network, plane, greys, pixel_mm)
        for index, structure in enumerate(STRUCTURES[plane], start=1):
            own = np.uint8(bits_of(plane, structure))
            inside = classes == own
            if not inside.any():
                continue
            mine = (said == index) & (inside | ((classes & own) == 0))
            found[structure.value].append(float(2 * (mine & inside).sum() / (mine.sum() + inside.sum())))
    return {name: round(float(np.mean(scores)), 4) for name, scores in found.items()}


def _said(
    network: nn.Module, plane: Plane, greys: NDArray[np.uint8], pixel_mm: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """The most probable class of every pixel of the middle slice, computed at the network's spacing as in service."""
    values = DARKEST + greys.astype(np.float32) / LAST_GREY * (BRIGHTEST - DARKEST)
    image = Volume(values, np.diag([1.0, *pixel_mm, 1.0]))
    stack, affine = to_network_spacing(image, SPACING_MM[plane])
    affine[:3, 3] += affine[:3, 0]  # of the middle slice alone
    middle = ProbabilityMap(plane, run_network(network, stack, [1]), affine)
    classes: NDArray[np.uint8] = resample(middle, greys.shape, image.affine_lps_mm).classes[1]
    return classes
