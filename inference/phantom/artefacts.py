"""What a scanner does to an ideal image, wherever its tissues lie: blur, shading, ringing, motion ghosts, noise.

All functions take and return float32 images of shape (k, j, i) with signals of about 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Image = NDArray[np.float32]


@dataclass(frozen=True)
class ArtefactStrengths:
    """Multipliers of the usual amount of each artefact; 0 switches one off, 2 doubles it."""

    texture: float = 1.0
    blur: float = 1.0
    bias: float = 1.0
    fall_off: float = 1.0
    ringing: float = 1.0
    ghosts: float = 1.0
    motion: float = 1.0
    noise: float = 1.0
    gamma: float = 1.0
    metal: float = 1.0
    pulsation: float = 1.0
    swallowing: float = 1.0
    wrap: float = 1.0

    @classmethod
    def none(cls) -> ArtefactStrengths:
        return cls(**{field.name: 0.0 for field in fields(cls)})

    def times(self, **factors: float) -> ArtefactStrengths:
        """These strengths with some of them multiplied: ``times(noise=2)``."""
        return replace(self, **{name: getattr(self, name) * factor for name, factor in factors.items()})


def smooth_field(shape: tuple[int, ...], rng: np.random.Generator, cells: tuple[int, ...]) -> Image:
    """A smooth random field of unit variance, ``cells`` bumps along each axis."""
    coarse = rng.normal(0, 1, [c + 3 for c in cells]).astype(np.float32)
    for axis, (size, count) in enumerate(zip(shape, cells, strict=True)):
        at = np.linspace(0.5, count + 1.5, size)
        low = np.floor(at).astype(int)
        t = (at - low).astype(np.float32)
        t = t * t * (3 - 2 * t)
        t = t.reshape([-1 if a == axis else 1 for a in range(coarse.ndim)])
        coarse = np.take(coarse, low, axis) * (1 - t) + np.take(coarse, low + 1, axis) * t
    return np.asarray(coarse, dtype=np.float32)


def texture(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Fine and coarse mottling inside tissues."""
    fine = rng.normal(0, 1, image.shape).astype(np.float32)
    fine = ndimage.gaussian_filter(fine, (0.0, 0.8, 0.8)) * 2.5
    coarse = smooth_field(image.shape, rng, (max(2, image.shape[0] // 3), 18, 18))
    amount = strength * rng.uniform(0.0, 0.07)
    return np.asarray(image * (1 + amount * fine + 1.2 * amount * coarse), dtype=np.float32)


def blur(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """In-plane point spread; the phase direction may be blurred more (long echo trains)."""
    sigma = strength * rng.uniform(0.25, 0.75)
    along = sigma * rng.uniform(1.0, 1.6)
    sigmas = (0.0, along, sigma) if rng.random() < 0.5 else (0.0, sigma, along)
    return np.asarray(ndimage.gaussian_filter(image, sigmas), dtype=np.float32)


def shading(image: Image, rng: np.random.Generator, bias: float, fall_off: float) -> Image:
    """Receive-coil shading: a smooth field, a near-surface glow, and loss of signal toward one or both ends."""
    field = np.exp(bias * rng.uniform(0.05, 0.35) * smooth_field(image.shape, rng, (2, 3, 3)))
    j = np.linspace(0, 1, image.shape[1], dtype=np.float32)[:, None]
    i = np.linspace(0, 1, image.shape[2], dtype=np.float32)[None, :]
    if fall_off > 0:
        drop = fall_off * rng.uniform(0.0, 2.0)  # natural log of the loss at the far edge: up to 7 times
        edge = np.clip((j - rng.uniform(0.45, 0.8)) / 0.5, 0, 1) if rng.random() < 0.7 else np.clip(0.4 - j, 0, 1)
        field = field * np.exp(-drop * edge)
        glow = rng.uniform(0.0, 1.2) * fall_off
        side = rng.choice([0.95, 0.5, 0.05], p=[0.6, 0.3, 0.1])
        field = field * (1 + glow * np.exp(-((np.hypot(i - side, 0.6 * (j - 0.5)) / 0.35) ** 2)))
    return np.asarray(image * field, dtype=np.float32)


def ringing(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Gibbs ringing: fewer phase-encoding lines than pixels, zero-filled."""
    keep = 1.0 - strength * rng.uniform(0.0, 0.42)
    axis = 1 if rng.random() < 0.5 else 2
    spectrum = np.fft.rfft(image, axis=axis)
    size = spectrum.shape[axis]
    cut = max(8, int(keep * size))
    taper = np.ones(size, dtype=np.float32)
    taper[cut:] = 0
    if rng.random() < 0.5:  # a mild scanner filter
        taper[:cut] *= np.cos(np.linspace(0, 1.1, cut))
    shape = [1, 1, 1]
    shape[axis] = size
    result = np.fft.irfft(spectrum * taper.reshape(shape), n=image.shape[axis], axis=axis)
    return np.asarray(result, dtype=np.float32)


def ghosts(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Swallowing and pulsation: faint shifted copies along the phase direction, differing by slice."""
    axis = 1 if rng.random() < 0.5 else 2
    amount = strength * rng.uniform(0.0, 0.10)
    shift = int(rng.integers(5, max(6, image.shape[axis] // 4)))
    per_slice = rng.uniform(0, 1, (image.shape[0], 1, 1)).astype(np.float32)
    copies = np.roll(image, shift, axis) + np.roll(image, -shift, axis)
    return np.asarray(image + amount * per_slice * copies * 0.5, dtype=np.float32)


def motion(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """The patient moves between interleaves: every other slice lies a little elsewhere."""
    if strength <= 0 or rng.random() > 0.25 * strength:
        return image
    moved = image.copy()
    shift = (0, *rng.normal(0, 0.6 * strength, 2))
    moved[1::2] = ndimage.shift(image[1::2], shift, order=1, mode="nearest")
    return moved


def rician_noise(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Magnitude of a complex image with Gaussian noise in both channels."""
    sigma = strength * float(np.exp(rng.uniform(np.log(0.006), np.log(0.06))))
    real = image + rng.standard_normal(image.shape, dtype=np.float32) * sigma
    imaginary = rng.standard_normal(image.shape, dtype=np.float32) * sigma
    return np.asarray(np.hypot(real, imaginary), dtype=np.float32)


def wrap(image: Image, rng: np.random.Generator, strength: float, axis: int) -> Image:
    """Anatomy beyond one edge of the field of view folds in at the other, fading away from it."""
    size = image.shape[axis]
    width = int(rng.uniform(0.03, 0.15) * size)
    amount = min(1.0, strength * rng.uniform(0.2, 0.9))
    fade = np.zeros(size, dtype=np.float32)
    fade[:width] = np.linspace(amount, 0.0, width)
    if rng.random() < 0.5:
        fade = fade[::-1]
    shape = [1, 1, 1]
    shape[axis] = size
    # What lies just beyond an edge looks like what lies just inside it.
    return np.asarray(image + fade.reshape(shape) * np.flip(image, axis), dtype=np.float32)
