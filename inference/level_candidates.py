"""What may be a vertebral body or a disc on the mid-sagittal picture: one candidate per separate piece."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import h_maxima
from skimage.segmentation import watershed

from inference.midsagittal import STEP_MM, Midsagittal
from reporting.vocabulary import LevelKind, Structure

IN_FRONT_MM = (1.0, 26.0)
"""Distance of a candidate's centre in front of the canal; bodies' centres lie 4–24 mm in front of the cord."""

MIN_AREA_MM2 = {LevelKind.VERTEBRA: 60.0, LevelKind.DISC: 15.0}
_ERODE_MM = {LevelKind.VERTEBRA: 1.0, LevelKind.DISC: 0.0}
_NECK_DEPTH_MM = 1.0  # how much narrower than both pieces a bridge must be to be cut
_EDGE_MM = 1.5
_TANGENT_MM = 12.0
_MIDDLE_MM = 4.0
_CLOSE_PX = 4


@dataclass(frozen=True)
class Candidate:
    """One piece. ``centre`` (row, column) and ``outline`` (n, 2: all its pixels) are in millimetres on the picture."""

    kind: LevelKind
    centre: NDArray[np.float64]
    outline: NDArray[np.float64]
    area_mm2: float
    down: NDArray[np.float64]  # unit direction of the canal beside it
    at_top: bool
    at_bottom: bool

    def height_mm(self, axis: NDArray[np.float64]) -> float:
        """Size along the column's unit direction through the middle of the piece, lips left out."""
        beside = self.outline @ np.array([-axis[1], axis[0]])
        middle = self.outline[np.abs(beside - beside.mean()) < _MIDDLE_MM]
        low, high = np.percentile(middle @ axis, [1, 99])
        return float(high - low)


def find_candidates(picture: Midsagittal) -> list[Candidate]:
    """All bodies and discs in front of the canal, from the top down."""
    found = []
    for kind, structure in ((LevelKind.VERTEBRA, Structure.BODY), (LevelKind.DISC, Structure.DISC)):
        mask = picture.mask(structure)
        if kind is LevelKind.VERTEBRA:  # the basivertebral vein is a hole, not a border
            closed = ndimage.binary_closing(np.pad(mask, _CLOSE_PX), iterations=_CLOSE_PX)
            mask = closed[_CLOSE_PX:-_CLOSE_PX, _CLOSE_PX:-_CLOSE_PX] & ~picture.mask(Structure.DISC)
        pieces = _pieces(mask, kind)
        for value in range(1, int(pieces.max()) + 1):
            candidate = _candidate(pieces == value, kind, picture.canal_front)
            if candidate is not None:
                found.append(candidate)
    return sorted(found, key=lambda candidate: float(candidate.centre[0]))


def _pieces(mask: NDArray[np.bool_], kind: LevelKind) -> NDArray[np.int32]:
    """Connected pieces after cutting narrow bridges (erosion, then watershed from the thick parts)."""
    padded = np.pad(mask, 1)
    depth = ndimage.distance_transform_edt(padded)[1:-1, 1:-1] * STEP_MM
    core = depth > _ERODE_MM[kind]
    if kind is LevelKind.DISC:
        pieces, _ = ndimage.label(core, np.ones((3, 3)))
        return np.asarray(pieces, dtype=np.int32)
    smooth = ndimage.gaussian_filter(np.where(core, depth, 0.0), 1.0)
    seeds, _ = ndimage.label(h_maxima(smooth, _NECK_DEPTH_MM), np.ones((3, 3)))
    return np.asarray(watershed(-smooth, seeds, mask=mask), dtype=np.int32)


def _candidate(piece: NDArray[np.bool_], kind: LevelKind, front: NDArray[np.float64]) -> Candidate | None:
    """Size and place, or ``None`` when it is too small or not where vertebrae are.

    The distance is measured square to the canal's front wall: a stooped neck runs obliquely through the picture.
    """
    points = np.argwhere(piece)
    if len(points) * STEP_MM**2 < MIN_AREA_MM2[kind]:
        return None
    row, column = points.mean(axis=0)
    if column >= front[int(row)]:
        return None
    away_mm = np.hypot(np.arange(len(front)) - row, front - column) * STEP_MM
    beside = int(np.argmin(away_mm))
    if not IN_FRONT_MM[0] <= away_mm[beside] <= IN_FRONT_MM[1]:
        return None
    reach = round(_TANGENT_MM / STEP_MM)
    above, below = max(0, beside - reach), min(len(front) - 1, beside + reach)
    down = np.array([below - above, front[below] - front[above]], dtype=np.float64)
    edge = max(1, round(_EDGE_MM / STEP_MM))
    return Candidate(
        kind=kind,
        centre=np.array([row, column]) * STEP_MM,
        outline=np.asarray(points * STEP_MM, dtype=np.float64),
        area_mm2=len(points) * STEP_MM**2,
        down=down / np.linalg.norm(down),
        at_top=bool(points[:, 0].min() < edge),
        at_bottom=bool(points[:, 0].max() >= len(piece) - edge),
    )
