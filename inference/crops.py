"""Level → sub-volume for grading; one function for training and for serving.

A crop has the image as channel 0 and one probability map per structure of its plane after it, float32, sampled in
patient coordinates: the orientation is always the canonical one (see ``inference.segmentation``), whatever the
series' own order was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference.networks import CROP_SHAPE, CROP_SPACING_MM
from inference.results import Point
from inference.sampling import sample
from inference.segmentation import ProbabilityMap
from inference.volumes import Volume
from reporting.vocabulary import DiscLevel, MachineFinding, Side, Structure, Vertebra

_SAC_SEARCH_MM = 45.0
_SAC_PIXELS = 40
_BEHIND_DISC_MM = 14.0  # from a disc's centre to the canal's, about


@dataclass(frozen=True)
class LevelFrame:
    """A place and its axes in the patient: unit vectors in LPS towards the patient's left, feet and back."""

    center_lps_mm: NDArray[np.float64]
    left: NDArray[np.float64]
    inferior: NDArray[np.float64]
    posterior: NDArray[np.float64]


def vertebra_frames(vertebrae: Mapping[str, Point], discs: Mapping[str, Point]) -> dict[str, LevelFrame]:
    """A frame per vertebra that has a neighbour; centres in LPS mm by level name (``C5``, ``C5/6``).

    C2 reaches up into the dens, so its graded part is found from below: C3's centre mirrored at the C2/3 disc.
    """
    points = _graded_centers(vertebrae, discs)
    frames = {}
    for vertebra in Vertebra:
        here = points.get(vertebra.value)
        if here is None:
            continue
        above, below = points.get(_above(vertebra), here), points.get(vertebra.below or "", here)
        if above is not below:
            frames[vertebra.value] = frame_along(here, below - above)
    return frames


def slip_frames(vertebrae: Mapping[str, Point], discs: Mapping[str, Point]) -> dict[str, LevelFrame]:
    """A frame per upper vertebra of a pair, at the disc between them: where its slip on the lower one is read."""
    points = _graded_centers(vertebrae, discs)
    frames = {}
    for disc in DiscLevel:
        upper, lower = points.get(disc.upper_vertebra.value), points.get(disc.lower_vertebra.value)
        if upper is not None and lower is not None and disc.value in discs:
            frames[disc.upper_vertebra.value] = frame_along(
                np.array(discs[disc.value], dtype=np.float64), lower - upper
            )
    return frames


def _graded_centers(vertebrae: Mapping[str, Point], discs: Mapping[str, Point]) -> dict[str, NDArray[np.float64]]:
    points = {name: np.array(point, dtype=np.float64) for name, point in vertebrae.items()}
    if "C2/3" in discs and "C3" in points:
        points["C2"] = 2 * np.array(discs["C2/3"], dtype=np.float64) - points["C3"]
    return points


def _above(vertebra: Vertebra) -> str:
    return next((other.value for other in Vertebra if other.below is vertebra), "")


def frame_along(center_lps_mm: NDArray[np.float64], inferior: NDArray[np.float64]) -> LevelFrame:
    """Axes with ``inferior`` along the spine and ``left`` as near to the patient's left as that allows."""
    inferior = inferior / np.linalg.norm(inferior)
    left = np.array([1.0, 0.0, 0.0]) - inferior[0] * inferior
    left /= np.linalg.norm(left)
    return LevelFrame(center_lps_mm, left, inferior, np.cross(left, inferior))


def sagittal_crop(
    finding: MachineFinding, image: Volume, probabilities: ProbabilityMap, frame: LevelFrame
) -> NDArray[np.float32]:
    """(channels, left-right, superior-inferior, anterior-posterior) around a frame; ``image`` is normalised."""
    steps = [
        (np.arange(size) - (size - 1) / 2) * spacing
        for size, spacing in zip(CROP_SHAPE[finding], CROP_SPACING_MM[finding], strict=True)
    ]
    grid = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1)
    points = frame.center_lps_mm + grid @ np.stack([frame.left, frame.inferior, frame.posterior])
    return _sample(image, probabilities, points)


def axial_crop(
    finding: MachineFinding,
    image: Volume,
    probabilities: ProbabilityMap,
    k: int,
    center_lps_mm: NDArray[np.float64],
    side: Side | None = None,
) -> NDArray[np.float32]:
    """(channels, anterior-posterior, right-left) of canonical slice ``k``; mirrored for the patient's right side.

    ``center_lps_mm`` is the centre of the crop (``canal_of_disc``); its own slice does not matter.
    """
    center = image.to_index_kji(center_lps_mm)
    center[0] = k
    rows, columns = (
        (np.arange(size) - (size - 1) / 2) * spacing / pixel
        for size, spacing, pixel in zip(
            CROP_SHAPE[finding], CROP_SPACING_MM[finding], image.spacing_kji_mm[1:], strict=True
        )
    )
    index = np.empty((len(rows), len(columns), 3))
    index[..., 0] = k
    index[..., 1] = center[1] + rows[:, None]
    index[..., 2] = center[2] + columns[None, :]
    crop = _sample(image, probabilities, image.to_lps_mm(index))
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


def _sample(image: Volume, probabilities: ProbabilityMap, points_lps_mm: NDArray[np.float64]) -> NDArray[np.float32]:
    pixels = sample(image.array[None].astype(np.float32), image.affine_lps_mm, points_lps_mm)
    return np.concatenate([pixels, sample(probabilities.array[1:], probabilities.affine_lps_mm, points_lps_mm)])
