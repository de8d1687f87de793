"""Reorient and normalise: a ``Volume`` on the axes and scale a stage expects, geometry kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inference.volumes import Volume
from reporting.studies.series_roles import Plane, plane_of

# Direction (LPS) that array axes k, j, i run along after ``canonical``; obliquity is kept, not resampled away.
AXES_LPS: dict[Plane, NDArray[np.float64]] = {
    Plane.SAGITTAL: np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]]),  # right→left, top→bottom, front→back
    Plane.AXIAL: np.array([[0, 0, 1.0], [0, 1.0, 0], [1.0, 0, 0]]),  # bottom→top, front→back, right→left
}


def volume_plane(volume: Volume) -> Plane:
    """The plane of the slices (first array axis is through-plane)."""
    column = volume.affine_lps_mm[:3, 0]
    return plane_of(column / np.linalg.norm(column))


def canonical(volume: Volume, plane: Plane) -> Volume:
    """The same voxels with axes permuted and flipped to ``AXES_LPS[plane]``; nothing is interpolated.

    Slices stay on the first axis when the volume was acquired in that plane.
    """
    directions = volume.affine_lps_mm[:3, :3] / volume.spacing_kji_mm
    agreement = AXES_LPS[plane] @ directions  # [wanted axis, present axis]
    order = _best_permutation(np.abs(agreement))
    flips = [agreement[wanted, present] < 0 for wanted, present in enumerate(order)]
    array = volume.array.transpose(order)
    affine = volume.affine_lps_mm[:, [*order, 3]].copy()
    for axis, flip in enumerate(flips):
        if flip:
            array = np.flip(array, axis)
            affine[:3, 3] += affine[:3, axis] * (array.shape[axis] - 1)
            affine[:3, axis] *= -1
    uids, numbers = volume.sop_instance_uids, volume.frame_numbers
    if order[0] != 0:  # the slices are now along another axis: no object is one slice any more
        uids, numbers = (), ()
    elif flips[0]:
        uids, numbers = uids[::-1], numbers[::-1]
    return replace(
        volume,
        array=np.ascontiguousarray(array),
        affine_lps_mm=affine,
        sop_instance_uids=uids,
        frame_numbers=numbers,
    )


def _best_permutation(agreement: NDArray[np.float64]) -> tuple[int, int, int]:
    choices = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    return max(choices, key=lambda order: sum(agreement[axis, order[axis]] for axis in range(3)))


def normalise(array: NDArray[np.generic], low: float = 1.0, high: float = 99.0) -> NDArray[np.float32]:
    """Map the ``low`` … ``high`` percentiles to 0 … 1 and clip; a constant image becomes zeros."""
    values = np.asarray(array, dtype=np.float32)
    bottom, top = (float(value) for value in np.percentile(values, [low, high]))
    if top <= bottom:
        return np.zeros_like(values)
    scaled: NDArray[np.float32] = np.clip((values - bottom) / np.float32(top - bottom), 0, 1)
    return scaled
