"""Level → sub-volume for grading; one function for training and for serving.

A crop has grey values first and one probability map per structure after them (``networks.CropGeometry``), float32,
sampled in patient coordinates: the orientation is always the canonical one (see ``inference.segmentation``), whatever
the series' own order was.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference.level_frames import LevelFrame
from inference.networks import STRUCTURES, CropGeometry
from inference.sampling import sample
from inference.segmentation import ProbabilityMap
from inference.volumes import Volume
from reporting.vocabulary import Side, Structure

_SAC_SEARCH_MM = 45.0
_SAC_PIXELS = 40
_BEHIND_DISC_MM = 14.0  # from a disc's centre to the canal's, about


def sagittal_crop(
    geometry: CropGeometry, image: Volume, probabilities: ProbabilityMap, frame: LevelFrame
) -> NDArray[np.float32]:
    """(channels, left-right, superior-inferior, anterior-posterior) around a frame; ``image`` is normalised."""
    steps = [
        (np.arange(size) - (size - 1) / 2) * spacing
        for size, spacing in zip(geometry.shape, geometry.spacing_mm, strict=True)
    ]
    grid = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1)
    points = frame.center_lps_mm + grid @ np.stack([frame.left, frame.inferior, frame.posterior])
    greys = sample(image.array[None], image.affine_lps_mm, points)
    return np.concatenate([greys, _probabilities(probabilities, geometry, points)])


def axial_crop(
    geometry: CropGeometry,
    image: Volume,
    probabilities: ProbabilityMap,
    k: int,
    center_lps_mm: NDArray[np.float64],
    side: Side | None = None,
) -> NDArray[np.float32]:
    """(channels, anterior-posterior, right-left) of canonical slice ``k``; mirrored for the patient's right side.

    Three grey values are those of slices ``k − 1``, ``k`` and ``k + 1`` (at either end the slice itself again): what
    lies in a foramen often shows better a slice higher. ``center_lps_mm`` is the centre of the crop
    (``canal_of_disc``); its own slice does not matter.
    """
    center = image.to_index_kji(center_lps_mm)
    center[0] = k
    rows, columns = (
        (np.arange(size) - (size - 1) / 2) * spacing / pixel
        for size, spacing, pixel in zip(geometry.shape, geometry.spacing_mm, image.spacing_kji_mm[1:], strict=True)
    )
    index = np.empty((geometry.images, len(rows), len(columns), 3))
    reach = len(index) // 2
    around = np.clip(np.arange(k - reach, k + reach + 1), 0, image.array.shape[0] - 1)
    index[..., 0] = around[:, None, None]
    index[..., 1] = center[1] + rows[:, None]
    index[..., 2] = center[2] + columns[None, :]
    greys = sample(image.array[None], image.affine_lps_mm, image.to_lps_mm(index))[0]
    crop = np.concatenate([greys, _probabilities(probabilities, geometry, image.to_lps_mm(index[reach]))])
    return np.ascontiguousarray(crop[..., ::-1]) if side is Side.RIGHT else crop


def canal_of_disc(
    image: Volume, probabilities: ProbabilityMap, k: int, disc_center_lps_mm: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Centre of an axial crop: the canal on slice ``k`` of a canonical axial image, behind the disc's centre."""
    index = image.to_index_kji(disc_center_lps_mm)
    index[0] = k
    posterior = image.affine_lps_mm[:3, 1] / np.linalg.norm(image.affine_lps_mm[:3, 1])
    on_slice = image.to_lps_mm(index)
    return canal_center(probabilities, on_slice, on_slice + _BEHIND_DISC_MM * posterior)


def canal_center(
    probabilities: ProbabilityMap, k_lps_mm: NDArray[np.float64], fallback_lps_mm: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Centroid of sac and cord on the axial slice through ``k_lps_mm``, nearest component to ``fallback_lps_mm``.

    Where no sac is seen the fallback (a point in the canal, or behind the disc) is the answer.
    """
    inverse = np.linalg.inv(probabilities.affine_lps_mm)
    k = int(
        np.clip(round(float((inverse[:3, :3] @ k_lps_mm + inverse[:3, 3])[0])), 0, probabilities.array.shape[1] - 1)
    )
    mask = probabilities.of(Structure.SAC)[k] + probabilities.of(Structure.CORD)[k] > 0.5
    components, count = ndimage.label(mask)
    areas = np.bincount(components.ravel())[1:]
    best, best_distance = fallback_lps_mm, _SAC_SEARCH_MM
    for area, centroid in zip(areas, ndimage.center_of_mass(mask, components, range(1, count + 1)), strict=True):
        point = probabilities.affine_lps_mm[:3, :3] @ np.array([k, *centroid]) + probabilities.affine_lps_mm[:3, 3]
        distance = float(np.linalg.norm(point - fallback_lps_mm))
        if area >= _SAC_PIXELS and distance < best_distance:
            best, best_distance = point, distance
    return best


def _probabilities(
    probabilities: ProbabilityMap, geometry: CropGeometry, points_lps_mm: NDArray[np.float64]
) -> NDArray[np.float32]:
    order = STRUCTURES[probabilities.plane]
    wanted = [1 + order.index(structure) for structure in geometry.structures]
    chosen = probabilities.array[1:] if geometry.structures == order else probabilities.array[wanted]
    return sample(chosen, probabilities.affine_lps_mm, points_lps_mm)
