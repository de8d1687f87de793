"""One axial slice of a label map with its axes in the patient, ready for measuring."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference.preprocess import canonical
from inference.volumes import Volume
from reporting.studies.series_roles import Plane
from reporting.vocabulary import LABEL_VALUES, Structure


@dataclass(frozen=True)
class AxialSlice:
    """``labels`` (row, column): rows run to the back, columns to the patient's left; pixel sizes in mm.

    ``midline`` is the column (fractional) of the canal's centre, ``canal_row`` its row.
    """

    labels: NDArray[np.uint8]
    row_mm: float
    column_mm: float
    midline: float
    canal_row: float
    affine_lps_mm: NDArray[np.float64] = field(default_factory=lambda: np.eye(4))
    """Maps (0, row, column, 1) to LPS millimetres."""

    def to_lps_mm(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """(row, column), may be fractional → LPS mm."""
        return np.asarray(self.affine_lps_mm[:3, 1:3] @ place + self.affine_lps_mm[:3, 3])

    def mask(self, *structures: Structure) -> NDArray[np.bool_]:
        """Pixels of any of the structures."""
        return np.isin(self.labels, [LABEL_VALUES[structure] for structure in structures])

    def left_of_midline_mm(self) -> NDArray[np.float64]:
        """Per column, millimetres from the midline towards the patient's left."""
        return np.asarray((np.arange(self.labels.shape[1]) - self.midline) * self.column_mm, dtype=np.float64)


def axial_slice(label_map: Volume, k: int) -> AxialSlice | None:
    """Slice ``k`` of an axial label map, or ``None`` where it shows no canal."""
    affine = label_map.affine_lps_mm.copy()
    affine[:3, 3] += affine[:3, 0] * k
    one = canonical(
        replace(
            label_map, array=label_map.array[k : k + 1], affine_lps_mm=affine, sop_instance_uids=(), frame_numbers=()
        ),
        Plane.AXIAL,
    )
    labels = one.array[0].astype(np.uint8)
    canal = largest(np.isin(labels, (LABEL_VALUES[Structure.SAC], LABEL_VALUES[Structure.CORD])))
    if canal.sum() < 20:
        return None
    _, row_mm, column_mm = (float(value) for value in one.spacing_kji_mm)
    rows, columns = np.nonzero(canal)
    centre_row = float(rows.mean())
    # Halfway between the side walls: one-sided indentation does not move it as it moves the centroid.
    extents = [(line.min() + line.max()) / 2 for line in (columns[rows == row] for row in np.unique(rows)) if len(line)]
    return AxialSlice(labels, row_mm, column_mm, float(np.median(extents)), centre_row, one.affine_lps_mm)


def largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest connected piece of a mask."""
    pieces, count = ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.asarray(pieces == int(sizes.argmax()))
