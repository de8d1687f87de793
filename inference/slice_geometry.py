"""Frames of one series → packs of parallel, evenly spaced slices, or a refusal. Geometry only, no pixels.

Slices are ordered by their position along the slice normal, never by file name or instance number. A millimetre
that is not certain is refused: there is no default spacing (PS3.3 C.7.6.2, C.7.6.1.1.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.results import PipelineError
from reporting.studies.headers import FrameHeader
from reporting.studies.series_roles import Plane, plane_of, slice_normal

UNIT_TOLERANCE = 0.01
"""How far a direction cosine vector's length may be from 1, and the cosine between row and column from 0."""

PARALLEL_COSINE = 0.99985
"""Slices whose normals and rows agree to 1° belong to one pack."""

SPACING_RANGE_MM = (0.05, 15.0)
"""Pixel and slice spacing outside this is nonsense for MR of the neck."""

SPACING_TOLERANCE = 0.08
"""Relative difference between two slice distances of one pack; scanners round positions."""

SHEAR_TOLERANCE_MM = 0.3
"""How far slice origins may wander in plane along one pack, per slice distance."""

PACK_GAP = 2.6
"""In a series of several packs, slices farther apart than this many usual steps belong to two packs."""

DUPLICATE_MM = 0.01

MAX_PACKS = 50
"""Packs of one series: one per disc, several times over. Each slice is compared with each pack."""


@dataclass(frozen=True)
class Pack:
    """Parallel slices in order. ``order[k]`` is the index of slice k among the frames given."""

    order: tuple[int, ...]
    affine_lps_mm: NDArray[np.float64]  # 4×4, array index [k, j, i, 1] → LPS mm

    @property
    def plane(self) -> Plane:
        column = self.affine_lps_mm[:3, 0]
        return plane_of(column / np.linalg.norm(column))


def arrange(frames: Sequence[FrameHeader]) -> tuple[Pack, ...]:
    """Sort frames into packs, one per orientation (or two, far apart, where two discs lie alike); most series are one.

    Raises ``PipelineError`` with reason ``missing_geometry``, ``invalid_orientation``, ``invalid_spacing``,
    ``mixed_spacing``, ``mixed_orientation``, ``single_slice``, ``duplicate_slices``, ``missing_slice``,
    ``uneven_slices`` or ``not_orthogonal``.
    """
    for frame in frames:
        _check_frame(frame)
    spacings = np.array([frame.pixel_spacing_mm for frame in frames])
    if np.ptp(spacings, axis=0).max() > 1e-3:
        raise PipelineError("mixed_spacing", "The slices have different pixel spacings.")
    groups = _by_orientation(frames)
    if len({_plane(frames[group[0]]) for group in groups}) > 1:
        raise PipelineError("mixed_orientation", "The series mixes slices of different planes.")
    if len(groups) > 1 and _plane(frames[0]) is not Plane.AXIAL:
        raise PipelineError("mixed_orientation", "The slices have different orientations.")
    if len(frames) < 2:
        raise PipelineError("single_slice", "The series has a single slice; a volume needs at least two.")
    if len(groups) > 1:
        groups = [run for group in groups for run in _parted(frames, group)]
    return tuple(_pack(frames, group) for group in groups)


def _check_frame(frame: FrameHeader) -> None:
    if frame.orientation is None or frame.position_mm is None or frame.pixel_spacing_mm is None:
        raise PipelineError("missing_geometry", "Position, orientation or pixel spacing is missing.")
    orientation = np.array(frame.orientation)
    if not (np.all(np.isfinite(orientation)) and np.all(np.isfinite(frame.position_mm))):
        raise PipelineError("missing_geometry", "Position or orientation is not a number.")
    row, column = orientation[:3], orientation[3:]
    lengths = np.array([np.linalg.norm(row), np.linalg.norm(column)])
    if np.abs(lengths - 1).max() > UNIT_TOLERANCE or abs(row @ column) > UNIT_TOLERANCE:
        raise PipelineError("invalid_orientation", "Row and column directions are not unit vectors at right angles.")
    spacing = np.array(frame.pixel_spacing_mm)
    if not np.all((spacing >= SPACING_RANGE_MM[0]) & (spacing <= SPACING_RANGE_MM[1])):  # NaN fails too
        raise PipelineError("invalid_spacing", "The pixel spacing is not a plausible length.")


def _cosines(frame: FrameHeader) -> NDArray[np.float64]:
    return np.asarray(frame.orientation, dtype=np.float64)


def _plane(frame: FrameHeader) -> Plane:
    normal = slice_normal(frame.orientation)
    assert normal is not None  # _check_frame made sure
    return plane_of(normal)


def _by_orientation(frames: Sequence[FrameHeader]) -> list[list[int]]:
    groups: list[list[int]] = []
    for index, frame in enumerate(frames):
        cosines = _cosines(frame)
        for group in groups:
            first = _cosines(frames[group[0]])
            if min(first[:3] @ cosines[:3], first[3:] @ cosines[3:]) >= PARALLEL_COSINE:
                group.append(index)
                break
        else:
            groups.append([index])
            if len(groups) > MAX_PACKS:
                raise PipelineError("mixed_orientation", "The slices have more orientations than there are discs.")
    return groups


def _parted(frames: Sequence[FrameHeader], group: list[int]) -> list[list[int]]:
    """Where a series has several packs anyway, two of them may be parallel: a wide gap parts them."""
    first = _cosines(frames[group[0]])
    along = np.array([frames[index].position_mm for index in group]) @ np.cross(first[:3], first[3:])
    sorting = np.argsort(along, kind="stable")
    steps = np.diff(along[sorting])
    if len(steps) < 2:
        return [group]
    ends = np.flatnonzero(steps > PACK_GAP * np.median(steps)) + 1
    return [[group[index] for index in run] for run in np.split(sorting, ends)]


def _pack(frames: Sequence[FrameHeader], group: list[int]) -> Pack:
    first = frames[group[0]]
    cosines = _cosines(first)
    row, column = cosines[:3] / np.linalg.norm(cosines[:3]), cosines[3:] / np.linalg.norm(cosines[3:])
    normal = np.cross(row, column)
    normal /= np.linalg.norm(normal)
    positions = np.array([frames[index].position_mm for index in group])
    along = positions @ normal
    sorting = np.argsort(along, kind="stable")
    order = tuple(group[index] for index in sorting)
    step = normal * _step_mm(along[sorting], first)
    _check_shear(positions[sorting], row, column)
    row_spacing, column_spacing = first.pixel_spacing_mm or (np.nan, np.nan)
    affine = np.eye(4)
    affine[:3, 0] = step
    affine[:3, 1] = column * row_spacing  # PixelSpacing: distance between rows first (PS3.3 10.7.1.3)
    affine[:3, 2] = row * column_spacing
    affine[:3, 3] = positions[sorting[0]]
    return Pack(order=order, affine_lps_mm=affine)


def _step_mm(along: NDArray[np.float64], first: FrameHeader) -> float:
    if len(along) == 1:  # one slice per disc, in a series of several packs: only its thickness is known
        thickness = first.thickness_mm
        if thickness is None or not SPACING_RANGE_MM[0] <= thickness <= SPACING_RANGE_MM[1]:
            raise PipelineError("invalid_spacing", "A pack of one slice has no usable slice thickness.")
        return thickness
    steps = np.diff(along)
    if steps.min() < DUPLICATE_MM:
        raise PipelineError("duplicate_slices", "Two slices lie at the same position.")
    typical = float(np.median(steps))
    if not SPACING_RANGE_MM[0] <= typical <= SPACING_RANGE_MM[1]:
        raise PipelineError("invalid_spacing", "The distance between slices is not a plausible length.")
    uneven = np.abs(steps - typical) > SPACING_TOLERANCE * typical
    if uneven.any():
        gaps = steps[uneven]
        if np.all(gaps > typical):
            missing = int(np.sum(np.rint(gaps / typical) - 1))
            raise PipelineError(
                "missing_slice", f"The slices have {len(gaps)} gap(s); about {missing} slice(s) missing."
            )
        raise PipelineError("uneven_slices", "The slices are not evenly spaced.")
    return float((along[-1] - along[0]) / (len(along) - 1))


def _check_shear(positions: NDArray[np.float64], row: NDArray[np.float64], column: NDArray[np.float64]) -> None:
    if len(positions) < 2:
        return
    in_plane = positions @ np.stack([row, column], axis=1)
    if np.abs(np.diff(in_plane, axis=0)).max() > SHEAR_TOLERANCE_MM:
        raise PipelineError("not_orthogonal", "Slices are shifted against each other: the volume is not orthogonal.")
