"""Contours drawn in the reading room → slices of which only some pixels are labelled, and those only in part.

A contour says what lies within it and what lies just beyond it, nothing of what nobody drew. So a pixel bears the set
of classes that it may be: bit c stands for class c of the plane's network, all bits for "nobody said anything".
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from skimage.draw import polygon2mask

from inference.networks import STRUCTURES, Plane
from inference.segmentation import prepared
from inference.training.exported import ExportedStudy
from inference.training.exported_crops import series_of
from inference.training.patches import ROLES_OF
from inference.volumes import Volume
from reporting.vocabulary import Structure

DARKEST, BRIGHTEST, LAST_GREY = -0.25, 1.5, 254
"""Greys as ``inference.segmentation.normalise`` leaves them, kept as whole numbers from 0 to ``LAST_GREY``."""
BESIDE_MM = 2.0
"""How far beyond its line a contour says "not this": two vertebral bodies are farther apart than that."""
_NEIGHBOUR_MM = 3.0  # the slices beside it, as ``inference.segmentation`` takes them
# An axial slice meets one sac with one cord: whatever lies outside of their contours is neither.
_ONCE_A_SLICE: Mapping[Plane, tuple[Structure, ...]] = {"axial": (Structure.SAC, Structure.CORD), "sagittal": ()}
# What else may lie within a structure's outer line: whoever outlines the sac draws round the cord.
_WITHIN: Mapping[Structure, tuple[Structure, ...]] = {Structure.SAC: (Structure.CORD,)}
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class LabelledSlice:
    """One slice on disk. ``greys`` (3, j, i): it and its neighbours; ``classes`` (j, i): the classes each may be."""

    path: Path
    patient: int

    def read(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float64]]:
        """Greys, classes, and the size of a pixel (rows, columns) in mm."""
        with np.load(self.path) as kept:
            return kept["greys"], kept["classes"], kept["pixel_mm"]


def everything(plane: Plane) -> int:
    """The set of all classes of a plane's network."""
    return (1 << (1 + len(STRUCTURES[plane]))) - 1


def bits_of(plane: Plane, *structures: Structure) -> int:
    return sum(1 << (1 + STRUCTURES[plane].index(structure)) for structure in structures)


def possible_classes(drawn: Mapping[Structure, Mask], plane: Plane, pixel_mm: NDArray[np.float64]) -> NDArray[np.uint8]:
    """What each pixel may be, given what lies within the contours of each structure; shape of the masks.

    Where contours contradict each other they teach nothing.
    """
    every = everything(plane)
    found = np.full(next(iter(drawn.values())).shape, every, np.uint8)
    for structure, inside in drawn.items():
        own = bits_of(plane, structure, *_WITHIN.get(structure, ()))
        outside = ~inside
        if structure not in _ONCE_A_SLICE[plane]:
            outside &= distance_transform_edt(outside, sampling=pixel_mm) <= BESIDE_MM
        found[inside] &= own
        found[outside] &= every & ~own
    found[found == 0] = every
    return found


def cut_slices(root: Path, study: ExportedStudy, plane: Plane) -> None:
    """Write every slice of the study with a contour of a structure that the plane's network names.

    Raises:
        PipelineError: a series cannot be read as a volume.
    """
    path = root / f"{study.patient}_{study.folder.name}"
    if path.exists():
        return
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    beside.mkdir(parents=True)
    number = 0
    contours = _contours(study, plane)
    series = [one for role, one in series_of(study).items() if role in ROLES_OF[plane]] if contours else []
    for volume in (prepared(volume, plane) for one in series for volume in one.read()):
        places = zip(volume.sop_instance_uids, volume.frame_numbers, strict=True)
        for k, (uid, frame) in enumerate(places):
            here = contours.get((uid, frame or 1))
            if here is None:
                continue
            drawn = _within(here, volume, k)
            pixel_mm = volume.spacing_kji_mm[1:]
            classes = possible_classes(drawn, plane, pixel_mm)
            np.savez(beside / f"{number}.npz", greys=_greys(volume, k), classes=classes, pixel_mm=pixel_mm)
            number += 1
    try:
        beside.rename(path)
    except OSError:  # another process was faster
        shutil.rmtree(beside)


def slices_of(root: Path, patients: Sequence[int]) -> list[LabelledSlice]:
    """The slices of these patients that ``cut_slices`` wrote, in a fixed order."""
    wanted = set(patients)
    found = [LabelledSlice(path, int(path.parent.name.split("_")[0])) for path in sorted(root.glob("*_*/*.npz"))]
    return [one for one in found if one.patient in wanted]


def _contours(study: ExportedStudy, plane: Plane) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """(object, frame) → its contours of structures that the plane's network names."""
    found: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for mark in study.content["marks"]:
        if mark["kind"] == "contour" and mark["structure"] in STRUCTURES[plane]:
            found[mark["sop_instance_uid"], int(mark["frame"])].append(mark)
    return dict(found)


def _within(contours: Sequence[Mapping[str, Any]], volume: Volume, k: int) -> dict[Structure, Mask]:
    """What lies within the contours of each structure on slice k; several of one structure add up."""
    shape = volume.array.shape[1:]
    found: dict[Structure, Mask] = {}
    for mark in contours:
        corners = volume.to_index_kji(np.array(mark["points_lps_mm"], np.float64))
        inside = polygon2mask(shape, corners[:, 1:])
        structure = Structure(mark["structure"])
        found[structure] = found.get(structure, np.zeros(shape, bool)) | inside
    return found


def _greys(volume: Volume, k: int) -> NDArray[np.uint8]:
    step = max(1, round(_NEIGHBOUR_MM / float(volume.spacing_kji_mm[0])))
    chosen = volume.array[[max(0, k - step), k, min(len(volume.array) - 1, k + step)]]
    share = (np.clip(chosen, DARKEST, BRIGHTEST) - DARKEST) / (BRIGHTEST - DARKEST)
    greys: NDArray[np.uint8] = np.rint(share * LAST_GREY).astype(np.uint8)
    return greys
