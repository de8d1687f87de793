"""Level ↔ slice, in patient coordinates, slice by slice: packs of one axial series may differ in orientation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inference.level_frames import posterior_edge
from inference.results import IndexSlice, LevelResult
from inference.volumes import Volume
from reporting.vocabulary import LevelKind

REACH_OF_STEP = 0.75
"""A slice shows a level when the level's point is within this many slice steps of its plane."""

TILT_WEIGHT_MM_PER_DEG = 0.05
"""Between packs: how much farther a slice may lie when it runs better along the disc."""

_MARGIN_MM = 5.0  # the point must lie this far inside the image


@dataclass(frozen=True)
class SliceMatch:
    """Slice ``k`` of volume ``pack`` shows the level; ``distance_mm`` is signed along the volume's first axis."""

    pack: int
    k: int
    distance_mm: float
    tilt_deg: float


def best_slice(
    volumes: Sequence[Volume], point_lps_mm: NDArray[np.float64], axis_lps: NDArray[np.float64]
) -> SliceMatch | None:
    """The slice, over all packs, that passes nearest through a point; ``axis_lps``: the spine's unit direction."""
    matches = []
    for pack, volume in enumerate(volumes):
        index = volume.to_index_kji(point_lps_mm)
        spacing = volume.spacing_kji_mm
        shape = np.array(volume.array.shape)
        margin = _MARGIN_MM / spacing[1:]
        if np.any(index[1:] < margin) or np.any(index[1:] > shape[1:] - 1 - margin):
            continue
        k = int(np.clip(round(float(index[0])), 0, shape[0] - 1))
        distance = float(index[0] - k) * float(spacing[0])
        if abs(distance) > REACH_OF_STEP * spacing[0]:
            continue
        normal = volume.affine_lps_mm[:3, 0] / spacing[0]
        tilt = float(np.degrees(np.arccos(np.clip(abs(normal @ axis_lps), 0, 1))))
        matches.append(SliceMatch(pack, k, distance, tilt))
    return min(
        matches, key=lambda match: abs(match.distance_mm) + TILT_WEIGHT_MM_PER_DEG * match.tilt_deg, default=None
    )


def level_axes(levels: Sequence[LevelResult]) -> dict[str, NDArray[np.float64]]:
    """Unit direction of the spine (downward) at each level, from its neighbours in the sequence."""
    points = np.array([level.center_lps_mm for level in levels])
    axes = {}
    for index, level in enumerate(levels):
        step = points[min(index + 1, len(points) - 1)] - points[max(index - 1, 0)]
        length = float(np.linalg.norm(step))
        axes[level.name] = step / length if length > 0 else np.array([0.0, 0.0, -1.0])
    return axes


def match_levels(levels: Sequence[LevelResult], axial: Sequence[Volume]) -> dict[str, SliceMatch]:
    """For every vertebra the axial slice through its centre, for every disc the one through its posterior edge."""
    axes = level_axes(levels)
    found = {}
    for level in levels:
        point, axis = np.array(level.center_lps_mm), axes[level.name]
        match = best_slice(axial, posterior_edge(point, axis) if level.kind is LevelKind.DISC else point, axis)
        if match is not None:
            found[level.name] = match
    return found


def with_index_slices(
    levels: Sequence[LevelResult], axial: Sequence[Volume], matches: Mapping[str, SliceMatch]
) -> tuple[LevelResult, ...]:
    """Discs get their axial slice, vertebrae the sagittal slice through their middle."""
    results = []
    for level in levels:
        match = matches.get(level.name)
        if level.kind is LevelKind.VERTEBRA:
            results.append(replace(level, index_slice=level.sagittal_slice))
        elif match is not None:
            results.append(replace(level, index_slice=index_slice(axial[match.pack], match.k)))
        else:
            results.append(level)
    return tuple(results)


def index_slice(volume: Volume, k: int) -> IndexSlice:
    """Slice ``k`` named by its series and SOP Instance."""
    uids, numbers = volume.sop_instance_uids, volume.frame_numbers
    return IndexSlice(
        series_uid=volume.series_uid,
        sop_instance_uid=uids[k] if uids else "",
        k=k,
        frame_number=numbers[k] if numbers else None,
    )
