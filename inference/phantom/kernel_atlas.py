"""C1's ring and the occipital condyles above it, compiled with numba."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from inference.phantom.columns import Col, Param
from inference.phantom.jit import compiled
from inference.phantom.tissues import Tissue

OFFSET, SAC_P, SAC_HALF_AP, SAC_HALF_RL = (
    int(Col.OFFSET),
    int(Col.SAC_P),
    int(Col.SAC_HALF_AP),
    int(Col.SAC_HALF_RL),
)
P_CORTICAL, P_SCALE, P_SECOND = int(Param.CORTICAL), int(Param.ATLAS_SCALE), int(Param.SECOND_FAMILY)
MARROW, CORTICAL, JOINT = int(Tissue.POSTERIOR_MARROW), int(Tissue.POSTERIOR_CORTICAL), int(Tissue.FACET_JOINT)
FAT, FLOW, LIGAMENT = int(Tissue.FAT), int(Tissue.VESSEL_FLOW), int(Tissue.LIGAMENT)
NONE = 255


@compiled
def bone(depth_mm: float, cortical: float) -> int:
    """Bone this deep under its own surface."""
    return CORTICAL if depth_mm < cortical + 0.3 else MARROW


@compiled
def atlas(x: float, s: float, p: float, row: NDArray[np.float32], par: NDArray[np.float32]) -> int:
    """C1: anterior arch before the dens, lateral masses, posterior arch; occipital condyles above."""
    side = abs(x)
    cortical, scale = par[P_CORTICAL], par[P_SCALE]
    a, b = row[SAC_HALF_RL] + 1.5, row[SAC_HALF_AP] + 1.8
    dp = p - row[SAC_P]
    front = row[OFFSET] - 12.8  # just before the dens
    # Anterior arch: an oval in the sagittal plane, curving back at the sides.
    arch_p = front - 2.2 + (0.018 if par[P_SECOND] < 0.5 else 0.03) * x * x
    if side < 17.0:
        e = ((p - arch_p) / (3.0 * scale)) ** 2 + ((s - 6.5) / (5.0 * scale)) ** 2
        if e < 1.0:
            return bone((1.0 - sqrt(e)) * 3.0 * scale, cortical)
    # Transverse ligament behind the dens, from one lateral mass to the other.
    if abs(p - row[OFFSET] - 0.6 + 0.012 * x * x) < 0.9 and side < a - 1.0 and 3.0 < s < 10.0:
        return LIGAMENT
    code = _lateral_mass(side, s, p, a, row, cortical, scale)
    if code != NONE:
        return code
    # Posterior arch.
    if dp > -1.0 and 3.0 < s < 10.5:
        rho = sqrt((side / a) ** 2 + (dp / b) ** 2)
        outside = (rho - 1.0) * 0.5 * (a + b)
        if 0.0 < outside < 6.5:
            e = ((s - 6.8) / (3.7 * scale)) ** 2 + (outside / (2.5 * scale) - 1.0) ** 2
            if e < 1.0:
                return bone((1.0 - sqrt(e)) * 2.6 * scale, cortical)
    if (side - a - 10.0 * scale) ** 2 + (p - row[OFFSET] + 1.0) ** 2 < 4.5 and s > 0.0:
        return FLOW
    # Fat and ligaments around the dens.
    if side < 8.0 and row[OFFSET] - 13.0 < p < row[OFFSET] + 1.0 and s > 0.0:
        return LIGAMENT if side < 6.5 or s > 9.0 else FAT
    if (side / 8.0) ** 2 + ((p - row[OFFSET] + 6.0) / 7.0) ** 2 + ((s - 1.0) / 8.0) ** 2 < 1.0:
        return FAT
    return NONE


@compiled
def _lateral_mass(
    side: float, s: float, p: float, a: float, row: NDArray[np.float32], cortical: float, scale: float
) -> int:
    """A rounded wedge, higher outside than inside, between the condyle above and the shoulder of C2 below."""
    if s < -9.0:
        return NONE
    across = (side - a - 4.5 * scale) / (6.8 * scale)
    along = (p - row[OFFSET] + 2.0 + 0.25 * (side - a)) / (8.5 * scale)
    e = abs(across) ** 2.6 + abs(along) ** 2.6
    if e > 1.0:
        return NONE
    upper = s + 1.5 + 0.35 * (a + 4.0 - side) - 1.6 * along * along  # a hollow for the condyle
    lower = s - 12.0 - 0.25 * (side - a - 4.0)
    if abs(upper) < 0.6 or abs(lower) < 0.7:
        return JOINT
    depth_mm = min((1.0 - sqrt(e)) * 6.5 * scale, min(abs(upper) - 0.6, abs(lower) - 0.7))
    return bone(depth_mm, cortical)
