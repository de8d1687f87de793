"""Linear interpolation of arrays at points of the patient, and from one voxel grid to another."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Box = tuple[slice, slice, slice]

_PARALLEL = 1e-6  # of a voxel per voxel: less than this is rounding of the affine


def sample(
    array: NDArray[np.generic], affine_lps_mm: NDArray[np.float64], points_lps_mm: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Values of ``array`` (channel, k, j, i) at points (…, 3), as (channel, …); zero outside the array.

    ``affine_lps_mm`` maps the index (k, j, i) to LPS millimetres. Only the part around the points is touched.
    """
    inverse = np.linalg.inv(affine_lps_mm)
    index = (points_lps_mm @ inverse[:3, :3].T + inverse[:3, 3]).reshape(-1, 3)
    box = _box_of(index, array.shape[1:])
    part = array[(slice(None), *box)]
    start = np.array([edge.start for edge in box])
    # grid_sample wants −1…1 from the first voxel's outer edge to the last one's, fastest axis first.
    place = (2 * (index - start) + 1) / np.array(part.shape[1:]) - 1
    grid = torch.from_numpy(place[:, ::-1].astype(np.float32)).reshape(1, 1, 1, -1, 3)
    source = torch.from_numpy(np.ascontiguousarray(part, dtype=np.float32))[None]
    found = functional.grid_sample(source, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return found.reshape(len(array), *points_lps_mm.shape[:-1]).numpy()


@dataclass(frozen=True)
class Resampled:
    """``values`` (channel, k, j, i) on the voxels ``box`` of another grid; zero on its other voxels."""

    values: Tensor
    box: Box


def onto_grid(
    array: NDArray[np.float32],
    affine_lps_mm: NDArray[np.float64],
    shape: tuple[int, ...],
    target_affine_lps_mm: NDArray[np.float64],
) -> Resampled:
    """``array`` (channel, k, j, i) interpolated on the voxels of another grid that it reaches; zero beyond its edge."""
    to_target = np.linalg.inv(target_affine_lps_mm) @ affine_lps_mm
    corners = np.array(list(itertools.product(*((-0.5, size - 0.5) for size in array.shape[1:]))))
    corners = corners @ to_target[:3, :3].T + to_target[:3, 3]
    first = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, shape)
    last = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 1, first, shape)
    box = (slice(first[0], last[0]), slice(first[1], last[1]), slice(first[2], last[2]))
    ranges = [np.arange(edge.start, edge.stop) for edge in box]
    from_target = np.linalg.inv(to_target)
    order = np.abs(from_target[:3, :3]).argmax(axis=1)  # target axis that each axis of the array runs along
    across = from_target[:3, :3].copy()
    across[range(3), order] = 0.0
    if len(set(order)) == 3 and np.abs(across).max() < _PARALLEL:
        # The axes agree up to order and direction, as between a series and its own probabilities: one axis at a time.
        values = torch.from_numpy(array)
        for axis in range(3):
            places = from_target[axis, order[axis]] * ranges[order[axis]] + from_target[axis, 3]
            values = _along(values, 1 + axis, places)
        back = [1 + int(np.flatnonzero(order == axis)[0]) for axis in range(3)]
        return Resampled(values.permute(0, *back), box)
    index = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1)
    points = index @ target_affine_lps_mm[:3, :3].T + target_affine_lps_mm[:3, 3]
    return Resampled(torch.from_numpy(sample(array, affine_lps_mm, points)), box)


def _along(values: Tensor, axis: int, places: NDArray[np.float64]) -> Tensor:
    """Linear interpolation along one axis at fractional places, zero where a neighbour lies outside."""
    whole = np.rint(places).astype(int)
    on_voxels = bool(np.abs(places - whole).max(initial=0.0) < _PARALLEL)
    if len(whole) and on_voxels and whole.min() >= 0 and whole.max() < values.shape[axis]:
        if np.array_equal(whole, np.arange(whole[0], whole[0] + len(whole))):
            return values.narrow(axis, int(whole[0]), len(whole))
        return values.index_select(axis, torch.from_numpy(whole))
    low = np.floor(places)
    matrix = torch.zeros(len(places), values.shape[axis])
    for neighbour, share in ((low, 1 - (places - low)), (low + 1, places - low)):
        inside = np.flatnonzero((neighbour >= 0) & (neighbour < values.shape[axis]))
        matrix[inside, neighbour[inside].astype(int)] += torch.from_numpy(share[inside].astype(np.float32))
    if axis == values.ndim - 1:
        return values @ matrix.T
    return (matrix @ values.transpose(axis, -2)).transpose(axis, -2)


def _box_of(index: NDArray[np.float64], shape: tuple[int, ...]) -> Box:
    """The voxels that points between them are interpolated from, at least one."""
    if not len(index):
        return slice(0, 1), slice(0, 1), slice(0, 1)
    low = np.clip(np.floor(index.min(axis=0)).astype(int), 0, np.array(shape) - 1)
    high = np.clip(np.floor(index.max(axis=0)).astype(int) + 2, low + 1, shape)
    return slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2])
