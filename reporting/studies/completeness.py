"""Whether a series lacks slices or has some twice, from positions along the slice normal. Pure; never from file names
or instance numbers, which lie (F12 of the fault list: incomplete or still arriving)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reporting.studies.headers import FrameHeader, InstanceHeader
from reporting.studies.series_roles import slice_normal

PARALLEL_COSINE = 0.9995  # 1.8°: slices of one pack
WHOLE_STEPS_TOLERANCE = 0.2  # a gap is a whole number of steps; packs through single discs lie anywhere
SAME_PLACE_MM = 0.05
MIN_SLICES = 4


class CompletenessState(StrEnum):
    COMPLETE = "complete"
    GAP = "gap"
    DUPLICATES = "duplicates"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Gap:
    """``missing`` slices after the one at ``after_mm`` along the normal of its pack."""

    after_mm: float
    missing: int


@dataclass(frozen=True)
class Completeness:
    """``slices`` counts frames; ``spacing_mm`` is the median centre-to-centre distance within packs."""

    state: CompletenessState
    slices: int
    missing: int = 0
    duplicates: int = 0
    spacing_mm: float | None = None
    gaps: tuple[Gap, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def check_completeness(headers: Sequence[InstanceHeader]) -> Completeness:
    """Look at all frames of one series, in any order."""
    frames = [frame for header in headers for frame in header.frames]
    packs = _packs(frames)
    if packs is None:
        return Completeness(CompletenessState.UNKNOWN, len(frames))
    gaps: list[Gap] = []
    steps: list[float] = []
    duplicates = 0
    for positions in packs:
        distances = np.diff(positions)
        duplicates += int(np.sum(distances < SAME_PLACE_MM))
        places = positions[np.concatenate([[True], distances >= SAME_PLACE_MM])]
        if len(places) < MIN_SLICES:
            continue
        distances = np.diff(places)
        step = float(np.median(distances))
        steps.append(step)
        gaps += _gaps(places, distances, step)
    missing = sum(gap.missing for gap in gaps)
    state = (
        CompletenessState.GAP if missing else CompletenessState.DUPLICATES if duplicates else CompletenessState.COMPLETE
    )
    spacing = round(float(np.median(steps)), 3) if steps else None
    return Completeness(state, len(frames), missing, duplicates, spacing, tuple(gaps))


def _gaps(places: NDArray[np.float64], distances: NDArray[np.float64], step: float) -> list[Gap]:
    ratios = distances / step
    wide = ratios > 1.5
    if np.sum(wide) > max(1, len(distances) // 5):
        return []  # packs of parallel slices, one through each disc, are acquired with room between them
    return [
        Gap(round(float(place), 2), round(float(ratio)) - 1)
        for place, ratio in zip(places[:-1][wide], ratios[wide], strict=True)
        if abs(ratio - round(float(ratio))) <= WHOLE_STEPS_TOLERANCE
    ]


def _packs(frames: Sequence[FrameHeader]) -> list[NDArray[np.float64]] | None:
    """Sorted positions (mm along the normal) of each set of parallel slices; ``None`` if a place is not known."""
    normals, places = [], []
    for frame in frames:
        normal = slice_normal(frame.orientation)
        if normal is None or frame.position_mm is None or not np.all(np.isfinite(frame.position_mm)):
            return None
        normals.append(normal)
        places.append(frame.position_mm)
    packs = []
    left_normals, left_places = np.array(normals), np.array(places)
    while len(left_normals):  # array by array: of thousands of slices each may have a direction of its own
        normal = left_normals[0]
        parallel = np.abs(left_normals @ normal) >= PARALLEL_COSINE
        packs.append(np.sort(left_places[parallel] @ normal))
        left_normals, left_places = left_normals[~parallel], left_places[~parallel]
    return packs or None
