"""Scan a phantom: a voxel grid in patient coordinates in, tissue codes out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from inference.phantom import kernel
from inference.phantom.spec import PhantomSpec
from inference.phantom.tables import Tables, build_tables


@dataclass(frozen=True)
class Grid:
    """Where the voxels of one series lie.

    ``affine_lps_mm`` maps array indices (k, j, i, 1) to LPS millimetres, as in ``inference.volumes.Volume``.
    ``slice_fill`` is slice thickness over slice spacing: below 1 the slices have gaps.
    """

    shape_kji: tuple[int, int, int]
    affine_lps_mm: NDArray[np.float64]
    slice_fill: float = 1.0

    @property
    def spacing_kji_mm(self) -> NDArray[np.float64]:
        spacing: NDArray[np.float64] = np.linalg.norm(self.affine_lps_mm[:3, :3], axis=0)
        return spacing


def sample_offsets(count: int, slice_fill: float) -> NDArray[np.float64]:
    """Where a voxel is sampled: evenly through the slice, each sample also moved a quarter voxel in plane."""
    through = ((np.arange(count) + 0.5) / count - 0.5) * slice_fill
    if count == 1:
        return np.zeros((1, 3))
    turn = np.pi / 4 + 2 * np.pi * np.arange(count) / count
    return np.column_stack([through, 0.3 * np.sin(turn), 0.3 * np.cos(turn)])


@lru_cache(maxsize=4)
def tables_of(spec: PhantomSpec) -> Tables:
    """The tables of a spec; the last few are kept because one spec is scanned several times."""
    return build_tables(spec)


def render_codes(spec: PhantomSpec, grid: Grid, through_plane_samples: int = 3) -> NDArray[np.uint8]:
    """Tissue codes, shape (k, through_plane_samples, j, i), values of ``Tissue``."""
    tables = tables_of(spec)
    k, j, i = grid.shape_kji
    codes = np.empty((k, through_plane_samples, j, i), dtype=np.uint8)
    to_phantom = np.linalg.inv(tables.pose) @ grid.affine_lps_mm
    kernel.render(
        codes,
        np.ascontiguousarray(to_phantom),
        sample_offsets(through_plane_samples, grid.slice_fill),
        tables.rows,
        tables.bodies,
        tables.params,
        tables.frame,
        tables.noise,
        tables.junk,
        tables.junk_rows,
    )
    return codes
