"""Signal of each tissue per contrast, 0 to about 1, as seen on clinical 1.5 T and 3 T images of the neck."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.phantom.tissues import TISSUE_COUNT, Tissue

CONTRASTS = ("T1", "T2", "T2star", "STIR", "T2starFS", "random")
Range = tuple[float, float]

_T1: dict[Tissue, Range] = {
    Tissue.AIR: (0.0, 0.01),
    Tissue.SKIN: (0.35, 0.6),
    Tissue.FAT: (0.75, 1.1),
    Tissue.MUSCLE: (0.28, 0.45),
    Tissue.LIGAMENT: (0.05, 0.25),
    Tissue.AIRWAY: (0.0, 0.05),
    Tissue.MUCOSA: (0.3, 0.5),
    Tissue.CARTILAGE: (0.2, 0.45),
    Tissue.GLAND: (0.35, 0.6),
    Tissue.VESSEL_FLOW: (0.02, 0.3),
    Tissue.VESSEL_SLOW: (0.1, 0.45),
    Tissue.BODY_MARROW: (0.38, 0.75),
    Tissue.BODY_CORTICAL: (0.05, 0.2),
    Tissue.BODY_MODIC_OEDEMA: (0.2, 0.4),
    Tissue.BODY_MODIC_FAT: (0.7, 1.0),
    Tissue.DISC_ANNULUS: (0.2, 0.35),
    Tissue.DISC_NUCLEUS_HEALTHY: (0.28, 0.42),
    Tissue.DISC_NUCLEUS_MILD: (0.28, 0.42),
    Tissue.DISC_NUCLEUS_MODERATE: (0.26, 0.40),
    Tissue.DISC_NUCLEUS_BLACK: (0.22, 0.38),
    Tissue.DISC_HERNIATED: (0.24, 0.38),
    Tissue.CSF: (0.08, 0.2),
    Tissue.CORD_WHITE: (0.38, 0.55),
    Tissue.CORD_GREY: (0.34, 0.5),
    Tissue.CORD_LESION: (0.3, 0.45),
    Tissue.NERVE_ROOT: (0.3, 0.45),
    Tissue.PLL: (0.05, 0.2),
    Tissue.PLL_OSSIFIED: (0.1, 0.5),
    Tissue.LF: (0.18, 0.38),
    Tissue.EPIDURAL_FAT: (0.7, 1.0),
    Tissue.EPIDURAL_VEIN: (0.2, 0.6),
    Tissue.POSTERIOR_MARROW: (0.4, 0.8),
    Tissue.POSTERIOR_CORTICAL: (0.03, 0.15),
    Tissue.FACET_JOINT: (0.2, 0.4),
    Tissue.SKULL: (0.4, 0.85),
    Tissue.BRAIN: (0.4, 0.56),
    Tissue.CEREBELLUM: (0.36, 0.52),
    Tissue.TOOTH: (0.02, 0.15),
    Tissue.LUNG: (0.01, 0.08),
    Tissue.OESOPHAGUS: (0.28, 0.42),
    Tissue.METAL: (0.0, 0.02),
    Tissue.CSF_FLOW: (0.06, 0.15),
    Tissue.BASIVERTEBRAL_VEIN: (0.25, 0.7),
}
_T2: dict[Tissue, Range] = {
    Tissue.AIR: (0.0, 0.01),
    Tissue.SKIN: (0.2, 0.5),
    Tissue.FAT: (0.5, 0.95),
    Tissue.MUSCLE: (0.08, 0.24),
    Tissue.LIGAMENT: (0.02, 0.14),
    Tissue.AIRWAY: (0.0, 0.05),
    Tissue.MUCOSA: (0.4, 0.8),
    Tissue.CARTILAGE: (0.15, 0.4),
    Tissue.GLAND: (0.3, 0.6),
    Tissue.VESSEL_FLOW: (0.0, 0.12),
    Tissue.VESSEL_SLOW: (0.05, 0.6),
    Tissue.BODY_MARROW: (0.18, 0.5),
    Tissue.BODY_CORTICAL: (0.02, 0.12),
    Tissue.BODY_MODIC_OEDEMA: (0.45, 0.75),
    Tissue.BODY_MODIC_FAT: (0.45, 0.75),
    Tissue.DISC_ANNULUS: (0.05, 0.28),
    Tissue.DISC_NUCLEUS_HEALTHY: (0.3, 0.75),
    Tissue.DISC_NUCLEUS_MILD: (0.22, 0.5),
    Tissue.DISC_NUCLEUS_MODERATE: (0.14, 0.34),
    Tissue.DISC_NUCLEUS_BLACK: (0.06, 0.2),
    Tissue.DISC_HERNIATED: (0.1, 0.36),
    Tissue.CSF: (0.75, 1.15),
    Tissue.CORD_WHITE: (0.24, 0.42),
    Tissue.CORD_GREY: (0.3, 0.5),
    Tissue.CORD_LESION: (0.5, 0.75),
    Tissue.NERVE_ROOT: (0.3, 0.5),
    Tissue.PLL: (0.02, 0.12),
    Tissue.PLL_OSSIFIED: (0.02, 0.3),
    Tissue.LF: (0.05, 0.22),
    Tissue.EPIDURAL_FAT: (0.45, 0.85),
    Tissue.EPIDURAL_VEIN: (0.3, 0.8),
    Tissue.POSTERIOR_MARROW: (0.25, 0.6),
    Tissue.POSTERIOR_CORTICAL: (0.01, 0.1),
    Tissue.FACET_JOINT: (0.25, 0.8),
    Tissue.SKULL: (0.25, 0.6),
    Tissue.BRAIN: (0.28, 0.44),
    Tissue.CEREBELLUM: (0.32, 0.5),
    Tissue.TOOTH: (0.01, 0.12),
    Tissue.LUNG: (0.01, 0.08),
    Tissue.OESOPHAGUS: (0.15, 0.35),
    Tissue.METAL: (0.0, 0.02),
    Tissue.CSF_FLOW: (0.25, 0.7),
    Tissue.BASIVERTEBRAL_VEIN: (0.3, 0.8),
}
# Gradient echo: bone dark, flowing blood bright, CSF brighter than cord, grey matter visible.
_T2STAR = _T2 | {
    Tissue.FAT: (0.3, 1.0),
    Tissue.MUSCLE: (0.3, 0.8),
    Tissue.MUCOSA: (0.4, 0.7),
    Tissue.GLAND: (0.4, 0.65),
    Tissue.VESSEL_FLOW: (0.8, 1.3),
    Tissue.VESSEL_SLOW: (0.5, 0.9),
    Tissue.BODY_MARROW: (0.08, 0.3),
    Tissue.POSTERIOR_MARROW: (0.06, 0.25),
    Tissue.DISC_ANNULUS: (0.1, 0.4),
    Tissue.DISC_NUCLEUS_HEALTHY: (0.3, 0.75),
    Tissue.DISC_NUCLEUS_MILD: (0.27, 0.6),
    Tissue.DISC_NUCLEUS_MODERATE: (0.22, 0.5),
    Tissue.DISC_NUCLEUS_BLACK: (0.18, 0.4),
    Tissue.DISC_HERNIATED: (0.2, 0.45),
    Tissue.CSF: (0.6, 1.05),
    Tissue.CORD_WHITE: (0.4, 0.6),
    Tissue.CORD_GREY: (0.48, 0.72),
    Tissue.EPIDURAL_FAT: (0.3, 0.7),
    Tissue.EPIDURAL_VEIN: (0.5, 0.95),
    Tissue.LF: (0.12, 0.35),
    Tissue.SKULL: (0.08, 0.3),
}
_STIR = _T2 | {
    Tissue.FAT: (0.01, 0.15),
    Tissue.SKIN: (0.1, 0.3),
    Tissue.EPIDURAL_FAT: (0.02, 0.2),
    Tissue.BODY_MARROW: (0.07, 0.24),
    Tissue.POSTERIOR_MARROW: (0.05, 0.2),
    Tissue.SKULL: (0.05, 0.2),
    Tissue.BODY_MODIC_FAT: (0.05, 0.3),
    Tissue.BODY_MODIC_OEDEMA: (0.4, 0.8),
    Tissue.MUSCLE: (0.15, 0.35),
}
# Gradient echo with the fat suppressed or out of phase.
_T2STAR_FS = _T2STAR | {
    Tissue.FAT: (0.02, 0.25),
    Tissue.SKIN: (0.1, 0.35),
    Tissue.EPIDURAL_FAT: (0.05, 0.3),
}
_RANGES = {"T1": _T1, "T2": _T2, "T2star": _T2STAR, "STIR": _STIR, "T2starFS": _T2STAR_FS}
_JUNK = (Tissue.JUNK_A, Tissue.JUNK_B, Tissue.JUNK_C, Tissue.JUNK_D)


_NUCLEI = (
    Tissue.DISC_NUCLEUS_HEALTHY,
    Tissue.DISC_NUCLEUS_MILD,
    Tissue.DISC_NUCLEUS_MODERATE,
    Tissue.DISC_NUCLEUS_BLACK,
)
# Signals that follow another tissue's.
_SAME_AS = {Tissue.CISTERN: Tissue.CSF}


def draw_lookup(contrast: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """Signal per tissue code for one series.

    Raises:
        ValueError: unknown contrast.
    """
    if contrast not in CONTRASTS:
        raise ValueError(f"unknown contrast {contrast!r}; one of {', '.join(CONTRASTS)}")
    if contrast == "random":
        return _random_lookup(rng)
    lookup = np.zeros(TISSUE_COUNT, dtype=np.float32)
    for tissue, (low, high) in _RANGES[contrast].items():
        lookup[tissue] = rng.uniform(low, high)
    _even_discs(lookup, rng)
    for tissue in _JUNK:
        lookup[tissue] = rng.uniform(0.0, 1.0)
    for tissue, other in _SAME_AS.items():
        lookup[tissue] = lookup[other]
    return lookup


def _even_discs(lookup: NDArray[np.float32], rng: np.random.Generator) -> None:
    """The more worn, the darker; and in many series nucleus and annulus hardly differ."""
    nuclei = [int(tissue) for tissue in _NUCLEI]
    lookup[nuclei] = np.sort(lookup[nuclei])[::-1]
    if rng.random() < 0.6:
        annulus = lookup[Tissue.DISC_ANNULUS]
        lookup[nuclei] = annulus + rng.uniform(0.1, 1.0) * (lookup[nuclei] - annulus)
    _part(lookup, rng, Tissue.BODY_MARROW, Tissue.DISC_ANNULUS, 0.05)


def _random_lookup(rng: np.random.Generator) -> NDArray[np.float32]:
    """Any signal for any tissue, but boundaries that must be seen stay visible."""
    base = draw_lookup(str(rng.choice(list(_RANGES))), rng)
    blend = rng.uniform(0.25, 1.0)
    lookup = ((1 - blend) * base + blend * rng.uniform(0, 1, TISSUE_COUNT)).astype(np.float32)
    if rng.random() < 0.2:
        lookup = (1.0 - np.clip(lookup, 0, 1)).astype(np.float32)
    for tissue in (Tissue.AIR, Tissue.AIRWAY, Tissue.LUNG, Tissue.METAL):
        lookup[tissue] = rng.uniform(0, 0.05)
    _part(lookup, rng, Tissue.CSF, Tissue.CORD_WHITE)
    _part(lookup, rng, Tissue.BODY_MARROW, Tissue.DISC_ANNULUS)
    for nucleus in _NUCLEI:  # a nucleus is never exactly its marrow
        _part(lookup, rng, Tissue.BODY_MARROW, nucleus, 0.08)
    lookup[Tissue.DISC_HERNIATED] = lookup[Tissue.DISC_ANNULUS] + rng.normal(0, 0.06)
    lookup[Tissue.CORD_GREY] = lookup[Tissue.CORD_WHITE] + rng.normal(0, 0.07)
    lookup[Tissue.CSF_FLOW] = lookup[Tissue.CSF] * rng.uniform(0.4, 1.0)
    for cortical in (Tissue.BODY_CORTICAL, Tissue.POSTERIOR_CORTICAL):
        lookup[cortical] = rng.uniform(0, 0.2)
    _part(lookup, rng, Tissue.CSF, Tissue.PLL, 0.2)
    _part(lookup, rng, Tissue.CSF, Tissue.LF, 0.2)
    for tissue, other in _SAME_AS.items():
        lookup[tissue] = lookup[other]
    return np.clip(lookup, 0, 1.3)


def _part(
    lookup: NDArray[np.float32], rng: np.random.Generator, first: Tissue, second: Tissue, gap: float = 0.15
) -> None:
    """Keep two neighbours at least ``gap`` apart in signal."""
    difference = lookup[first] - lookup[second]
    if abs(difference) < gap:
        sign = 1.0 if difference >= 0 else -1.0
        target = lookup[first] - sign * rng.uniform(gap, gap + 0.25)
        if not 0.0 <= target <= 1.2:
            target = lookup[first] + sign * rng.uniform(gap, gap + 0.25)
        lookup[second] = target
