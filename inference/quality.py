"""Whether a volume can be worked on at all: numbers only, not constant, not mere noise, large enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inference.results import PipelineError
from inference.volumes import Volume

MIN_NEIGHBOUR_CORRELATION = 0.45
"""Of in-plane neighbours: anatomy is above .8 even with much noise, pure noise near 0."""

MIN_SIDE_MM = 50.0
"""A field of view smaller than this cannot show two vertebrae and the canal."""

MAX_STEP_MM = 9.0
"""Slices farther apart miss whole structures."""


@dataclass(frozen=True)
class Quality:
    """``neighbour_correlation`` of in-plane neighbours (0 noise … 1 smooth); ``signal_p50`` and ``signal_p99``:
    percentiles of the middle slice in the scanner's own units; ``field_mm`` rows × columns."""

    neighbour_correlation: float
    signal_p50: float
    signal_p99: float
    field_mm: tuple[float, float]
    slices: int
    slice_step_mm: float


def check_quality(volume: Volume) -> Quality:
    """Measure, or raise ``PipelineError``: ``not_finite``, ``constant_image``, ``noise_only``, ``small_field``,
    ``slices_too_far_apart``."""
    array = volume.array
    if not np.all(np.isfinite(array)):
        raise PipelineError("not_finite", "Some voxels are not numbers.")
    if float(array.max()) <= float(array.min()):
        raise PipelineError("constant_image", "All voxels have the same value.")
    step, row_mm, column_mm = (float(value) for value in volume.spacing_kji_mm)
    field = (array.shape[1] * row_mm, array.shape[2] * column_mm)
    correlation = _neighbour_correlation(volume)
    if correlation < MIN_NEIGHBOUR_CORRELATION:
        raise PipelineError("noise_only", "The image is noise without structure.")
    if min(field) < MIN_SIDE_MM:
        raise PipelineError("small_field", f"The field of view is only {min(field):.0f} mm wide.")
    if step > MAX_STEP_MM:
        raise PipelineError("slices_too_far_apart", f"The slices are {step:.0f} mm apart.")
    median, bright = (round(float(value), 3) for value in np.percentile(array[array.shape[0] // 2], (50, 99)))
    return Quality(
        round(correlation, 3), median, bright, (round(field[0], 1), round(field[1], 1)), array.shape[0], round(step, 3)
    )


def _neighbour_correlation(volume: Volume) -> float:
    values = volume.array[volume.array.shape[0] // 2].astype(np.float64)
    here, beside = values[:, :-1].ravel(), values[:, 1:].ravel()
    if here.std() == 0 or beside.std() == 0:
        values = volume.array.astype(np.float64)
        here, beside = values[..., :-1].ravel(), values[..., 1:].ravel()
        if here.std() == 0 or beside.std() == 0:
            return 0.0
    return float(np.corrcoef(here, beside)[0, 1])
