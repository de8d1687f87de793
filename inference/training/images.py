"""A cached phantom as the series a scanner would have made of it."""

from __future__ import annotations

import numpy as np

from inference.phantom.contrast import image_from_codes
from inference.segmentation import normalise
from inference.training.dataset import CachedStudy
from inference.volumes import Volume
from reporting.vocabulary import SeriesRole

USUAL_CONTRAST = {
    SeriesRole.SAGITTAL_T1: "T1",
    SeriesRole.SAGITTAL_T2: "T2",
    SeriesRole.AXIAL_T2: "T2",
}


def simulated_image(
    study: CachedStudy, role: SeriesRole, rng: np.random.Generator, contrast: str | None = None
) -> Volume:
    """The whole series, canonical and normalised; ``contrast`` as in ``image_from_codes``, by default the usual one."""
    codes = np.asarray(study.codes(role))
    image = image_from_codes(codes, contrast or USUAL_CONTRAST[role], rng)
    return Volume(normalise(image), study.affine_lps_mm(role))
