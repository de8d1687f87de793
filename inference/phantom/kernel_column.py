"""Vertebral bodies and discs with everything that grows on them, compiled with numba."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from inference.phantom.columns import BodyCol, Col, Param
from inference.phantom.jit import compiled
from inference.phantom.tissues import Tissue

NONE = 255
OFFSET = int(Col.OFFSET)
VERTEBRA = int(Col.VERTEBRA)
BULGE = int(Col.BULGE)
LIP_POSTERIOR = int(Col.LIP_POSTERIOR)
LIP_ANTERIOR = int(Col.LIP_ANTERIOR)
HERNIA = int(Col.HERNIA)
HERNIA_X = int(Col.HERNIA_X)
HERNIA_BASE = int(Col.HERNIA_BASE)
HERNIA_HALF_WIDTH = int(Col.HERNIA_HALF_WIDTH)
B_TOP = int(BodyCol.TOP)
B_BOTTOM = int(BodyCol.BOTTOM)
B_HALF_WIDTH = int(BodyCol.HALF_WIDTH)
B_DEPTH = int(BodyCol.DEPTH)
B_OFFSET = int(BodyCol.OFFSET)
B_NUCLEUS = int(BodyCol.NUCLEUS)
B_HAEMANGIOMA = int(BodyCol.HAEMANGIOMA)
B_MODIC_UPPER = int(BodyCol.MODIC_UPPER)
B_MODIC_LOWER = int(BodyCol.MODIC_LOWER)
P_TILT = int(Param.ENDPLATE_TILT)
P_EXPONENT = int(Param.EXPONENT)
P_UNCUS = int(Param.UNCUS)
P_CONCAVITY = int(Param.CONCAVITY)
P_WAIST = int(Param.WAIST)
P_CORTICAL = int(Param.CORTICAL)
P_SECOND = int(Param.SECOND_FAMILY)
BODY_MARROW = int(Tissue.BODY_MARROW)
BODY_CORTICAL = int(Tissue.BODY_CORTICAL)
MODIC_OEDEMA = int(Tissue.BODY_MODIC_OEDEMA)
MODIC_FAT = int(Tissue.BODY_MODIC_FAT)
ANNULUS = int(Tissue.DISC_ANNULUS)
HERNIATED = int(Tissue.DISC_HERNIATED)
EPIDURAL_VEIN = int(Tissue.EPIDURAL_VEIN)
BASIVERTEBRAL = int(Tissue.BASIVERTEBRAL_VEIN)


@compiled
def _body_shape(u: float, q: float, depth: float, exponent: float, lip: float) -> float:
    """< 1 inside a body's outline in the axial plane; u in half widths, q forward from the posterior wall."""
    half = depth / 2
    if q < half:
        v = (half - q) / half
        return float(abs(u) ** exponent + v**exponent)
    v = (q - half) / (half + lip)
    return float(abs(u) ** 2.3 + v**2.3)


@compiled
def _dens(x: float, s: float, q: float, depth: float) -> float:
    """< 1 inside the dens, an egg over the body of C2."""
    taper = 1.0 if s > 7.0 else sqrt(max(0.0, 1.0 - ((7.0 - s) / 7.0) ** 2))
    if taper <= 0.05:
        return 9.0
    half_width = (5.2 + 0.9 * max(0.0, (s - 12.0) / 8.0)) * taper
    half_depth = 5.6 * taper
    return (x / half_width) ** 2 + ((q - 5.6 - 0.05 * (depth - 15.0)) / half_depth) ** 2


@compiled
def _endplate_sag(u: float, q: float, depth: float, concavity: float) -> float:
    """How far an endplate is hollowed at a point, mm."""
    v = (q - depth / 2) / (depth / 2)
    r2 = u * u + v * v
    return concavity * (1.0 - r2) if r2 < 1.0 else 0.0


@compiled
def column(
    x: float, s: float, p: float, row: NDArray[np.float32], bodies: NDArray[np.float32], par: NDArray[np.float32]
) -> int:
    """Vertebral bodies and discs with everything that grows on them."""
    v = int(row[VERTEBRA])
    q = row[OFFSET] - p
    depth, half_width = bodies[v, B_DEPTH], bodies[v, B_HALF_WIDTH]
    lip_front, lip_back = row[LIP_ANTERIOR], row[LIP_POSTERIOR]
    if q > depth + 1.0 + lip_front or abs(x) > half_width * 1.15 + 2.0:
        return NONE
    if q < -9.5:
        return NONE
    # Uncinate processes rise at the sides from C3 down; endplates are hollowed.
    u = x / half_width
    rim = max(0.0, abs(u) - 0.72) / 0.28
    uncus = par[P_UNCUS] * min(rim, 1.2) if 1 <= v <= 6 else 0.0
    sag = _endplate_sag(u, q, depth, par[P_CONCAVITY])
    tilt = par[P_TILT] * (min(max(q, 0.0), depth) - 0.5 * depth)
    top = bodies[v, B_TOP] + sag - uncus + (tilt if v > 0 else 0.0)
    bottom = bodies[v, B_BOTTOM] - 0.6 * sag - 0.8 * (uncus if v < 6 else 0.0) + tilt
    cortical = par[P_CORTICAL]
    if v == 0 and s < bodies[0, B_TOP] + 20.0:
        return _upper_c2(x, s, q, depth, bodies[0, B_OFFSET] - row[OFFSET])
    if s < top or s > bottom:
        return _disc_space(x, s, q, v - 1 if s < top else v, row, bodies, par)
    middle = (top + bottom) / 2
    hollow = 1.0 - par[P_WAIST] * max(0.0, 1.0 - ((s - middle) / (0.45 * (bottom - top))) ** 2)
    q_own = bodies[v, B_OFFSET] - p
    if q_own < 0:
        return _behind_body(x, -q_own, u, lip_back, row)
    # Second family: the back is hollowed at mid height, where veins lie.
    hollowed = par[P_SECOND] > 0.5 and abs(u) < 0.8 and lip_back < 0.3
    if hollowed and q_own < 1.4 * (1.0 - 1.5 * u * u) * (1.0 - ((s - middle) / (0.5 * (bottom - top))) ** 2):
        return EPIDURAL_VEIN
    shape = _body_shape(u / hollow, q_own, depth * hollow, par[P_EXPONENT], lip_front * (1.0 - 0.3 * u * u))
    # Rounded corners, unless an osteophyte sits there.
    near = min(s - top, bottom - s)
    limit = 1.0
    if near < 1.6 and lip_front < 0.5:
        limit = 1.0 - 0.16 * (1.0 - near / 1.6) ** 2
    if shape > limit:
        return NONE
    edge = limit - par[P_EXPONENT] * cortical / (0.5 * depth)
    if shape > edge or s - top < cortical or bottom - s < cortical:
        return BODY_CORTICAL
    if bodies[v, B_MODIC_UPPER] > 0 and s - top < 3.5 + 2.0 * (1 - u * u):
        return MODIC_OEDEMA if bodies[v, B_MODIC_UPPER] == 1 else MODIC_FAT
    if bodies[v, B_MODIC_LOWER] > 0 and bottom - s < 3.5 + 2.0 * (1 - u * u):
        return MODIC_OEDEMA if bodies[v, B_MODIC_LOWER] == 1 else MODIC_FAT
    radius = bodies[v, B_HAEMANGIOMA]
    if radius > 0 and (x - 2) ** 2 + (s - middle) ** 2 + (q_own - 8) ** 2 < radius * radius:
        return MODIC_FAT
    # Basivertebral vein at the back, at mid height.
    if v > 0 and abs(s - middle) < 1.1 - 0.2 * q_own and abs(x) < 2.2:
        return BASIVERTEBRAL
    return BODY_MARROW


@compiled
def _upper_c2(x: float, s: float, q: float, depth: float, shift: float) -> int:
    """Dens, blending into the body of C2 at its base, with the arch of C1 in front."""
    q = q + shift
    shape = _dens(x, s, q, depth)
    if s > 14.0:
        blend = (s - 14.0) / 6.0
        wide = (x / (9.0 * blend + 4.0)) ** 4 + ((q - depth / 2) / (depth / 2)) ** 4
        shape = min(shape, wide if blend > 0.3 else 9.0)
    if shape < 0.80:
        return BODY_MARROW
    if shape < 1.0:
        return BODY_CORTICAL
    return NONE


@compiled
def _behind_body(x: float, behind: float, u: float, lip: float, row: NDArray[np.float32]) -> int:
    """Posterior lips, and disc material that has moved behind a body; ``behind`` the body's posterior wall."""
    reach = lip * (1.0 - 0.45 * min(u * u, 1.0))
    if abs(u) < 0.95 and behind < reach:
        return BODY_MARROW if behind < reach - 0.8 else BODY_CORTICAL
    if behind < herniation_height(x, row):
        return HERNIATED
    if behind < row[BULGE] * (1.0 - 0.3 * u * u) and abs(u) < 0.95:
        return ANNULUS
    return NONE


@compiled
def herniation_height(x: float, row: NDArray[np.float32]) -> float:
    """How far a herniation reaches behind the wall at this x (its base included)."""
    if row[HERNIA] <= 0.0:
        return 0.0
    t = (x - row[HERNIA_X]) / row[HERNIA_HALF_WIDTH]
    if abs(t) >= 1.0:
        return 0.0
    return float(row[HERNIA_BASE] + row[HERNIA] * sqrt(1.0 - t * t))


@compiled
def _disc_space(
    x: float,
    s: float,
    q: float,
    above: int,
    row: NDArray[np.float32],
    bodies: NDArray[np.float32],
    par: NDArray[np.float32],
) -> int:
    if above < 0 or above >= bodies.shape[0] - 1:
        return NONE
    depth = 0.5 * (bodies[above, B_DEPTH] + bodies[above + 1, B_DEPTH])
    half_width = 0.5 * (bodies[above, B_HALF_WIDTH] + bodies[above + 1, B_HALF_WIDTH])
    u = x / half_width
    herniation = herniation_height(x, row)
    if q < 0:
        return _behind_body(x, -q, u, row[LIP_POSTERIOR], row)
    bulge = row[BULGE]
    lip = row[LIP_ANTERIOR]
    outer = (half_width + 0.6 * bulge) / half_width
    shape = _body_shape(u / outer, q + 0.01, depth, par[P_EXPONENT], 0.5 * bulge)
    if shape > 1.0:
        # A foraminal herniation stands on the rounded corner of the disc.
        if herniation != 0.0 and row[HERNIA_BASE] < -0.4 and -q < herniation and q < 0.5 * depth:
            return HERNIATED
        front = q > depth / 2 and _body_shape(u, q, depth, par[P_EXPONENT], lip) < 1.0
        return BODY_CORTICAL if front else NONE
    middle = depth * 0.52
    r = (u / 0.74) ** 2 + ((q - middle) / (depth * 0.36)) ** 2
    if r < 1.0:
        return int(bodies[above, B_NUCLEUS])
    return ANNULUS
