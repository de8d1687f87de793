"""Tissue codes → MR image: one rendering, any number of contrasts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from inference.phantom.artefacts import ArtefactStrengths
from inference.phantom.contrast_tables import draw_lookup
from inference.phantom.jit import compiled
from inference.phantom.tissue_artefacts import apply
from inference.phantom.tissues import TISSUE_COUNT, Tissue


def image_from_codes(
    codes: NDArray[np.uint8],
    contrast: str,
    rng: np.random.Generator,
    *,
    artefacts: bool | ArtefactStrengths = True,
) -> NDArray[np.float32]:
    """An image of shape (k, j, i), signals of about 0 to 1, from codes (k, s, j, i).

    ``contrast``: ``T1``, ``T2``, ``T2star``, ``STIR`` (fat-suppressed T2), ``T2starFS`` or ``random``
    (any signal for any tissue).
    Averaging over ``s`` gives partial volume. ``artefacts=False`` gives the ideal image.

    Raises:
        ValueError: unknown contrast.
    """
    lookup = draw_lookup(contrast, rng)
    image = np.empty((codes.shape[0], *codes.shape[2:]), dtype=np.float32)
    _mean_signal(codes, lookup, image)
    if artefacts is False:
        return image
    strengths = artefacts if isinstance(artefacts, ArtefactStrengths) else ArtefactStrengths()

    def share(tissues: Iterable[Tissue]) -> NDArray[np.float32]:
        part = np.zeros(TISSUE_COUNT, dtype=np.float32)
        part[list(tissues)] = 1.0
        result = np.empty_like(image)
        _mean_signal(codes, part, result)
        return result

    return apply(image, share, rng, strengths)


@compiled
def _mean_signal(codes: NDArray[np.uint8], lookup: NDArray[np.float32], image: NDArray[np.float32]) -> None:
    scale = np.float32(1.0 / codes.shape[1])
    for k in range(codes.shape[0]):
        for j in range(codes.shape[2]):
            for i in range(codes.shape[3]):
                total = np.float32(0.0)
                for sub in range(codes.shape[1]):
                    total += lookup[codes[k, sub, j, i]]
                image[k, j, i] = total * scale
