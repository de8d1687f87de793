"""What makes one rendered phantom many scans: contrasts, geometry, artefacts.

Half of the contrasts are those of real sequences, half are drawn at random, so that a network learns shapes and not
one scanner's greys.
"""

from __future__ import annotations

import numpy as np
import torch
from monai.transforms import RandBiasField, RandGibbsNoise, RandHistogramShift, RandKSpaceSpikeNoise
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from inference.phantom.contrast_tables import draw_lookup
from inference.phantom.tissues import TISSUE_COUNT, Tissue
from reporting.vocabulary import SeriesRole

Rng = np.random.Generator

# Tissues that look alike in many sequences: in a random contrast each pair keeps one grey with some probability.
_ALIKE = (
    (Tissue.CORD_WHITE, Tissue.CORD_GREY, 0.7),
    (Tissue.CORD_WHITE, Tissue.NERVE_ROOT, 0.5),
    (Tissue.BODY_CORTICAL, Tissue.POSTERIOR_CORTICAL, 0.9),
    (Tissue.BODY_MARROW, Tissue.POSTERIOR_MARROW, 0.8),
    (Tissue.LF, Tissue.LIGAMENT, 0.5),
    (Tissue.PLL, Tissue.LF, 0.5),
    (Tissue.PLL, Tissue.DISC_ANNULUS, 0.4),
    (Tissue.PLL_OSSIFIED, Tissue.BODY_CORTICAL, 0.6),
    (Tissue.CSF, Tissue.CSF_FLOW, 0.7),
    (Tissue.AIR, Tissue.AIRWAY, 0.9),
    (Tissue.DISC_HERNIATED, Tissue.DISC_ANNULUS, 0.5),
)


# Sequences met under each role, with their shares.
_SEQUENCES: dict[SeriesRole, tuple[tuple[str, ...], tuple[float, ...]]] = {
    SeriesRole.SAGITTAL_T1: (("T1",), (1.0,)),
    SeriesRole.SAGITTAL_T2: (("T2", "STIR", "T2star"), (0.75, 0.15, 0.10)),
    SeriesRole.AXIAL_T2: (("T2", "T2star", "STIR", "T1"), (0.55, 0.25, 0.12, 0.08)),
}


def sequence_of(role: SeriesRole, rng: Rng) -> str:
    """A contrast of ``image_from_codes`` that a series of this role may have."""
    names, shares = _SEQUENCES[role]
    return str(rng.choice(names, p=shares))


def contrast(role: SeriesRole, rng: Rng) -> NDArray[np.float32]:
    """A grey per tissue code: a real sequence's (half of the draws), or a random one."""
    if rng.random() < 0.5:
        return draw_lookup(sequence_of(role, rng), rng)
    return draw_lookup("random", rng) if rng.random() < 0.5 else random_contrast(rng)


def random_contrast(rng: Rng) -> NDArray[np.float32]:
    """A grey (0…1) per tissue code, drawn with little regard to physics."""
    greys = rng.uniform(0.05, 1.0, TISSUE_COUNT).astype(np.float32)
    if rng.random() < 0.8:
        greys[[Tissue.AIR, Tissue.AIRWAY, Tissue.LUNG]] = rng.uniform(0.0, 0.1)
    for first, second, chance in _ALIKE:
        if rng.random() < chance:
            greys[second] = greys[first] + rng.normal(0, 0.03)
    # Cord and CSF differ in every sequence anyone reads; so do marrow and disc, if by less.
    if abs(greys[Tissue.CSF] - greys[Tissue.CORD_WHITE]) < 0.15:
        greys[Tissue.CSF] = (greys[Tissue.CORD_WHITE] + rng.uniform(0.25, 0.6)) % 1.0
    return np.clip(greys, 0.0, 1.0)


def patch_grid(
    rng: Rng, center_ji: tuple[float, float], pixel_mm: NDArray[np.float64], size: int, spacing_mm: float
) -> Tensor:
    """Where a rotated, scaled patch of ``size`` pixels samples its slice: (size, size, 2) of fractional (j, i)."""
    angle = np.deg2rad(rng.normal(0, 9) if rng.random() < 0.85 else rng.uniform(-30, 30))
    scale = spacing_mm * np.exp(rng.normal(0, 0.10, 2))
    steps = np.arange(size, dtype=np.float32) - (size - 1) / 2
    y, x = np.meshgrid(steps * scale[0], steps * scale[1], indexing="ij")
    if rng.random() < 0.4:  # a smooth warp, 1 to 3 mm
        knots = torch.from_numpy(rng.normal(0, 1.2, (1, 2, 5, 5)).astype(np.float32))
        warp = functional.interpolate(knots, size=(size, size), mode="bicubic", align_corners=True)[0].numpy()
        y, x = y + warp[0], x + warp[1]
    cos, sin = np.cos(angle), np.sin(angle)
    j = center_ji[0] + (cos * y - sin * x) / pixel_mm[0]
    i = center_ji[1] + (sin * y + cos * x) / pixel_mm[1]
    return torch.from_numpy(np.stack([j, i], axis=-1).astype(np.float32))


def sample_slices(slices: Tensor, grid: Tensor, mode: str) -> Tensor:
    """(channels, j, i) sampled at fractional (j, i) → (channels, size, size); zero outside."""
    shape = torch.tensor(slices.shape[-2:], dtype=torch.float32)
    place = ((2 * grid + 1) / shape - 1).flip(-1)
    sampled: Tensor = functional.grid_sample(slices[None], place[None], mode=mode, align_corners=False)
    return sampled[0]


def texture(rng: Rng, shape: tuple[int, int]) -> Tensor:
    """Multiplicative unevenness of tissue at two scales, mean 1."""
    field = torch.ones(shape)
    for cells, strength in ((max(shape) // 4, 0.05), (max(shape) // 16, 0.08)):
        knots = torch.from_numpy(rng.normal(0, 1, (1, 1, cells, cells)).astype(np.float32))
        amount = float(rng.uniform(0, strength))
        field = field + amount * functional.interpolate(knots, size=shape, mode="bilinear", align_corners=True)[0, 0]
    return field


def degrade(image: Tensor, rng: Rng) -> Tensor:
    """Resolution, shading and noise of one 2.5-D patch (slices, rows, columns) with greys of about 0…1."""
    size = image.shape[-2:]
    if rng.random() < 0.5:  # a coarser matrix, one or both ways
        factor = rng.uniform(1.0, 2.4, 2) if rng.random() < 0.5 else np.full(2, rng.uniform(1.0, 2.4))
        coarse = [max(8, int(side / f)) for side, f in zip(size, factor, strict=True)]
        image = functional.interpolate(image[None], size=coarse, mode="bilinear", antialias=True)
        image = functional.interpolate(image, size=size, mode="bicubic" if rng.random() < 0.5 else "bilinear")[0]
    if rng.random() < 0.15:
        image = _monai(RandGibbsNoise(prob=1.0, alpha=(0.0, 0.6)), image, rng)
    if rng.random() < 0.05:
        image = _ghost(image, rng)
    if rng.random() < 0.03:
        image = _monai(RandKSpaceSpikeNoise(prob=1.0, intensity_range=(6.0, 8.5), channel_wise=False), image, rng)
    if rng.random() < 0.5:
        image = _monai(RandBiasField(prob=1.0, degree=3, coeff_range=(0.0, 0.25)), image, rng)
    if rng.random() < 0.35:  # the coil's sensitivity falls off along one direction, up to some ten times
        ramp = (
            torch.linspace(-1, 1, size[0])[:, None] * rng.normal() + torch.linspace(-1, 1, size[1])[None] * rng.normal()
        )
        image = image * torch.exp(ramp * float(rng.uniform(0, 1)))
    if rng.random() < 0.04:  # the outer slices of a slab are nearly dark
        image = image * torch.tensor([rng.uniform(0.05, 0.4), rng.uniform(0.1, 1.0), 1.0])[:, None, None].float()
    sigma = float(rng.uniform(0.0, 0.07) if rng.random() < 0.85 else rng.uniform(0.07, 0.14))
    noise = sigma * torch.randn(2, *image.shape)
    image = torch.sqrt((image + noise[0]) ** 2 + noise[1] ** 2)  # Rician
    image = scale_to_percentiles(image)
    if rng.random() < 0.25:
        image = _monai(RandHistogramShift(num_control_points=(5, 9), prob=1.0), image, rng)
    image = image.clamp(min=0.0) ** float(np.exp(rng.normal(0, 0.22)))
    return (image * float(rng.uniform(0.75, 1.25)) + float(rng.normal(0, 0.04))).clamp(-0.25, 1.5)


def scale_to_percentiles(image: Tensor) -> Tensor:
    """As ``inference.segmentation.normalise`` does for a whole series."""
    values = image[..., ::2, ::2].numpy().ravel()
    first, last = int(0.01 * (values.size - 1)), int(0.995 * (values.size - 1))
    parted = np.partition(values, (first, last))  # half of a patch's time went into torch.quantile's sort
    low, high = float(parted[first]), float(parted[last])
    return (image - low) / max(high - low, 1e-6)


def _ghost(image: Tensor, rng: Rng) -> Tensor:
    """A shifted, faint copy along the phase direction: swallowing, breathing."""
    shift = int(rng.integers(10, image.shape[-2] // 2))
    axis = -2 if rng.random() < 0.6 else -1
    return image + float(rng.uniform(0.04, 0.18)) * torch.roll(image, shift, dims=axis)


def _monai(
    transform: RandBiasField | RandGibbsNoise | RandHistogramShift | RandKSpaceSpikeNoise, image: Tensor, rng: Rng
) -> Tensor:
    transform.set_random_state(int(rng.integers(2**31)))
    changed = transform(image)
    return torch.as_tensor(changed, dtype=torch.float32)
