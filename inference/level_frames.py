"""Where a level lies and how it is turned: points and axes in the patient, from the centres of its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.results import Point
from reporting.vocabulary import DiscLevel, Vertebra

_TO_POSTERIOR_EDGE_MM = 7.5  # half the depth of a cervical disc, about


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


def posterior_edge(disc_center_lps_mm: NDArray[np.float64], inferior: NDArray[np.float64]) -> NDArray[np.float64]:
    """About where a disc ends towards the canal, in LPS mm; ``inferior``: the spine's direction there.

    Herniations and the ligaments lie at this edge. Of a tilted disc, the axial slice through its centre misses it.
    """
    return disc_center_lps_mm + _TO_POSTERIOR_EDGE_MM * frame_along(disc_center_lps_mm, inferior).posterior


def disc_edge(disc: DiscLevel, centers: Mapping[str, Point]) -> NDArray[np.float64]:
    """``posterior_edge`` of one disc from all levels' centres by name; where T1 is missing the disc stands for it."""
    point = np.array(centers[disc.value], dtype=np.float64)
    lower = np.array(centers.get(disc.lower_vertebra.value, centers[disc.value]), dtype=np.float64)
    return posterior_edge(point, lower - np.array(centers[disc.upper_vertebra.value], dtype=np.float64))
