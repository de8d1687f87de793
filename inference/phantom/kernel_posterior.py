"""C1's ring, pedicles, articular pillars, laminae, spinous processes and the foramina between, compiled with numba."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from inference.phantom.columns import BodyCol, Col, Param
from inference.phantom.jit import compiled
from inference.phantom.kernel_soft import noise_at
from inference.phantom.tissues import Tissue

OFFSET, SAC_P, SAC_HALF_AP, SAC_HALF_RL = (
    int(Col.OFFSET),
    int(Col.SAC_P),
    int(Col.SAC_HALF_AP),
    int(Col.SAC_HALF_RL),
)
WALL, VERTEBRA = int(Col.WALL), int(Col.VERTEBRA)
B_TOP, B_BOTTOM, B_HALF_WIDTH, B_DEPTH = (
    int(BodyCol.TOP),
    int(BodyCol.BOTTOM),
    int(BodyCol.HALF_WIDTH),
    int(BodyCol.DEPTH),
)
B_SPINOUS = int(BodyCol.SPINOUS)
P_FACET, P_CORTICAL = int(Param.FACET), int(Param.CORTICAL)
MARROW, CORTICAL, JOINT = int(Tissue.POSTERIOR_MARROW), int(Tissue.POSTERIOR_CORTICAL), int(Tissue.FACET_JOINT)
FAT, ROOT, FLOW, VEIN, LIGAMENT = (
    int(Tissue.FAT),
    int(Tissue.NERVE_ROOT),
    int(Tissue.VESSEL_FLOW),
    int(Tissue.EPIDURAL_VEIN),
    int(Tissue.LIGAMENT),
)
NONE = 255


@compiled
def _bone(depth_mm: float, cortical: float) -> int:
    """Bone this deep under its own surface."""
    return CORTICAL if depth_mm < cortical + 0.3 else MARROW


@compiled
def posterior_elements(
    x: float,
    s: float,
    p: float,
    row: NDArray[np.float32],
    bodies: NDArray[np.float32],
    par: NDArray[np.float32],
    noise: NDArray[np.float32],
) -> int:
    """Bones behind and beside the canal, and what fills the gaps between them near the canal."""
    if s < 13.0:
        return _atlas(x, s, p, row, par)
    a, b = row[SAC_HALF_RL] + row[WALL], row[SAC_HALF_AP] + row[WALL]
    side, dp = abs(x), p - row[SAC_P]
    v = int(row[VERTEBRA])
    cortical = par[P_CORTICAL]
    top, bottom = bodies[v, B_TOP], bodies[v, B_BOTTOM]
    if v == 0:
        top += 16.0
    middle = 0.5 * (top + bottom)
    # Nearest disc space, for facet joints and foramina.
    below = s > middle
    edge = bottom if below else bodies[v, B_TOP]
    neighbour = v + 1 if below else v - 1
    other = edge
    if 0 <= neighbour < bodies.shape[0]:
        other = bodies[neighbour, B_TOP] if below else bodies[neighbour, B_BOTTOM]
    from_disc = s - 0.5 * (edge + other)
    if side < a + 16.0 and dp < 12.0:
        code = _beside(x, s, side, dp, a, from_disc, s - middle, row, bodies, v, cortical, par, noise)
        if code != NONE:
            return code
    return _arch(x, s, side, dp, a, b, v, row, bodies, cortical)


@compiled
def _beside(
    x: float,
    s: float,
    side: float,
    dp: float,
    a: float,
    from_disc: float,
    from_middle: float,
    row: NDArray[np.float32],
    bodies: NDArray[np.float32],
    v: int,
    cortical: float,
    par: NDArray[np.float32],
    noise: NDArray[np.float32],
) -> int:
    """Vertebral artery, transverse process, pedicle, articular pillar, foramen with its root."""
    half_width = bodies[v, B_HALF_WIDTH]
    thoracic = v >= 6
    wall = row[OFFSET] - row[SAC_P]  # dp of the posterior wall
    # Vertebral artery in its canal.
    ax, ap = max(half_width + 3.6, a + 2.5), wall - 4.0
    if not thoracic:
        r = sqrt((side - ax) ** 2 + (dp - ap) ** 2)
        radius = 0.65 * 3.4 * (1.12 if x > 0 else 0.88)
        if r < radius:
            return FLOW
        if r < radius + 1.0:
            return VEIN
        if abs(from_middle + 1.0) < 3.6 and r < radius + 3.2:
            return _bone(radius + 3.2 - r, cortical)
    # Pedicle: from the body's back corner outward to the pillar.
    pedicle_s = abs(from_middle + 1.5)
    if pedicle_s < 3.8:
        t = abs(dp - wall - 0.35 * (side - a) - 0.5)
        e = (t / 3.2) ** 2 + (pedicle_s / 3.8) ** 2
        if e < 1.0 and a - 0.5 < side < a + 8.0:
            return _bone((1.0 - sqrt(e)) * 3.4, cortical)
    # Articular pillar with its slanting joint at the disc.
    pillar_x, pillar_p = a + 5.5, 1.5
    e = ((side - pillar_x) / 6.2) ** 2 + ((dp - pillar_p) / 5.4) ** 2
    if e < 1.0:
        gap = from_disc + 0.85 * (dp - pillar_p)
        if abs(gap) < 0.5 * par[P_FACET]:
            return JOINT
        if abs(gap) < 0.5 * par[P_FACET] + 0.7:
            return CORTICAL
        return _bone((1.0 - sqrt(e)) * 5.4, cortical)
    # Foramen: root in fat and veins.
    if side > a - 1.0 and side < a + 13.0 and dp < pillar_p + 2.0 and dp > wall - 9.0 and abs(from_disc) < 6.5:
        root_p = wall + 1.5 - 0.25 * (side - a)
        r = sqrt((dp - root_p) ** 2 + (from_disc - 0.5 - 0.25 * (side - a)) ** 2)
        if r < 2.2:
            return ROOT
        if r < 3.6 or side < a + 7.0:
            return FAT if noise_at(noise, x * 0.4, s * 0.4, dp * 0.4) > -0.25 else VEIN
    return NONE


@compiled
def _arch(
    x: float,
    s: float,
    side: float,
    dp: float,
    a: float,
    b: float,
    v: int,
    row: NDArray[np.float32],
    bodies: NDArray[np.float32],
    cortical: float,
) -> int:
    """Laminae and spinous processes, sloping down behind the canal."""
    if dp < 0.0:
        return NONE
    u, w = side / a, dp / b
    rho = sqrt(u * u + w * w)
    outside = (rho - 1.0) * (b if u < 0.6 else 0.5 * (a + b))
    for index in (v, v - 1):
        if index < 0:
            continue
        top, bottom = bodies[index, B_TOP], bodies[index, B_BOTTOM]
        if index == 0:
            top += 18.0
        height = bottom - top
        centre = top + 0.68 * height + 0.35 * max(outside, 0.0)
        thick = 4.2 + 1.6 * max(0.0, 1.0 - side / 4.0)
        if 0.0 <= outside < thick:
            e = (abs(s - centre) / (0.48 * height)) ** 4 + abs(2.0 * outside / thick - 1.0) ** 3
            if e < 1.0:
                return _bone((1.0 - e**0.33) * 2.6, cortical)
        length = bodies[index, B_SPINOUS]
        along = dp - b
        if 2.0 < along < length:
            tip = along / length
            half = 2.2 + 1.2 * tip + (2.0 if index == 0 else 0.0)
            fork = 3.2 * max(0.0, tip - 0.55) if index <= 4 else 0.0  # bifid tips down to C6
            lateral = abs(side - fork)
            slope = 0.75 if index >= 5 else 0.45
            off = abs(s - (top + 0.78 * height + slope * along * 0.8))
            tall = 4.6 + 1.0 * (index in (0, 5, 6))
            end = max(0.0, 1.0 - (length - along) / 4.0)
            e = (lateral / half) ** 2 + (off / tall) ** 2 + end * end * end
            if e < 1.0:
                return _bone((1.0 - sqrt(e)) * half * 1.1, cortical)
    # Interspinous and nuchal ligaments.
    if side < 0.8 and dp > b + 3.0:
        return LIGAMENT
    return NONE


@compiled
def _atlas(x: float, s: float, p: float, row: NDArray[np.float32], par: NDArray[np.float32]) -> int:
    """C1: anterior arch before the dens, lateral masses, posterior arch; occipital condyles above."""
    side = abs(x)
    cortical = par[P_CORTICAL]
    a, b = row[SAC_HALF_RL] + 1.5, row[SAC_HALF_AP] + 1.8
    dp = p - row[SAC_P]
    front = row[OFFSET] - 12.8  # just before the dens
    # Anterior arch: an oval in the sagittal plane, curving back at the sides.
    arch_p = front - 2.2 + 0.018 * x * x
    if side < 17.0:
        e = ((p - arch_p) / 3.0) ** 2 + ((s - 6.5) / 5.0) ** 2
        if e < 1.0:
            return _bone((1.0 - sqrt(e)) * 3.0, cortical)
    # Transverse ligament behind the dens.
    if abs(p - row[OFFSET] - 0.6) < 0.9 and side < 9.0 and 3.0 < s < 10.0:
        return LIGAMENT
    # Lateral masses and, higher up, the condyles.
    e = ((side - a - 4.0) / 6.5) ** 2 + ((p - row[OFFSET] + 2.0) / 8.0) ** 2
    if e < 1.0 and s > -9.0:
        if abs(s + 1.5 + 0.25 * (a + 4.0 - side)) < 0.6 or s > 12.0:
            return JOINT
        return _bone((1.0 - sqrt(e)) * 6.5, cortical)
    # Posterior arch.
    if dp > -1.0 and 3.0 < s < 10.5:
        rho = sqrt((side / a) ** 2 + (dp / b) ** 2)
        outside = (rho - 1.0) * 0.5 * (a + b)
        if 0.0 < outside < 5.0:
            e = ((s - 6.8) / 3.7) ** 2 + (outside / 2.5 - 1.0) ** 2
            if e < 1.0:
                return _bone((1.0 - sqrt(e)) * 2.6, cortical)
    if (side - a - 10.0) ** 2 + (p - row[OFFSET] + 1.0) ** 2 < 4.5 and s > 0.0:
        return FLOW
    # Fat around the dens.
    if side < 8.0 and row[OFFSET] - 13.0 < p < row[OFFSET] + 1.0 and s > 0.0:
        return LIGAMENT
    if (side / 8.0) ** 2 + ((p - row[OFFSET] + 6.0) / 7.0) ** 2 + ((s - 1.0) / 8.0) ** 2 < 1.0:
        return FAT
    return NONE
