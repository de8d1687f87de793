"""Pedicles, articular pillars, laminae, spinous processes and the foramina between, compiled with numba."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from inference.phantom.columns import BodyCol, Col, Param
from inference.phantom.jit import compiled
from inference.phantom.kernel_atlas import atlas, bone
from inference.phantom.kernel_column import herniation_height
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
B_FUSION = int(BodyCol.FUSION)
P_FACET, P_CORTICAL, P_SECOND = int(Param.FACET), int(Param.CORTICAL), int(Param.SECOND_FAMILY)
P_OUT, P_WIDE, P_DEEP, P_TURN, P_POWER = (
    int(Param.PILLAR_OUT_MM),
    int(Param.PILLAR_HALF_WIDTH_MM),
    int(Param.PILLAR_HALF_DEPTH_MM),
    int(Param.PILLAR_TURN),
    int(Param.PILLAR_EXPONENT),
)
P_SLOPE, P_CURVE, P_HYPERTROPHY = int(Param.JOINT_SLOPE), int(Param.JOINT_CURVE), int(Param.HYPERTROPHY)
P_VEE, P_DORSAL_FAT, P_ROOT = int(Param.VEE), int(Param.DORSAL_FAT), int(Param.ROOT_SLOPE)
CORTICAL, JOINT = int(Tissue.POSTERIOR_CORTICAL), int(Tissue.FACET_JOINT)
FAT, ROOT, FLOW, VEIN, LIGAMENT = (
    int(Tissue.FAT),
    int(Tissue.NERVE_ROOT),
    int(Tissue.VESSEL_FLOW),
    int(Tissue.EPIDURAL_VEIN),
    int(Tissue.LIGAMENT),
)
EPIDURAL_FAT = int(Tissue.EPIDURAL_FAT)
NONE = 255


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
        return atlas(x, s, p, row, par)
    a, b = row[SAC_HALF_RL] + row[WALL], row[SAC_HALF_AP] + row[WALL]
    side, dp = abs(x), p - row[SAC_P]
    v = int(row[VERTEBRA])
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
    joined = bodies[v if below else max(neighbour, 0), B_FUSION] > 0
    if v == 0 and s < 25.0:  # the shoulders of C2, which carry C1
        fade = max(0.0, (s - 13.0) / 12.0)
        e = abs((side - a - 1.5) / 9.0) ** 2.6 + ((p - row[OFFSET] + 2.5) / (8.5 - 3.0 * fade)) ** 2 + fade**4
        if e < 1.0:
            return bone((1.0 - sqrt(e)) * 6.0, par[P_CORTICAL])
    if side < a + 16.0 and dp < 12.0:
        code = _beside(x, s, side, dp, a, from_disc, s - middle, joined, row, bodies, v, par, noise)
        if code != NONE:
            return code
    return _arch(x, s, side, dp, a, b, v, bodies, par, noise)


@compiled
def _beside(
    x: float,
    s: float,
    side: float,
    dp: float,
    a: float,
    from_disc: float,
    from_middle: float,
    joined: bool,
    row: NDArray[np.float32],
    bodies: NDArray[np.float32],
    v: int,
    par: NDArray[np.float32],
    noise: NDArray[np.float32],
) -> int:
    """Vertebral artery, transverse process, pedicle, articular pillar, foramen with its root."""
    half_width, cortical = bodies[v, B_HALF_WIDTH], par[P_CORTICAL]
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
            return bone(radius + 3.2 - r, cortical)
    # Pedicle: from the body's back corner outward to the pillar.
    pedicle_s = abs(from_middle + 1.5)
    if pedicle_s < 3.8:
        t = abs(dp - wall - 0.35 * (side - a) - 0.5)
        e = (t / 3.2) ** 2 + (pedicle_s / 3.8) ** 2
        if e < 1.0 and a - 0.5 < side < a + 8.0:
            return bone((1.0 - sqrt(e)) * 3.4, cortical)
    code = _pillar(side - a - par[P_OUT], dp - 1.5, from_disc, from_middle, joined, par)
    if code != NONE:
        return code
    # Foramen: root in fat and veins; it leaves forward and outward, and gives way to what fills the entrance.
    out = side - a
    ragged = 0.35 * noise_at(noise, x * 0.4, s * 0.4, dp * 0.4)
    room = ((out - 5.5) / 7.5) ** 2 + ((dp - wall + 1.5) / 7.0) ** 2 + (from_disc / 7.0) ** 2
    if out > -1.0 and room < 1.0 + ragged:
        root_p = wall + 2.0 - par[P_ROOT] * out
        pushed = herniation_height(x, row)
        if pushed != 0.0:
            root_p = max(root_p, wall + pushed + 1.6)
        ganglion = 1.0 + 0.35 * max(0.0, 1.0 - ((out - 6.0) / 3.0) ** 2)
        r = sqrt((dp - root_p) ** 2 + (from_disc - 0.5 - 0.25 * out) ** 2) / ganglion
        if r < 2.0:
            return ROOT
        return FAT if ragged > -0.1 else VEIN
    return NONE


@compiled
def _pillar(
    out: float, back: float, from_disc: float, from_middle: float, joined: bool, par: NDArray[np.float32]
) -> int:
    """Articular pillar with its slanting joint at the disc; ``out`` and ``back`` from its axis, mm.

    In the first family it is one column cut by joints, in the second each vertebra has a slanting shingle of its own.
    """
    cos, sin = 1.0 - 0.5 * par[P_TURN] ** 2, par[P_TURN]
    across, along = cos * out - sin * back, sin * out + cos * back
    gap = from_disc + par[P_SLOPE] * along + par[P_CURVE] * across * across
    grown = 1.0 + par[P_HYPERTROPHY] * max(0.0, 1.0 - (gap / 6.0) ** 2)
    deep = par[P_DEEP] * grown
    e = abs(across / (par[P_WIDE] * grown)) ** par[P_POWER] + abs(along / deep) ** par[P_POWER]
    if e > 1.0:
        return NONE
    depth_mm = (1.0 - sqrt(e)) * deep
    if joined:
        return bone(depth_mm, par[P_CORTICAL])
    half_gap = 0.5 * par[P_FACET]
    if par[P_SECOND] > 0.5:
        off = abs(from_middle + par[P_SLOPE] * along) / 8.2
        e2 = e + off**6.0
        if e2 > 1.0:
            return JOINT if abs(gap) < 2.0 * half_gap and depth_mm > 0.8 else NONE
        return bone((1.0 - sqrt(e2)) * deep, par[P_CORTICAL])
    if abs(gap) < half_gap:
        return JOINT
    return bone(min(depth_mm, abs(gap) - half_gap), par[P_CORTICAL])


@compiled
def _arch(
    x: float,
    s: float,
    side: float,
    dp: float,
    a: float,
    b: float,
    v: int,
    bodies: NDArray[np.float32],
    par: NDArray[np.float32],
    noise: NDArray[np.float32],
) -> int:
    """Laminae and spinous processes, sloping down behind the canal, with fat between them."""
    if dp < 0.0:
        return NONE
    cortical = par[P_CORTICAL]
    u, w = side / a, dp / b
    # Between an arch that follows the sac and two straight plates that meet behind it.
    vee = 1.0 if par[P_SECOND] > 0.5 else par[P_VEE]
    rho = (1.0 - vee) * sqrt(u * u + w * w) + vee * max(0.9 * u, (u + w) / 1.28)
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
                return bone((1.0 - e**0.33) * 2.6, cortical)
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
                return bone((1.0 - sqrt(e)) * half * 1.1, cortical)
    # Fat between canal and laminae, in the gaps between them, and around the interspinous ligaments.
    if outside < 0.0:
        return EPIDURAL_FAT if u < 0.8 else NONE
    along = dp - b
    lean = noise_at(noise, x * 0.3, s * 0.25, dp * 0.2)
    if side < 5.5 and outside < 3.5 and lean < 3.0 * par[P_DORSAL_FAT] - 0.8:
        return EPIDURAL_FAT
    if side < 3.2 and 2.0 < along < 0.75 * bodies[v, B_SPINOUS] and lean < 3.2 * par[P_DORSAL_FAT] - 1.4:
        return FAT
    if side < 0.8 and along > 3.0:
        return LIGAMENT
    return NONE
