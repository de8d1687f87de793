"""Linear interpolation of arrays at points of the patient."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional


def sample(
    array: NDArray[np.float32], affine_lps_mm: NDArray[np.float64], points_lps_mm: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Values of ``array`` (channel, k, j, i) at points (…, 3), as (channel, …); zero outside the array.

    ``affine_lps_mm`` maps the index (k, j, i) to LPS millimetres.
    """
    inverse = np.linalg.inv(affine_lps_mm)
    index = points_lps_mm @ inverse[:3, :3].T + inverse[:3, 3]
    # grid_sample wants −1…1 from the first voxel's outer edge to the last one's, fastest axis first.
    place = (2 * index + 1) / np.array(array.shape[1:]) - 1
    grid = torch.from_numpy(place[..., ::-1].astype(np.float32)).reshape(1, 1, 1, -1, 3)
    source = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))[None]
    found = functional.grid_sample(source, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return found.reshape(len(array), *points_lps_mm.shape[:-1]).numpy()
