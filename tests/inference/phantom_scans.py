"""Phantom label maps as the pipeline would see them: exact labels in the geometry of each series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from inference.phantom.pathology import Pathology
from inference.phantom.render import Grid, render_codes
from inference.phantom.spec import PhantomSpec
from inference.phantom.study import plan_study
from inference.phantom.truth import label_map, truth_record
from inference.volumes import Volume
from reporting.vocabulary import LABEL_VALUES, SeriesRole, Structure

AXIAL_ROLES = frozenset({SeriesRole.AXIAL_T2, SeriesRole.AXIAL_FS_T2})


@dataclass(frozen=True)
class PhantomScan:
    """One phantom: exact label maps per role, and its truth record."""

    spec: PhantomSpec
    labels: dict[SeriesRole, Volume]
    truth: dict[str, Any]

    def center(self, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.array(next(level["center_lps_mm"] for level in self.truth["levels"] if level["name"] == name))

    def finding(self, kind: str, level: str, side: str | None = None) -> dict[str, Any]:
        return next(
            entry
            for entry in self.truth["findings"]
            if (entry["finding"], entry["level"], entry["side"]) == (kind, level, side)
        )


@lru_cache(maxsize=24)
def phantom_scan(
    seed: int,
    pathologies: tuple[str, ...] = (),
    roles: tuple[SeriesRole, ...] = (SeriesRole.SAGITTAL_T2,),
    *,
    family: str = "first",
    normal: bool = False,
    pitch_deg: float | None = None,
    scoliosis_mm: float | None = None,
    lordosis_deg: float | None = None,
) -> PhantomScan:
    """Labels of a phantom study; the last three replace what the seed would draw."""
    asked = [Pathology.parse(text) for text in pathologies]
    plan = plan_study(seed, asked, normal=normal, family=family)
    spec = plan.spec
    if pitch_deg is not None:
        spec = replace(spec, pose=replace(spec.pose, pitch_deg=pitch_deg))
    if scoliosis_mm is not None:
        spec = replace(spec, scoliosis_mm=scoliosis_mm)
    if lordosis_deg is not None:
        spec = replace(spec, lordosis_deg=lordosis_deg)
    return PhantomScan(spec, {role: _labels(spec, plan.grids[role], role) for role in roles}, truth_record(spec))


def _labels(spec: PhantomSpec, grid: Grid, role: SeriesRole) -> Volume:
    plane = "axial" if role in AXIAL_ROLES else "sagittal"
    count = grid.shape_kji[0]
    return Volume(
        array=label_map(render_codes(spec, grid, 3), plane),
        affine_lps_mm=grid.affine_lps_mm,
        frame_of_reference_uid="1.2",
        series_uid=role.value,
        sop_instance_uids=tuple(f"{role.value}-{k}" for k in range(count)),
        frame_numbers=(None,) * count,
    )


def without(volume: Volume, structures: Iterable[Structure]) -> Volume:
    """The same label map with some structures taken out."""
    gone = [LABEL_VALUES[structure] for structure in structures]
    return volume.with_array(np.where(np.isin(volume.array, gone), 0, volume.array).astype(np.uint8))


def cropped(volume: Volume, first_row: int) -> Volume:
    """Without its first rows, as if the field of view began lower."""
    affine = volume.affine_lps_mm.copy()
    affine[:3, 3] += affine[:3, 1] * first_row
    return replace(volume, array=volume.array[:, first_row:], affine_lps_mm=affine)


def reordered(volume: Volume) -> Volume:
    """The same voxels in another array order: slices reversed, rows and columns exchanged."""
    array = np.ascontiguousarray(volume.array[::-1].transpose(0, 2, 1))
    affine = volume.affine_lps_mm[:, [0, 2, 1, 3]].copy()
    affine[:3, 3] += affine[:3, 0] * (array.shape[0] - 1)
    affine[:3, 0] *= -1
    return replace(
        volume,
        array=array,
        affine_lps_mm=affine,
        sop_instance_uids=volume.sop_instance_uids[::-1],
        frame_numbers=volume.frame_numbers[::-1],
    )
