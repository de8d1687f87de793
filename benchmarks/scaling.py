"""How cost grows with slices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.memory import resident_mb
from benchmarks.studies import volume_of
from benchmarks.tables import show
from benchmarks.timing import timed
from inference import weights
from inference.segmentation import segment
from inference.serving_form import served
from inference.volumes import Volume
from reporting.vocabulary import SeriesRole

FACTORS = (0.5, 1.0, 2.0, 4.0)


def slices(study: Path, device: str, repeats: int) -> list[dict[str, Any]]:
    """Seconds to segment and label the axial series cut into fewer or more slices over the same length."""
    volume = volume_of(study, SeriesRole.AXIAL_T2)
    served(weights.load(weights.SEGMENTATION_NAMES["axial"])[0], torch.device(device))
    found = []
    for factor in FACTORS:
        stack = _recut(volume, factor)
        took = timed(lambda stack=stack: segment(stack, "axial").label_map, repeats)  # type: ignore[misc]
        count = len(stack.array)
        found.append({"slices": count, **took.as_json(), "ms_per_slice": round(1000 * took.wall_s / count, 1)})
    show(
        "Axial segmentation and labels against the number of slices",
        ("slices", "wall s", "CPU s", "ms a slice", "resident MB"),
        [(one["slices"], one["wall_s"], one["cpu_s"], one["ms_per_slice"], resident_mb()) for one in found],
    )
    return found


def _recut(volume: Volume, factor: float) -> Volume:
    """Nearest slices at another spacing."""
    count = max(2, round(len(volume.array) * factor))
    chosen = np.minimum((np.arange(count) / factor).astype(int), len(volume.array) - 1)
    affine = volume.affine_lps_mm.copy()
    affine[:3, 0] /= factor
    return replace(volume, array=volume.array[chosen], affine_lps_mm=affine, sop_instance_uids=(), frame_numbers=())
