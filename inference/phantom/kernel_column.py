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
B_FUSION = int(BodyCol.FUSION)
P_TILT = int(Param.ENDPLATE_TILT)
P_EXPONENT = int(Param.EXPONENT)
P_UNCUS = int(Param.UNCUS)
P_CONCAVITY = int(Param.CONCAVITY)
P_WAIST = int(Param.WAIST)
P_CORTICAL = int(Param.CORTICAL)
P_SECOND = int(Param.SECOND_FAMILY)
P_KIDNEY = int(Param.KIDNEY_MM)
P_FRONT = int(Param.FRONT_EXPONENT)
P_WEDGE = int(Param.WEDGE)
P_LENS = int(Param.NUCLEUS_LENS)
BODY_MARROW = int(Tissue.BODY_MARROW)
BODY_CORTICAL = int(Tissue.BODY_CORTICAL)
MODIC_OEDEMA = int(Tissue.BODY_MODIC_OEDEMA)
MODIC_FAT = int(Tissue.BODY_MODIC_FAT)
ANNULUS = int(Tissue.DISC_ANNULUS)
BLACK_NUCLEUS = int(Tissue.DISC_NUCLEUS_BLACK)
HERNIATED = int(Tissue.DISC_HERNIATED)
EPIDURAL_VEIN = int(Tissue.EPIDURAL_VEIN)
BASIVERTEBRAL = int(Tissue.BASIVERTEBRAL_VEIN)
FUSED_WITH_DISC, FUSED_WITH_CAGE = 2.0, 3.0


@compiled
def kidney(u: float, amount_mm: float) -> float:
    """How far the sides of a concave back reach behind its middle, mm; u in half widths."""
    return amount_mm * min(1.0, max(0.0, abs(u) - 0.12) / 0.35)


@compiled
def _body_shape(u: float, q: float, depth: float, lip: float, par: NDArray[np.float32]) -> float:
    """< 1 inside a body's outline in the axial plane; u in half widths, q forward from the posterior wall."""
    half = depth / 2
    if par[P_SECOND] > 0.5:  # second family: a trapezoid with rounded corners
        side = abs(u) * (1.0 + (0.10 + par[P_WEDGE]) * (q - half) / depth)
        v = (half - q) / half if q < half else (q - half) / (half + lip)
        return float(side**5.0 + abs(v) ** (5.0 if q < half else 2.6))
    side = abs(u) * (1.0 + par[P_WEDGE] * (q - half) / depth)
    if q < half:
        v = (half - q) / half
        return float(side ** par[P_EXPONENT] + v ** par[P_EXPONENT])
    v = (q - half) / (half + lip)
    return float(side ** par[P_FRONT] + v ** par[P_FRONT])


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
def _endplate_sag(u: float, q: float, depth: float, par: NDArray[np.float32]) -> float:
    """How far an endplate is hollowed at a point, mm."""
    v = (q - depth / 2) / (depth / 2)
    if par[P_SECOND] > 0.5:  # second family: deepest behind the middle, with a sharper edge
        v = (v + 0.3) / (0.7 if v < -0.3 else 1.3)
        r4 = (u * u + v * v) ** 2
        return float(par[P_CONCAVITY] * (1.0 - r4) if r4 < 1.0 else 0.0)
    r2 = u * u + v * v
    return float(par[P_CONCAVITY] * (1.0 - r2) if r2 < 1.0 else 0.0)


@compiled
def _uncinate(u: float, par: NDArray[np.float32]) -> float:
    """How far the lower endplate's sides rise, mm: a ramp, or in the second family a hook at the very edge."""
    if par[P_SECOND] > 0.5:
        hook = min(1.0, max(0.0, abs(u) - 0.82) / 0.12)
        return float(1.2 * par[P_UNCUS] * hook * hook * (3.0 - 2.0 * hook))
    return float(par[P_UNCUS] * min(max(0.0, abs(u) - 0.72) / 0.28, 1.2))


@compiled
def column(
    x: float, s: float, p: float, row: NDArray[np.float32], bodies: NDArray[np.float32], par: NDArray[np.float32]
) -> int:
    """Vertebral bodies and discs with everything that grows on them."""
    v = int(row[VERTEBRA])
    q = row[OFFSET] - p
    depth, half_width = bodies[v, B_DEPTH], bodies[v, B_HALF_WIDTH]
    lip_front = row[LIP_ANTERIOR]
    herniation = herniation_height(x, row)
    if q > depth + 1.0 + lip_front or (abs(x) > half_width * 1.15 + 2.0 and herniation == 0.0):
        return NONE
    if q < -10.5:
        return NONE
    # Uncinate processes rise at the sides from C3 down; endplates are hollowed.
    u = x / half_width
    uncus = _uncinate(u, par)
    sag = _endplate_sag(u, q, depth, par)
    tilt = par[P_TILT] * (min(max(q, 0.0), depth) - 0.5 * depth)
    top = bodies[v, B_TOP] + sag - (uncus if 1 <= v <= 6 else 0.0) + (tilt if v > 0 else 0.0)
    bottom = bodies[v, B_BOTTOM] - 0.6 * sag - 0.8 * (uncus if v < 6 else 0.0) + tilt
    if v == 0 and s < bodies[0, B_TOP] + 20.0:
        return _upper_c2(x, s, q, depth, bodies[0, B_OFFSET] - row[OFFSET])
    if s < top or s > bottom:
        above = v - 1 if s < top else v
        return _disc_space(x, s, q, above, herniation, row, bodies, par)
    return _body(x, s, p, v, u, top, bottom, herniation, row, bodies, par)


@compiled
def _body(
    x: float,
    s: float,
    p: float,
    v: int,
    u: float,
    top: float,
    bottom: float,
    herniation: float,
    row: NDArray[np.float32],
    bodies: NDArray[np.float32],
    par: NDArray[np.float32],
) -> int:
    depth, cortical = bodies[v, B_DEPTH], par[P_CORTICAL]
    lip_front, lip_back = row[LIP_ANTERIOR], row[LIP_POSTERIOR]
    middle = (top + bottom) / 2
    hollow = 1.0 - par[P_WAIST] * max(0.0, 1.0 - ((s - middle) / (0.45 * (bottom - top))) ** 2)
    q = bodies[v, B_OFFSET] - p + kidney(u, par[P_KIDNEY])
    if q < 0:
        return _behind_body(-q, u, herniation - kidney(u, par[P_KIDNEY]), lip_back, row)
    # Second family: the back is hollowed at mid height, where veins lie.
    hollowed = par[P_SECOND] > 0.5 and abs(u) < 0.8 and lip_back < 0.3
    if hollowed and q < 1.4 * (1.0 - 1.5 * u * u) * (1.0 - ((s - middle) / (0.5 * (bottom - top))) ** 2):
        return EPIDURAL_VEIN
    shape = _body_shape(u / hollow, q, depth * hollow, lip_front * (1.0 - 0.3 * u * u), par)
    # Rounded corners, unless an osteophyte sits there.
    from_top, to_bottom = s - top, bottom - s
    if v > 0 and bodies[v - 1, B_FUSION] > 0:
        from_top = 9.0
    if bodies[v, B_FUSION] > 0:
        to_bottom = 9.0
    near = min(from_top, to_bottom)
    limit = 1.0
    if near < 1.6 and lip_front < 0.5:
        limit = 1.0 - 0.16 * (1.0 - near / 1.6) ** 2
    if shape > limit:
        return HERNIATED if _in_foramen(x, bodies[v, B_OFFSET] - p, herniation, row) else NONE
    edge = limit - par[P_EXPONENT] * cortical / (0.5 * depth)
    if shape > edge or from_top < cortical or to_bottom < cortical:
        return BODY_CORTICAL
    if bodies[v, B_MODIC_UPPER] > 0 and from_top < 3.5 + 2.0 * (1 - u * u):
        return MODIC_OEDEMA if bodies[v, B_MODIC_UPPER] == 1 else MODIC_FAT
    if bodies[v, B_MODIC_LOWER] > 0 and to_bottom < 3.5 + 2.0 * (1 - u * u):
        return MODIC_OEDEMA if bodies[v, B_MODIC_LOWER] == 1 else MODIC_FAT
    radius = bodies[v, B_HAEMANGIOMA]
    if radius > 0 and (x - 2) ** 2 + (s - middle) ** 2 + (q - 8) ** 2 < radius * radius:
        return MODIC_FAT
    # Basivertebral vein at the back, at mid height.
    if v > 0 and abs(s - middle) < 1.1 - 0.2 * q and abs(x) < 2.2:
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
def _behind_body(behind: float, u: float, herniation: float, lip: float, row: NDArray[np.float32]) -> int:
    """Posterior lips, and disc material that has moved behind a body; ``behind`` the posterior wall at this u."""
    reach = lip * (1.0 - 0.45 * min(u * u, 1.0))
    if abs(u) < 0.95 and behind < reach:
        return BODY_MARROW if behind < reach - 0.8 else BODY_CORTICAL
    if behind < herniation:
        return HERNIATED
    if behind < row[BULGE] * (1.0 - 0.3 * u * u) and abs(u) < 0.95:
        return ANNULUS
    return NONE


@compiled
def herniation_height(x: float, row: NDArray[np.float32]) -> float:
    """How far a herniation reaches behind the wall at this x (its base included); 0 where there is none."""
    if row[HERNIA] <= 0.0:
        return 0.0
    t = (x - row[HERNIA_X]) / row[HERNIA_HALF_WIDTH]
    if abs(t) >= 1.0:
        return 0.0
    return float(row[HERNIA_BASE] + row[HERNIA] * sqrt(1.0 - t * t))


@compiled
def _in_foramen(x: float, q: float, herniation: float, row: NDArray[np.float32]) -> bool:
    """Material on the rounded corner of the disc, over the uncinate process: it fills the foramen's entrance."""
    if herniation == 0.0:
        return False
    t = (x - row[HERNIA_X]) / row[HERNIA_HALF_WIDTH]
    return bool(-q < herniation and q < 1.0 + 2.5 * (1.0 - t * t))


@compiled
def _disc_space(
    x: float,
    s: float,
    q: float,
    above: int,
    herniation: float,
    row: NDArray[np.float32],
    bodies: NDArray[np.float32],
    par: NDArray[np.float32],
) -> int:
    if above < 0 or above >= bodies.shape[0] - 1:
        return NONE
    depth = 0.5 * (bodies[above, B_DEPTH] + bodies[above + 1, B_DEPTH])
    half_width = 0.5 * (bodies[above, B_HALF_WIDTH] + bodies[above + 1, B_HALF_WIDTH])
    u = x / half_width
    back = kidney(u, par[P_KIDNEY])
    if q + back < 0:
        return _behind_body(-q - back, u, herniation - back, row[LIP_POSTERIOR], row)
    if bodies[above, B_FUSION] > 0:
        return _fused_space(u, s, q + back, above, depth, bodies, par)
    bulge = row[BULGE]
    outer = (half_width + 0.6 * bulge) / half_width
    shape = _body_shape(u / outer, q + back + 0.01, depth, 0.5 * bulge, par)
    if shape > 1.0:
        if _in_foramen(x, q, herniation, row):
            return HERNIATED
        front = q > depth / 2 and _body_shape(u, q, depth, row[LIP_ANTERIOR], par) < 1.0
        return BODY_CORTICAL if front else NONE
    middle = depth * 0.52
    r = (u / 0.74) ** 2 + ((q - middle) / (depth * 0.36)) ** 2
    if r < 1.0:
        # The nucleus is a lens between layers of annulus, more or less.
        low, high = bodies[above, B_BOTTOM], bodies[above + 1, B_TOP]
        off = abs(s - 0.5 * (low + high)) / (0.5 * (high - low) + 0.1)
        if off < 1.3 - par[P_LENS] * (0.45 + 0.55 * r) or par[P_LENS] < 0.3:
            return int(bodies[above, B_NUCLEUS])
    return ANNULUS


@compiled
def _fused_space(
    u: float,
    s: float,
    q: float,
    above: int,
    depth: float,
    bodies: NDArray[np.float32],
    par: NDArray[np.float32],
) -> int:
    """Where a disc has become bone: waisted in a block vertebra, around a cage after an operation."""
    kind = bodies[above, B_FUSION]
    waist = 1.0 if kind == FUSED_WITH_CAGE else 0.88
    shape = _body_shape(u / waist, q + 0.01, depth * waist, 0.0, par)
    if shape > 1.0:
        return NONE
    v = (q - 0.5 * depth) / depth
    if kind == FUSED_WITH_CAGE and abs(u) < 0.62 and abs(v) < 0.36:
        return BODY_CORTICAL if abs(u) > 0.36 or abs(v) > 0.22 else BODY_MARROW
    middle = 0.5 * (bodies[above, B_BOTTOM] + bodies[above + 1, B_TOP])
    if kind == FUSED_WITH_DISC and abs(s - middle) < 0.9 and (u / 0.5) ** 2 + (v / 0.3) ** 2 < 1.0:
        return BLACK_NUCLEUS
    return BODY_CORTICAL if shape > 1.0 - par[P_EXPONENT] * par[P_CORTICAL] / (0.5 * depth) else BODY_MARROW
