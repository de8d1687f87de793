"""Thecal sac, cord, ligaments and epidural space, compiled with numba."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from inference.phantom.columns import BodyCol, Col, Param
from inference.phantom.jit import compiled
from inference.phantom.kernel_column import herniation_height, kidney
from inference.phantom.kernel_soft import noise_at
from inference.phantom.tissues import Tissue

NONE = 255
OFFSET = int(Col.OFFSET)
SAC_P = int(Col.SAC_P)
SAC_HALF_AP = int(Col.SAC_HALF_AP)
SAC_HALF_RL = int(Col.SAC_HALF_RL)
CORD_P = int(Col.CORD_P)
CORD_HALF_AP = int(Col.CORD_HALF_AP)
CORD_HALF_RL = int(Col.CORD_HALF_RL)
PLL = int(Col.PLL)
PLL_HALF_WIDTH = int(Col.PLL_HALF_WIDTH)
PLL_OSSIFIED = int(Col.PLL_OSSIFIED)
BULGE = int(Col.BULGE)
LIP_POSTERIOR = int(Col.LIP_POSTERIOR)
LF_LEFT = int(Col.LF_LEFT)
LF_RIGHT = int(Col.LF_RIGHT)
WALL = int(Col.WALL)
CORD_LESION = int(Col.CORD_LESION)
CSF_FLOW = int(Col.CSF_FLOW)
VERTEBRA = int(Col.VERTEBRA)
B_HALF_WIDTH = int(BodyCol.HALF_WIDTH)
P_KIDNEY = int(Param.KIDNEY_MM)
P_SAC_FRONT = int(Param.SAC_FRONT_EXPONENT)
P_DORSAL_FAT = int(Param.DORSAL_FAT)
P_SECOND = int(Param.SECOND_FAMILY)
P_EPIDURAL_FAT = int(Param.EPIDURAL_FAT)
LIGAMENT = int(Tissue.LIGAMENT)
CSF = int(Tissue.CSF)
CSF_FLOWING = int(Tissue.CSF_FLOW)
WHITE = int(Tissue.CORD_WHITE)
GREY = int(Tissue.CORD_GREY)
LESION = int(Tissue.CORD_LESION)
ROOT = int(Tissue.NERVE_ROOT)
PLL_CODE = int(Tissue.PLL)
PLL_BONE = int(Tissue.PLL_OSSIFIED)
LF_CODE = int(Tissue.LF)
EPIDURAL_FAT = int(Tissue.EPIDURAL_FAT)
EPIDURAL_VEIN = int(Tissue.EPIDURAL_VEIN)
BRAIN = int(Tissue.BRAIN)


@compiled
def canal(
    x: float,
    s: float,
    p: float,
    row: NDArray[np.float32],
    bodies: NDArray[np.float32],
    par: NDArray[np.float32],
    noise: NDArray[np.float32],
) -> int:
    """Everything between the posterior wall of the column and the laminae."""
    dp = p - row[SAC_P]
    a, b = row[SAC_HALF_RL], row[SAC_HALF_AP]
    u, w = x / a, dp / b
    if abs(u) > 1.7 or abs(w) > 1.9:
        return NONE
    if par[P_SECOND] > 0.5 and dp > 0:  # second family: a more triangular sac
        u = u * (1.0 + 0.22 * w)
    # Distance outside the sac's outline, mm; exact for a circle. Its front is flatter than its back.
    if dp < 0.0:
        n = par[P_SAC_FRONT]
        us, ws = abs(u) + 1e-6, 1e-6 - w
        un, wn = us ** (n - 1.0), ws ** (n - 1.0)
        rho = (us * un + ws * wn) ** (1.0 / n)
        d = (rho - 1.0) * rho ** (n - 1.0) / (sqrt((un / a) ** 2 + (wn / b) ** 2) + 1e-6)
    else:
        rho = sqrt(u * u + w * w)
        d = (rho - 1.0) * rho / (sqrt((u / a) ** 2 + (w / b) ** 2) + 1e-6)
    behind = p - row[OFFSET]
    intrusion = max(
        herniation_height(x, row),
        max(row[BULGE], row[LIP_POSTERIOR]) * (1.0 - 0.35 * min((x / 11.0) ** 2, 1.0))
        + kidney(x / bodies[int(row[VERTEBRA]), B_HALF_WIDTH], par[P_KIDNEY]),
    )
    ligament = _posterior_longitudinal(x, s, behind, intrusion, row, par)
    if ligament != NONE:
        return ligament
    side = row[LF_LEFT] if x > 0 else row[LF_RIGHT]
    flavum = _flavum(x, s, dp, d, side, b, row, par)
    if flavum != NONE:
        return flavum
    front = max(intrusion, 0.0) + (row[PLL] if abs(x) < row[PLL_HALF_WIDTH] else 0.3) + 0.25
    if d < 0.0:
        if behind < front:
            return EPIDURAL_VEIN if abs(x) > 3.0 else LIGAMENT
        return _inside_sac(x, s, p, row, par, noise)
    if d < 0.25 and dp < 0.55 * b:
        return LIGAMENT  # dura
    if d < row[WALL] + (1.2 if dp < 0 else 0.0):
        if dp > 0 and par[P_DORSAL_FAT] < 0.35:
            return EPIDURAL_VEIN if noise_at(noise, x * 0.5, s * 0.5, p * 0.5) > -0.2 else EPIDURAL_FAT
        if dp < 0 and abs(x) > 0.45 * a:
            return EPIDURAL_VEIN if noise_at(noise, x * 0.5, s * 0.5, p * 0.5) > -0.4 else EPIDURAL_FAT
        return EPIDURAL_FAT
    return NONE


@compiled
def _posterior_longitudinal(
    x: float, s: float, behind: float, intrusion: float, row: NDArray[np.float32], par: NDArray[np.float32]
) -> int:
    half_width = row[PLL_HALF_WIDTH]
    t = abs(x) / half_width
    if t >= 1.0 or s < 4.0:
        return NONE
    if par[P_SECOND] > 0.5:
        thickness = row[PLL] * (1.0 - t * t * t)
    else:
        thickness = row[PLL] * (1.0 if t < 0.6 else sqrt(max(0.0, 1.0 - ((t - 0.6) / 0.4) ** 2)))
    if intrusion <= behind < intrusion + thickness:
        if row[PLL_OSSIFIED] > 0 and intrusion + 0.5 < behind < intrusion + thickness - 0.5:
            return PLL_BONE
        return PLL_CODE
    return NONE


@compiled
def _flavum(
    x: float,
    s: float,
    dp: float,
    d: float,
    thickness: float,
    b: float,
    row: NDArray[np.float32],
    par: NDArray[np.float32],
) -> int:
    """A band inside the posterior wall on either side; at the midline only a cleft of fat."""
    if dp < -0.1 * b:
        return NONE
    wall = row[WALL] + par[P_EPIDURAL_FAT] * exp(-((x / 3.0) ** 2))
    if d > wall:
        return NONE
    lateral = abs(x)
    half_rl = row[SAC_HALF_RL]
    profile = 1.0
    if lateral < 1.4:
        profile = 0.55 + 0.45 * lateral / 1.4
    elif lateral > 0.85 * half_rl:
        profile = max(0.0, 1.0 - ((lateral - 0.85 * half_rl) / (0.25 * half_rl)) ** 2)
    if par[P_SECOND] > 0.5:  # second family: a spindle rather than a band
        profile *= 1.0 - 0.2 * min(1.0, ((lateral - 0.5 * half_rl) / (0.5 * half_rl)) ** 2)
    if lateral < 0.5:
        return NONE
    if d > wall - thickness * profile:
        return LF_CODE if s > 13.0 else LIGAMENT  # a thin membrane above C2
    return NONE


@compiled
def _inside_sac(
    x: float,
    s: float,
    p: float,
    row: NDArray[np.float32],
    par: NDArray[np.float32],
    noise: NDArray[np.float32],
) -> int:
    a, b = row[CORD_HALF_RL], row[CORD_HALF_AP]
    w = (p - row[CORD_P]) / b
    u = x / a
    r2 = u * u + w * w
    if par[P_SECOND] > 0.5:  # second family: a boxier cord
        r2 = sqrt(u * u * u * u + 0.5 * u * u * w * w + w * w * w * w)
    if r2 < 1.0:
        # A shallow fissure in front.
        if abs(x) < 0.35 and w < -0.82:
            return CSF
        if s < -14.0:
            return BRAIN
        if row[CORD_LESION] > 0 and (u / 0.62) ** 2 + (w / 0.6) ** 2 < 1.0:
            return LESION
        horn = abs(abs(u) - 0.30 - 0.08 * w)
        if (abs(w) < 0.72 - 0.25 * (w > 0) and horn < 0.11 + 0.07 * (w < 0)) or (abs(w) < 0.13 and abs(u) < 0.34):
            return GREY
        return WHITE
    if s < -12.0:
        return CSF
    # Rootlets leave the cord in front and behind and run outward: thin threads, close together but unevenly so.
    if r2 < 3.2 and abs(u) > 0.75 and abs(abs(w) - 0.55 - 0.1 * abs(u)) < 0.10:
        where = (31.7 if x > 0 else 0.0) + (12.4 if w > 0 else 0.0)
        return ROOT if noise_at(noise, where, s * 0.8 + 0.9 * abs(x), where) > 0.25 else CSF
    if row[CSF_FLOW] > 0.45:
        field = noise_at(noise, x * 0.12 + 3.0, s * 0.07, p * 0.12)
        if field > 2.1 - 1.2 * row[CSF_FLOW]:
            return CSF_FLOWING
    return CSF
