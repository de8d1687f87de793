"""A voxel array and its place in the patient: they never travel apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Volume:
    """A 3-D image or label map in patient coordinates.

    ``array`` has shape (k, j, i): slice, row, column. ``affine_lps_mm`` is 4×4 and maps the *array index*
    ``[k, j, i, 1]`` to ``[x, y, z, 1]`` in LPS millimetres (voxel centres; PS3.3 C.7.6.2.1.1).
    ``sop_instance_uids[k]`` names the object slice k was read from; ``frame_numbers[k]`` its frame (1-based) when
    that object is multi-frame.
    """

    array: NDArray[np.generic]
    affine_lps_mm: NDArray[np.float64]
    frame_of_reference_uid: str = ""
    series_uid: str = ""
    sop_instance_uids: tuple[str, ...] = ()
    frame_numbers: tuple[int | None, ...] = ()

    @property
    def spacing_kji_mm(self) -> NDArray[np.float64]:
        spacing: NDArray[np.float64] = np.linalg.norm(self.affine_lps_mm[:3, :3], axis=0)
        return spacing

    def shares_frame_with(self, other: Volume) -> bool:
        """Whether both name the same frame of reference (PS3.3 C.7.4.1); files without one share none."""
        return self.frame_of_reference_uid == other.frame_of_reference_uid != ""

    def to_lps_mm(self, index_kji: NDArray[np.float64]) -> NDArray[np.float64]:
        """Array indices (…, 3) → LPS millimetres (…, 3)."""
        return index_kji @ self.affine_lps_mm[:3, :3].T + self.affine_lps_mm[:3, 3]

    def to_index_kji(self, point_lps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """LPS millimetres (…, 3) → fractional array indices (…, 3)."""
        inverse = np.linalg.inv(self.affine_lps_mm)
        index: NDArray[np.float64] = point_lps_mm @ inverse[:3, :3].T + inverse[:3, 3]
        return index

    def with_array(self, array: NDArray[np.generic]) -> Volume:
        """The same place, other values (a label map of this image, say)."""
        if array.shape != self.array.shape:
            raise ValueError(f"shape {array.shape} does not fit a volume of {self.array.shape}")
        return replace(self, array=array)
