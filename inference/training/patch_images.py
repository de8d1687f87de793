"""Images from windows of tissue codes, a whole batch at once, on the device that trains."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from inference.training.batches import Batch
from inference.training.degrade import chance, degraded, per_patch, scale_to_percentiles


def images_of(batch: Batch, size: int, spacing_mm: float, *, may_mirror: bool) -> Batch:
    """A batch of ``PatchSource`` → images (n, 3, size, size) and ``classes`` (n, 1, size, size).

    ``may_mirror``: left and right may be exchanged. Neighbouring slices come in either order. Random numbers are
    torch's, on the device of the batch.
    """
    codes, facts = batch
    grid = _places(facts, size, spacing_mm, codes.shape[-2:])
    greys = _greys(codes, facts["lookup"], facts["share"])
    image = functional.grid_sample(greys * _texture(greys), grid, mode="bilinear", align_corners=False)
    target = functional.grid_sample(facts["classes"][:, None].float(), grid, mode="nearest", align_corners=False)
    image = degraded(scale_to_percentiles(image), facts["shading"], facts["curve"])
    image = torch.where(chance(image, 0.5), image.flip(1), image)
    if may_mirror:
        mirror = chance(image, 0.5)
        image, target = torch.where(mirror, image.flip(-1), image), torch.where(mirror, target.flip(-1), target)
    return image, {"classes": target}


def _greys(codes: Tensor, lookup: Tensor, share: Tensor) -> Tensor:
    """The mean grey over the samples of every voxel: (n, slices, rows, columns)."""
    count, slices, samples = codes.shape[:3]
    first = torch.arange(count, device=codes.device, dtype=torch.int32).view(-1, 1, 1, 1) * lookup.shape[1]
    greys = torch.zeros(count, slices, *codes.shape[3:], device=codes.device)
    for sample in range(samples):
        greys += lookup.view(-1)[codes[:, :, sample].int() + first] * share[:, sample].view(-1, 1, 1, 1)
    return greys


def _places(facts: dict[str, Tensor], size: int, spacing_mm: float, shape: torch.Size) -> Tensor:
    """Where the pixels of turned, scaled, warped patches lie: (n, size, size, 2) as ``grid_sample`` counts."""
    steps = torch.arange(size, device=facts["angle"].device, dtype=torch.float32) - (size - 1) / 2
    scale = spacing_mm * facts["scale"]
    warp = functional.interpolate(facts["warp"], size=(size, size), mode="bicubic", align_corners=True)
    y = scale[:, 0, None, None] * steps[:, None] + warp[:, 0]
    x = scale[:, 1, None, None] * steps[None] + warp[:, 1]
    cos, sin = torch.cos(facts["angle"])[:, None, None], torch.sin(facts["angle"])[:, None, None]
    pixel, center = facts["pixel_mm"][:, :, None, None], facts["center"][:, :, None, None]
    j = center[:, 0] + (cos * y - sin * x) / pixel[:, 0]
    i = center[:, 1] + (sin * y + cos * x) / pixel[:, 1]
    return torch.stack([(2 * i + 1) / shape[1] - 1, (2 * j + 1) / shape[0] - 1], dim=-1)


def _texture(greys: Tensor) -> Tensor:
    """Multiplicative unevenness of tissue at two scales, mean 1: (n, 1, rows, columns)."""
    field = torch.ones(len(greys), 1, *greys.shape[-2:], device=greys.device)
    longest = max(greys.shape[-2:])
    for cells, strength in ((longest // 4, 0.05), (longest // 16, 0.08)):
        knots = torch.randn(len(greys), 1, cells, cells, device=greys.device)
        uneven = functional.interpolate(knots, size=greys.shape[-2:], mode="bilinear", align_corners=True)
        field = field + per_patch(greys, 0, strength) * uneven
    return field
