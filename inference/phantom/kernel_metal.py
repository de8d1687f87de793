"""An anterior plate with its screws, and the void their field leaves in the image, compiled with numba."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from inference.phantom.columns import BodyCol, Col
from inference.phantom.jit import compiled
from inference.phantom.kernel_soft import noise_at
from inference.phantom.tissues import Tissue

NONE = 255
OFFSET, VERTEBRA = int(Col.OFFSET), int(Col.VERTEBRA)
B_TOP, B_BOTTOM, B_DEPTH = int(BodyCol.TOP), int(BodyCol.BOTTOM), int(BodyCol.DEPTH)
B_PLATE, B_BLOOM = int(BodyCol.PLATE), int(BodyCol.METAL_BLOOM)
METAL = int(Tissue.METAL)
PLATE_HALF_WIDTH_MM, PLATE_MM, SCREW_MM, SCREW_RADIUS_MM, SCREW_X_MM = 7.5, 2.4, 13.0, 1.8, 4.5


@compiled
def metal(
    x: float,
    s: float,
    p: float,
    row: NDArray[np.float32],
    bodies: NDArray[np.float32],
    noise: NDArray[np.float32],
) -> int:
    """``METAL`` in plate and screws and wherever their field takes all signal away."""
    v = int(row[VERTEBRA])
    for disc in (v, v - 1):
        if disc < 0 or disc >= bodies.shape[0] - 1 or bodies[disc, B_PLATE] == 0:
            continue
        upper = 0.5 * (bodies[disc, B_TOP] + bodies[disc, B_BOTTOM]) + (9.0 if disc == 0 else 0.0)
        lower = 0.5 * (bodies[disc + 1, B_TOP] + bodies[disc + 1, B_BOTTOM])
        front = row[OFFSET] - 0.5 * (bodies[disc, B_DEPTH] + bodies[disc + 1, B_DEPTH])
        # Distance to the plate, a box, and to the four screws, rods that run back into the bodies.
        out_x = max(abs(x) - PLATE_HALF_WIDTH_MM, 0.0)
        out_s = max(abs(s - 0.5 * (upper + lower)) - 0.5 * (lower - upper) - 3.0, 0.0)
        out_p = max(abs(p - front + 0.5 * PLATE_MM) - 0.5 * PLATE_MM, 0.0)
        distance = sqrt(out_x * out_x + out_s * out_s + out_p * out_p)
        along = max(max(front - p, p - front - SCREW_MM), 0.0)
        nearest = min(abs(s - upper), abs(s - lower))
        rod = max(sqrt((abs(x) - SCREW_X_MM) ** 2 + nearest * nearest) - SCREW_RADIUS_MM, 0.0)
        distance = min(distance, sqrt(along * along + rod * rod))
        bloom = bodies[disc, B_BLOOM]
        if distance <= 0.0 or distance < bloom * (1.0 + 0.5 * noise_at(noise, x * 0.2, s * 0.2, p * 0.2)):
            return METAL
    return NONE
