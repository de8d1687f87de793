"""The levels as the viewer writes them on every plane."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reporting.reports.key_slices import LevelPlace, SliceRef

SliceIndex = Mapping[tuple[uuid.UUID, int], dict[str, Any]]
"""(instance, frame number) → ``series`` and ``frame``, the index in reading order."""


def slice_at(ref: SliceRef | None, index: SliceIndex) -> dict[str, Any] | None:
    return index.get((ref.instance_id, ref.frame)) if ref is not None else None


def level_marks(
    result: Mapping[str, Any] | None, places: Sequence[LevelPlace], index: SliceIndex
) -> list[dict[str, Any]]:
    """``places`` from the skull down; lines are those of the machine's ``result``, which relabelling does not move."""
    lines = {level["name"]: level.get("line_lps_mm") for level in (result or {}).get("levels", [])}
    return [
        {
            "structure": place.structure,
            "name": place.name,
            "kind": place.kind.value,
            "certain": place.is_certain,
            "center": [round(mm, 3) for mm in place.center_lps_mm],
            "axis": [round(float(part), 5) for part in axis],
            "line": lines.get(place.structure),
            "sagittal": slice_at(place.sagittal, index),
            "axial": slice_at(place.axial, index),
        }
        for place, axis in zip(places, _axes(places), strict=True)
    ]


def _axes(places: Sequence[LevelPlace]) -> NDArray[np.float64]:
    """Unit vectors along the spine, towards the feet, from each level's neighbours; straight down for a single one."""
    if len(places) < 2:
        return np.tile([0.0, 0.0, -1.0], (len(places), 1))
    steps = np.gradient(np.array([place.center_lps_mm for place in places]), axis=0)
    return np.asarray(steps / np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-9))
