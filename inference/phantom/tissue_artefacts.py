"""What a scanner makes of tissues that move or are metal, and the chain of all artefacts in a scanner's order."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from scipy import ndimage

from inference.phantom import artefacts as steps
from inference.phantom.artefacts import ArtefactStrengths, Image
from inference.phantom.tissues import Tissue

Share = Callable[[Iterable[Tissue]], Image]
"""The part of each voxel that is made of some tissues, 0 to 1."""

FLUID = (Tissue.CSF, Tissue.CSF_FLOW)
THROAT = (Tissue.AIRWAY, Tissue.MUCOSA, Tissue.CARTILAGE, Tissue.OESOPHAGUS, Tissue.GLAND)
_METAL_REACH_PX = 5.0


def metal(image: Image, share: Image, rng: np.random.Generator, strength: float, axis: int) -> Image:
    """Signal near metal is read out elsewhere along the frequency direction: voids, and rims where it piles up."""
    if not share.any():
        return image
    field = ndimage.gaussian_filter(share, (0.4, _METAL_REACH_PX, _METAL_REACH_PX))
    field = field - 0.6 * ndimage.gaussian_filter(share, (0.8, 2.2 * _METAL_REACH_PX, 2.2 * _METAL_REACH_PX))
    largest = float(np.abs(field).max())
    shift = field * np.float32(strength * rng.uniform(2.0, 9.0) * rng.choice([-1, 1]) / largest)
    size = image.shape[axis]
    shape = [1, 1, 1]
    shape[axis] = size
    at = np.clip(np.arange(size, dtype=np.float32).reshape(shape) - shift, 0, size - 1.001)
    low = at.astype(np.intp)
    t = at - low
    moved = np.take_along_axis(image, low, axis) * (1 - t) + np.take_along_axis(image, low + 1, axis) * t
    crowding = np.clip(np.abs(1 - np.gradient(shift, axis=axis)), 0.1, 2.5)
    return np.asarray(moved * crowding, dtype=np.float32)


def pulsation(image: Image, share: Image, rng: np.random.Generator, strength: float, axis: int) -> Image:
    """Moving fluid loses signal in places and slices, and its ghosts cross the picture along the phase direction."""
    fluid = image * share
    loss = min(0.8, strength * rng.uniform(0.0, 0.45))
    field = steps.smooth_field(image.shape, rng, (max(2, image.shape[0] // 2), 6, 6))
    image = image - loss * fluid * np.clip(field, 0, 1)
    amount = strength * rng.uniform(0.02, 0.16)
    shift = int(rng.uniform(0.06, 0.25) * image.shape[axis])
    per_slice = rng.uniform(0.2, 1, (image.shape[0], 1, 1)).astype(np.float32)
    for order in (1, 2):
        sign = rng.choice([-1, 1])
        ghost = np.roll(fluid, order * shift, axis) + np.roll(fluid, -order * shift, axis)
        image = image + sign * amount / order * per_slice * ghost
    return np.maximum(image, 0)


def swallowing(image: Image, share: Image, rng: np.random.Generator, strength: float, axis: int) -> Image:
    """The throat moves: smeared, with ghosts along the phase direction, in some slices more than in others."""
    throat = image * np.clip(1.5 * ndimage.gaussian_filter(share, (0, 4, 4)), 0, 1)
    per_slice = (rng.uniform(0, 1, (image.shape[0], 1, 1)) ** 2).astype(np.float32)
    amount = min(0.8, strength * rng.uniform(0.1, 0.6))
    smeared = ndimage.uniform_filter1d(throat, int(rng.integers(5, 15)), axis=axis)
    image = image + amount * per_slice * (smeared - throat)
    for _ in range(int(rng.integers(1, 4))):
        shift = int(rng.uniform(0.03, 0.3) * image.shape[axis]) * int(rng.choice([-1, 1]))
        image = image + 0.4 * amount * rng.choice([-1, 1]) * per_slice * np.roll(smeared, shift, axis)
    return np.maximum(image, 0)


def apply(image: Image, share: Share, rng: np.random.Generator, strengths: ArtefactStrengths) -> Image:
    """All artefacts, in the order in which a scanner makes them."""
    phase = 1 if rng.random() < 0.5 else 2
    if strengths.texture > 0:
        image = steps.texture(image, rng, strengths.texture)
    image = steps.motion(image, rng, strengths.motion)
    if strengths.metal > 0:
        image = metal(image, share((Tissue.METAL,)), rng, strengths.metal, 3 - phase)
    if strengths.pulsation > 0 and rng.random() < 0.35:
        image = pulsation(image, share(FLUID), rng, strengths.pulsation, phase)
    if strengths.swallowing > 0 and rng.random() < 0.35:
        image = swallowing(image, share(THROAT), rng, strengths.swallowing, phase)
    if strengths.ghosts > 0 and rng.random() < 0.4:
        image = steps.ghosts(image, rng, strengths.ghosts)
    if strengths.bias > 0 or strengths.fall_off > 0:
        image = steps.shading(image, rng, strengths.bias, strengths.fall_off)
    if strengths.wrap > 0 and rng.random() < 0.12:
        image = steps.wrap(image, rng, strengths.wrap, phase)
    if strengths.ringing > 0 and rng.random() < 0.6:
        image = steps.ringing(image, rng, strengths.ringing)
    if strengths.blur > 0:
        image = steps.blur(image, rng, strengths.blur)
    if strengths.noise > 0:
        image = steps.rician_noise(image, rng, strengths.noise)
    image = np.maximum(image, 0)
    if strengths.gamma > 0:
        image = image ** np.float32(np.exp(rng.normal(0, 0.12 * strengths.gamma)))
    return image
