"""What makes one rendered phantom many scans: contrasts.

Half of the contrasts are those of real sequences, half are drawn at random, so that a network learns shapes and not
one scanner's greys.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
