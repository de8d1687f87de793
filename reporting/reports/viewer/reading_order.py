"""The order in which a reader scrolls: by place in the patient, never by instance number, which lies. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reporting.studies.completeness import PARALLEL_COSINE
from reporting.studies.headers import FrameHeader
from reporting.studies.series_roles import Plane, plane_of, slice_normal

# Which way scrolling goes (LPS): from the patient's right to left, from the head down, from front to back.
_FORWARD = {
    Plane.SAGITTAL: np.array([1.0, 0.0, 0.0]),
    Plane.AXIAL: np.array([0.0, 0.0, -1.0]),
    Plane.CORONAL: np.array([0.0, 1.0, 0.0]),
}

Points = NDArray[np.float64]


def plane_of_frames(frames: Sequence[FrameHeader]) -> Plane | None:
    """The plane of most frames that say where they lie; ``None`` where none does."""
    planes = [plane_of(normal) for frame in frames if (normal := slice_normal(frame.orientation)) is not None]
    return max(planes, key=planes.count) if planes else None


def reading_order(frames: Sequence[FrameHeader]) -> list[int]:
    """Indices of ``frames`` (given by number) in reading order.

    One pack of parallel slices comes after the other, the first met first (an axial series angled to each disc: the
    uppermost). Frames without a place follow as they were given, and so does everything in an oblique plane.
    """
    plane = plane_of_frames(frames)
    forward = _FORWARD.get(plane) if plane is not None else None
    if forward is None:
        return list(range(len(frames)))
    placed, places, normals = [], [], []
    for index, frame in enumerate(frames):
        normal, place = slice_normal(frame.orientation), frame.position_mm
        if normal is not None and place is not None and np.all(np.isfinite(place)):
            placed.append(index)
            places.append(place)
            normals.append(normal if normal @ forward >= 0 else -normal)
    ordered = [placed[one] for one in _by_pack(np.array(places), np.array(normals), forward)] if placed else []
    known = set(placed)
    return [*ordered, *(index for index in range(len(frames)) if index not in known)]


def _by_pack(places: Points, normals: Points, forward: Points) -> list[int]:
    packs: list[tuple[float, list[int]]] = []
    left = np.arange(len(places))
    while len(left):  # pack by pack: of thousands of slices each may have a direction of its own
        normal = normals[left[0]]
        parallel = normals[left] @ normal >= PARALLEL_COSINE
        pack = left[parallel]
        along = places[pack] @ normal
        packs.append((float(np.mean(places[pack] @ forward)), pack[np.argsort(along, kind="stable")].tolist()))
        left = left[~parallel]
    return [index for _, pack in sorted(packs, key=lambda pack: pack[0]) for index in pack]
