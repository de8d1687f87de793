"""A ``Volume`` on another's voxel grid, by SimpleITK; apart because the worker needs no SimpleITK in its memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import SimpleITK as sitk

from inference.volumes import Volume


def resample_like(volume: Volume, target: Volume, *, nearest: bool = False, outside: float = 0.0) -> Volume:
    """``volume`` interpolated onto ``target``'s voxel grid (linear, or nearest for labels)."""
    moved = sitk.Resample(
        to_image(volume),
        to_image(target.with_array(np.zeros(target.array.shape, np.uint8))),
        sitk.Transform(),
        sitk.sitkNearestNeighbor if nearest else sitk.sitkLinear,
        outside,
    )
    array = sitk.GetArrayFromImage(moved)
    return replace(target, array=array.astype(volume.array.dtype, copy=False))


def to_image(volume: Volume) -> sitk.Image:
    """The volume as a SimpleITK image; SimpleITK index order is (i, j, k), its world is LPS too."""
    array = np.ascontiguousarray(volume.array)
    if array.dtype == bool:
        array = array.astype(np.uint8)
    image = sitk.GetImageFromArray(array)
    spacing = volume.spacing_kji_mm
    direction = (volume.affine_lps_mm[:3, :3] / spacing)[:, ::-1]
    image.SetSpacing([float(value) for value in spacing[::-1]])
    image.SetOrigin([float(value) for value in volume.affine_lps_mm[:3, 3]])
    image.SetDirection([float(value) for value in direction.ravel()])
    return image
