"""Resolution, artefacts, shading and noise of 2.5-D patches, a whole batch at once, on any device."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import ceil

import torch
from monai.transforms import GibbsNoise, RandKSpaceSpikeNoise
from monai.utils import convert_to_tensor
from torch import Tensor
from torch.nn import functional

_COARSEST = 2.4


def per_patch(like: Tensor, low: float, high: float) -> Tensor:
    """One number per patch, even between two: (n, 1, 1, 1)."""
    return low + (high - low) * torch.rand(len(like), 1, 1, 1, device=like.device)


def chance(like: Tensor, share: float) -> Tensor:
    """Which patches something happens to: (n, 1, 1, 1)."""
    return torch.rand(len(like), 1, 1, 1, device=like.device) < share


def degraded(image: Tensor, shading: Tensor, curve: Tensor) -> Tensor:
    """Patches (n, 3, size, size) with greys of about 0…1, spoilt.

    ``shading`` (n, k, k) is a field to multiply by, ``curve`` (n, m) an even table of the receiver's response.
    """
    image = _some(image, 0.5, _coarser)
    image = _some(image, 0.15, _ringing)
    image = _some(image, 0.05, _ghosts)
    image = _some(image, 0.03, _spikes)
    size = image.shape[-2:]
    field = functional.interpolate(shading[:, None], size=size, mode="bicubic", align_corners=True)
    image = _some(image * field, 0.35, _falling_off)
    image = _some(image, 0.04, _dark_neighbours)
    sigma = torch.where(chance(image, 0.85), per_patch(image, 0, 0.07), per_patch(image, 0.07, 0.14))
    noise = sigma * torch.randn(2, *image.shape, device=image.device)
    image = torch.sqrt((image + noise[0]) ** 2 + noise[1] ** 2)  # Rician
    image = _responded(scale_to_percentiles(image), curve)
    image = image.clamp(min=0.0) ** torch.exp(0.22 * torch.randn(len(image), 1, 1, 1, device=image.device))
    offset = 0.04 * torch.randn(len(image), 1, 1, 1, device=image.device)
    return (image * per_patch(image, 0.75, 1.25) + offset).clamp(-0.25, 1.5)


def scale_to_percentiles(image: Tensor) -> Tensor:
    """As ``inference.segmentation.normalise`` does for a whole series."""
    values = image[..., ::2, ::2].flatten(1)
    low, high = (
        values.kthvalue(1 + int(share * (values.shape[1] - 1)), dim=1).values[:, None, None, None]
        for share in (0.01, 0.995)
    )
    return (image - low) / (high - low).clamp(min=1e-6)


def _some(image: Tensor, share: float, change: Callable[[Tensor], Tensor]) -> Tensor:
    """``change`` applied to a random share of the patches."""
    chosen = torch.nonzero(chance(image, share).flatten())[:, 0]
    return image.index_copy(0, chosen, change(image[chosen]).to(image.dtype)) if len(chosen) else image


def _coarser(image: Tensor) -> Tensor:
    """A coarser matrix, one or both ways, brought back to the grid by linear or cubic interpolation."""
    size = image.shape[-1]
    low = ceil(size / _COARSEST)
    sides = (size / (1.0 + (_COARSEST - 1.0) * torch.rand(2, len(image)))).long().clamp(min=low)
    sides[1] = torch.where(torch.rand(len(image)) < 0.5, sides[1], sides[0])
    cubic = (torch.rand(len(image)) < 0.5).long()
    place = (cubic * (size + 1 - low) + sides - low).to(image.device)
    table = _through_coarser(size, str(image.device))
    return table[place[0]][:, None] @ image @ table[place[1]][:, None].mT


@lru_cache(maxsize=4)
def _through_coarser(size: int, device: str) -> Tensor:
    """A row of ``size`` pixels through every coarser length, as matrices: linear ways back first, then cubic ones."""
    pixels = torch.eye(size)[None, None]
    low = ceil(size / _COARSEST)
    tables = []
    for mode in ("bilinear", "bicubic"):
        for side in range(low, size + 1):
            shrunk = functional.interpolate(pixels, (side, size), mode="bilinear", antialias=True)
            tables.append(functional.interpolate(shrunk, (size, size), mode=mode)[0, 0])
    return torch.stack(tables).to(device)


def _ringing(image: Tensor) -> Tensor:
    alpha = float(0.6 * torch.rand(()))
    rung: Tensor = convert_to_tensor(GibbsNoise(alpha)(image.flatten(0, 1)), track_meta=False)
    return rung.view(image.shape)


def _ghosts(image: Tensor) -> Tensor:
    """Shifted, faint copies along the phase direction: swallowing, breathing."""
    made = []
    for patch in image:
        shift = int(torch.randint(10, image.shape[-1] // 2, ()))
        axis = -2 if torch.rand(()) < 0.6 else -1
        made.append(patch + float(0.04 + 0.14 * torch.rand(())) * torch.roll(patch, shift, dims=axis))
    return torch.stack(made)


def _spikes(image: Tensor) -> Tensor:
    made = []
    for patch in image:
        spike = RandKSpaceSpikeNoise(prob=1.0, intensity_range=(6.0, 8.5), channel_wise=False)
        spike.set_random_state(int(torch.randint(2**31 - 1, ())))
        made.append(convert_to_tensor(spike(patch), track_meta=False))
    return torch.stack(made)


def _falling_off(image: Tensor) -> Tensor:
    """The coil's sensitivity falls off along one direction, up to some ten times."""
    side = torch.linspace(-1, 1, image.shape[-1], device=image.device)
    slope = torch.randn(2, len(image), 1, 1, 1, device=image.device)
    return image * torch.exp((slope[0] * side[:, None] + slope[1] * side[None]) * per_patch(image, 0, 1))


def _dark_neighbours(image: Tensor) -> Tensor:
    """The outer slices of a slab are nearly dark."""
    outer, middle = per_patch(image, 0.05, 0.4), per_patch(image, 0.1, 1.0)
    return image * torch.cat([outer, middle, torch.ones_like(outer)], dim=1)


def _responded(image: Tensor, curve: Tensor) -> Tensor:
    """Greys through each patch's response, from its darkest to its brightest."""
    low, high = image.amin(dim=(1, 2, 3), keepdim=True), image.amax(dim=(1, 2, 3), keepdim=True)
    place = (image - low) / (high - low).clamp(min=1e-6) * (curve.shape[1] - 1)
    left = place.floor().clamp(0, curve.shape[1] - 2)
    first = torch.arange(len(image), device=image.device).view(-1, 1, 1, 1) * curve.shape[1]
    index = left.long() + first
    table = curve.reshape(-1)
    share = place - left
    return low + (high - low) * (table[index] * (1 - share) + table[index + 1] * share)
