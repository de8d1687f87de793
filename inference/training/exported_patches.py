"""Training patches of slices with contours, in turn with phantoms, and a loss that leaves unlabelled pixels alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from inference.networks import SPACING_MM, Plane
from inference.training.batches import Batch
from inference.training.exported_contours import BRIGHTEST, DARKEST, LAST_GREY, LabelledSlice, everything
from inference.training.patches import CURVE_KNOTS, FIELD_KNOTS, OUTSIDE, PATCH, WARP_KNOTS, PatchSource, Window

_CROSS_ENTROPY = 0.7  # beside Dice, as in training on phantoms
_REACH_MM = 15.0
_TURNED_DEGREES, _SCALED = 8.0, 0.06
_FROM_PHANTOMS = 0.5
_BACKGROUND = 1  # the bit of the class that is no structure
# Grey of each code of a window: a slice is sent as whole numbers, like a phantom's tissues.
_GREYS = np.zeros(OUTSIDE + 1, np.float32)
_GREYS[: LAST_GREY + 1] = np.linspace(DARKEST, BRIGHTEST, LAST_GREY + 1)


@dataclass(frozen=True)
class ContourSource:
    """Draws patches near contours, every patient as often; what ``patch_images.images_of`` takes.

    ``classes`` are sets of classes (``exported_contours``); 0, beyond the slice, says as little as the full set.
    """

    plane: Plane
    slices: Sequence[LabelledSlice]

    @cached_property
    def _by_patient(self) -> list[list[LabelledSlice]]:
        found: dict[int, list[LabelledSlice]] = {}
        for one in self.slices:
            found.setdefault(one.patient, []).append(one)
        return list(found.values())

    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        windows = [self._window(rng) for _ in range(size)]
        shape = np.max([window["classes"].shape for window in windows], axis=0)
        for window in windows:
            missing = [(0, int(side) - have) for side, have in zip(shape, window["classes"].shape, strict=True)]
            window["codes"] = np.pad(window["codes"], [(0, 0), (0, 0), *missing], constant_values=OUTSIDE)
            window["classes"] = np.pad(window["classes"], missing)
        stacked = {name: torch.from_numpy(np.stack([window[name] for window in windows])) for name in windows[0]}
        return stacked.pop("codes"), stacked

    def _window(self, rng: np.random.Generator) -> Window:
        own = self._by_patient[int(rng.integers(len(self._by_patient)))]
        greys, classes, pixel_mm = own[int(rng.integers(len(own)))].read()
        # Most of a slice may be known not to be the cord: what a contour holds is what the patch must show.
        drawn = (classes & _BACKGROUND == 0) & (classes > 0)
        places = np.argwhere(drawn if drawn.any() else classes != everything(self.plane))
        center = places[int(rng.integers(len(places)))] + rng.uniform(-1, 1, 2) * _REACH_MM / pixel_mm
        reach = 0.9 * PATCH[self.plane] * SPACING_MM[self.plane] / pixel_mm  # a turned, scaled patch fits
        first = np.clip(center - reach, 0, np.array(classes.shape) - 8).astype(int)
        last = np.clip(center + reach + 1, first + 8, classes.shape).astype(int)
        rows, columns = slice(first[0], last[0]), slice(first[1], last[1])
        return {
            "codes": greys[:, None, rows, columns],
            "classes": classes[rows, columns],
            "lookup": _GREYS,
            "share": np.ones(1, np.float32),
            "center": (center - first).astype(np.float32),
            "pixel_mm": pixel_mm.astype(np.float32),
            "angle": np.array(np.deg2rad(rng.normal(0, _TURNED_DEGREES)), np.float32),
            "scale": np.exp(rng.normal(0, _SCALED, 2)).astype(np.float32),
            # A real slice is bent, shaded and curved enough.
            "warp": np.zeros((2, WARP_KNOTS, WARP_KNOTS), np.float32),
            "shading": np.ones((FIELD_KNOTS, FIELD_KNOTS), np.float32),
            "curve": np.linspace(0, 1, CURVE_KNOTS, dtype=np.float32),
        }


@dataclass(frozen=True)
class RehearsingSource:
    """Batches of contours and of phantoms in random turn: the phantoms keep what no contour speaks of."""

    contours: ContourSource
    phantoms: PatchSource

    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        if rng.random() >= _FROM_PHANTOMS:
            return self.contours.batch(rng, size)
        codes, facts = self.phantoms.batch(rng, size)
        return codes, {**facts, "classes": torch.ones_like(facts["classes"]) << facts["classes"]}


def partial_loss(outputs: Tensor, targets: dict[str, Tensor]) -> Tensor:
    """Cross-entropy and Dice of logits (n, class, j, i) against sets of classes (n, 1, j, i).

    Cross-entropy asks for the sum of the probabilities of the classes that a pixel may be (the marginal loss of Shi et
    al., Med Image Anal 2021;70:101979); Dice counts, class by class, the pixels that are known to be of it or not.
    """
    sets = targets["classes"][:, 0].long()
    powers = torch.arange(outputs.shape[1], device=outputs.device)
    allowed = (sets[:, None] >> powers.view(1, -1, 1, 1)) & 1 > 0
    count = allowed.sum(dim=1, keepdim=True)
    known = (count > 0) & (count < outputs.shape[1])
    if not known.any():
        return outputs.sum() * 0.0
    allowed = allowed | ~known
    surprise = outputs.logsumexp(dim=1) - outputs.masked_fill(~allowed, -torch.inf).logsumexp(dim=1)
    cross_entropy = surprise[known[:, 0]].mean()
    is_of = allowed & (count == 1)
    settled = (is_of | (known & ~allowed)).float()
    said = outputs.softmax(dim=1) * settled
    both, either = (said * is_of).sum(dim=(0, 2, 3)), (said + is_of.float()).sum(dim=(0, 2, 3))
    there = is_of.any(dim=0).flatten(1).any(dim=1)
    there[0] = False  # background, as in training on phantoms
    dice = (1 - 2 * both[there] / either[there]).mean() if there.any() else 0.0
    loss: Tensor = _CROSS_ENTROPY * cross_entropy + dice
    return loss
