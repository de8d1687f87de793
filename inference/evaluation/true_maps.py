"""The truth as label maps: the phantom rendered again on exactly the voxels that the pipeline labelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from inference.levels import name_levels
from inference.matching import match_levels, with_index_slices
from inference.measurements.study import measure
from inference.phantom import Grid, StudyPlan, label_map, render_codes
from inference.phantom.vendors import PLANE_OF_ROLE
from inference.results import Measurement
from inference.volumes import Volume
from reporting.vocabulary import SeriesRole, Side

MeasurementKey = tuple[str, str, str | None]
REFLECTION = np.diag([-1.0, 1.0, 1.0, 1.0])
"""Exchanges the patient's left and right (LPS x)."""
TO_THE_LEFT = frozenset({"herniation_offset"})
"""Measurements whose sign says the side."""


def true_map(plan: StudyPlan, role: SeriesRole, labelled: Volume, samples: int, *, reflected: bool) -> Volume:
    """True labels on the voxels of ``labelled``, a label map of the series that ``plan`` wrote for ``role``."""
    affine = REFLECTION @ labelled.affine_lps_mm if reflected else labelled.affine_lps_mm
    shape = labelled.array.shape
    grid = Grid((shape[0], shape[1], shape[2]), affine, plan.grids[role].slice_fill)
    return labelled.with_array(label_map(render_codes(plan.spec, grid, samples), PLANE_OF_ROLE[role]))


def measurements(sagittal: Volume | None, axial: Sequence[Volume]) -> dict[MeasurementKey, float]:
    """Everything that can be measured on label maps alone; nothing where the levels cannot be named."""
    if sagittal is None:
        return {}
    levels = name_levels(sagittal)
    if not levels.certain:
        return {}
    matches = match_levels(levels.levels, axial)
    results = with_index_slices(levels.levels, axial, matches)
    return by_key(measure(levels, sagittal=sagittal, signal=None, axial=axial, results=results, matches=matches))


def by_key(found: Iterable[Measurement]) -> dict[MeasurementKey, float]:
    """Measurements by name, level and side."""
    return {(one.name, one.level, one.side.value if one.side else None): one.value for one in found}


def reflected(volume: Volume) -> Volume:
    """The same patient with left and right exchanged."""
    return replace(volume, affine_lps_mm=REFLECTION @ volume.affine_lps_mm)


def reflection_difference(before: Mapping[MeasurementKey, float], after: Mapping[MeasurementKey, float]) -> float:
    """The largest difference between a measurement and the one of the other side after reflection; infinite where one
    of them is missing."""
    swapped = {
        (name, level, other_side(side)): -value if name in TO_THE_LEFT else value
        for (name, level, side), value in before.items()
    }
    if set(swapped) != set(after):
        return float("inf")
    return max((abs(value - after[key]) for key, value in swapped.items()), default=0.0)


def other_side(side: str | None) -> str | None:
    """``left`` ↔ ``right``; the midline and no side stay."""
    return {Side.LEFT.value: Side.RIGHT.value, Side.RIGHT.value: Side.LEFT.value}.get(side or "", side)
