"""Which tissue lies at a point: compiled with numba, one small function per region.

Every function takes a point in the spine's own frame: ``x`` left of the curve, ``s`` down along it, ``p`` behind it
(mm), with its table row, and returns a tissue code, or NONE to let the next region answer.
"""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from inference.phantom.centreline import MAP_HALF_MM, MAP_STEP_MM, S_FIRST_MM, S_LAST_MM, S_STEP_MM
from inference.phantom.jit import compiled
from inference.phantom.kernel_posterior import posterior_elements
from inference.phantom.kernel_soft import neck, noise_at
from inference.phantom.tables import BodyCol, Col, Param
from inference.phantom.tissues import Tissue

NONE = 255
_ROWS_PER_MM = 1.0 / S_STEP_MM
_PI = 3.14159265

OFFSET, LATERAL, VERTEBRA = int(Col.OFFSET), int(Col.LATERAL), int(Col.VERTEBRA)
SAC_P, SAC_HALF_AP, SAC_HALF_RL = int(Col.SAC_P), int(Col.SAC_HALF_AP), int(Col.SAC_HALF_RL)
CORD_P, CORD_HALF_AP, CORD_HALF_RL = int(Col.CORD_P), int(Col.CORD_HALF_AP), int(Col.CORD_HALF_RL)
PLL, PLL_HALF_WIDTH, PLL_OSSIFIED = int(Col.PLL), int(Col.PLL_HALF_WIDTH), int(Col.PLL_OSSIFIED)
BULGE, LIP_POSTERIOR, LIP_ANTERIOR = int(Col.BULGE), int(Col.LIP_POSTERIOR), int(Col.LIP_ANTERIOR)
HERNIA, HERNIA_X, HERNIA_BASE = int(Col.HERNIA), int(Col.HERNIA_X), int(Col.HERNIA_BASE)
HERNIA_HALF_WIDTH = int(Col.HERNIA_HALF_WIDTH)
LF_LEFT, LF_RIGHT, WALL = int(Col.LF_LEFT), int(Col.LF_RIGHT), int(Col.WALL)
CORD_LESION, CSF_FLOW = int(Col.CORD_LESION), int(Col.CSF_FLOW)
B_TOP, B_BOTTOM, B_HALF_WIDTH, B_DEPTH = (
    int(BodyCol.TOP),
    int(BodyCol.BOTTOM),
    int(BodyCol.HALF_WIDTH),
    int(BodyCol.DEPTH),
)
B_OFFSET, B_NUCLEUS, B_HAEMANGIOMA = int(BodyCol.OFFSET), int(BodyCol.NUCLEUS), int(BodyCol.HAEMANGIOMA)
B_MODIC_UPPER, B_MODIC_LOWER = int(BodyCol.MODIC_UPPER), int(BodyCol.MODIC_LOWER)
P_TILT = int(Param.ENDPLATE_TILT)
P_EXPONENT, P_UNCUS, P_CONCAVITY, P_WAIST = (
    int(Param.EXPONENT),
    int(Param.UNCUS),
    int(Param.CONCAVITY),
    int(Param.WAIST),
)
P_CORTICAL, P_SECOND, P_EPIDURAL_FAT = int(Param.CORTICAL), int(Param.SECOND_FAMILY), int(Param.EPIDURAL_FAT)

AIR, LIGAMENT, CSF, CSF_FLOWING = int(Tissue.AIR), int(Tissue.LIGAMENT), int(Tissue.CSF), int(Tissue.CSF_FLOW)
BODY_MARROW, BODY_CORTICAL = int(Tissue.BODY_MARROW), int(Tissue.BODY_CORTICAL)
MODIC_OEDEMA, MODIC_FAT = int(Tissue.BODY_MODIC_OEDEMA), int(Tissue.BODY_MODIC_FAT)
ANNULUS, HERNIATED = int(Tissue.DISC_ANNULUS), int(Tissue.DISC_HERNIATED)
WHITE, GREY, LESION, ROOT = (
    int(Tissue.CORD_WHITE),
    int(Tissue.CORD_GREY),
    int(Tissue.CORD_LESION),
    int(Tissue.NERVE_ROOT),
)
PLL_CODE, PLL_BONE, LF_CODE = int(Tissue.PLL), int(Tissue.PLL_OSSIFIED), int(Tissue.LF)
EPIDURAL_FAT, EPIDURAL_VEIN = int(Tissue.EPIDURAL_FAT), int(Tissue.EPIDURAL_VEIN)
CISTERN = int(Tissue.CISTERN)
BASIVERTEBRAL = int(Tissue.BASIVERTEBRAL_VEIN)
SKULL, CEREBELLUM, BRAIN = int(Tissue.SKULL), int(Tissue.CEREBELLUM), int(Tissue.BRAIN)
POST_MARROW, POST_CORTICAL = int(Tissue.POSTERIOR_MARROW), int(Tissue.POSTERIOR_CORTICAL)


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
    if behind < _herniation_height(x, row):
        return HERNIATED
    if behind < row[BULGE] * (1.0 - 0.3 * u * u) and abs(u) < 0.95:
        return ANNULUS
    return NONE


@compiled
def _herniation_height(x: float, row: NDArray[np.float32]) -> float:
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
    herniation = _herniation_height(x, row)
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
    rho = sqrt(u * u + w * w)
    # Distance outside the sac ellipse, mm; exact for a circle.
    d = (rho - 1.0) * rho / (sqrt((u / a) ** 2 + (w / b) ** 2) + 1e-6)
    behind = p - row[OFFSET]
    intrusion = max(
        _herniation_height(x, row),
        max(row[BULGE], row[LIP_POSTERIOR]) * (1.0 - 0.35 * min((x / 11.0) ** 2, 1.0)),
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
    # Rootlets leave the cord in front and behind and run outward.
    along = s * 0.42 + 0.6 * abs(x)
    if r2 < 3.2 and abs(abs(w) - 0.55 - 0.1 * abs(u)) < 0.10 and abs(u) > 0.75 and along - int(along) < 0.55:
        return ROOT
    if row[CSF_FLOW] > 0.45:
        field = noise_at(noise, x * 0.12 + 3.0, s * 0.07, p * 0.12)
        if field > 2.1 - 1.2 * row[CSF_FLOW]:
            return CSF_FLOWING
    return CSF


@compiled
def skull_base(x: float, s: float, p: float, row: NDArray[np.float32], noise: NDArray[np.float32]) -> int:
    """Above the foramen magnum: clivus in front, occiput behind, cerebellum and brain stem between."""
    if s > 0.0:
        return NONE
    if s > -10.0:  # foramen magnum's rim
        rim = sqrt((x / (row[SAC_HALF_RL] + 5.0)) ** 2 + ((p - row[SAC_P]) / (row[SAC_HALF_AP] + 5.0)) ** 2)
        if 1.0 < rim < 1.9 and s < -5.0 - 2.0 * (rim - 1.0):
            return SKULL if rim > 1.12 else POST_CORTICAL
        return NONE
    rise = -10.0 - s
    front = row[SAC_P] - row[SAC_HALF_AP] - 1.0
    back = row[SAC_P] + row[SAC_HALF_AP] + 45.0 * (1.0 - exp(-rise / 14.0))
    half = row[SAC_HALF_RL] + 48.0 * (1.0 - exp(-rise / 16.0))
    mid, depth = 0.5 * (front + back), 0.5 * (back - front)
    r = sqrt((x / half) ** 2 + ((p - mid) / depth) ** 2)
    if r < 1.0:
        if p < row[SAC_P] + row[SAC_HALF_AP] * 0.9 and abs(x) < row[SAC_HALF_RL]:
            return NONE
        folium = noise_at(noise, x * 0.10, s * 0.55, p * 0.25)
        return CISTERN if folium > 1.1 or r > 0.93 else CEREBELLUM
    if r < 1.0 + 7.0 / half:
        return POST_CORTICAL if r < 1.0 + 1.5 / half or r > 1.0 + 5.8 / half else SKULL
    if p < front and p > front - 14.0 and abs(x) < 14.0:
        return POST_CORTICAL if p > front - 1.5 or p < front - 12.5 else SKULL
    return NONE


@compiled
def tissue_at(
    x: float,
    y: float,
    z: float,
    rows: NDArray[np.float32],
    bodies: NDArray[np.float32],
    par: NDArray[np.float32],
    frame: NDArray[np.float32],
    noise: NDArray[np.float32],
    junk: NDArray[np.float32],
    junk_rows: NDArray[np.int16],
) -> int:
    """Tissue at a point of phantom coordinates."""
    fz, fy = (z + MAP_HALF_MM) / MAP_STEP_MM, (y + MAP_HALF_MM) / MAP_STEP_MM
    last = frame.shape[0] - 1
    if not (0.0 <= fz < last and 0.0 <= fy < last):
        return AIR
    iz, iy = int(fz), int(fy)
    tz, ty = fz - iz, fy - iy
    s = (1 - tz) * ((1 - ty) * frame[iz, iy, 0] + ty * frame[iz, iy + 1, 0]) + tz * (
        (1 - ty) * frame[iz + 1, iy, 0] + ty * frame[iz + 1, iy + 1, 0]
    )
    if s < S_FIRST_MM or s > S_LAST_MM:
        return AIR
    p = (1 - tz) * ((1 - ty) * frame[iz, iy, 1] + ty * frame[iz, iy + 1, 1]) + tz * (
        (1 - ty) * frame[iz + 1, iy, 1] + ty * frame[iz + 1, iy + 1, 1]
    )
    at = int((s - S_FIRST_MM) * _ROWS_PER_MM + 0.5)
    row = rows[at]
    x = x - row[LATERAL]
    if abs(x) < 34.0 and -24.0 < p < 50.0:
        code = column(x, s, p, row, bodies, par)
        if code != NONE:
            return code
        code = canal(x, s, p, row, bodies, par, noise)
        if code != NONE:
            return code
        code = posterior_elements(x, s, p, row, bodies, par, noise)
        if code != NONE:
            return code
    if s < 0.0:
        code = skull_base(x, s, p, row, noise)
        if code != NONE:
            return code
        if s < -10.0 and abs(x) < row[SAC_HALF_RL] and abs(p - row[SAC_P]) < row[SAC_HALF_AP]:
            return CISTERN
    return neck(x, s, p, row, bodies, par, noise, junk, junk_rows[at])


@compiled
def render(
    out: NDArray[np.uint8],
    affine: NDArray[np.float64],
    offsets_kji: NDArray[np.float64],
    rows: NDArray[np.float32],
    bodies: NDArray[np.float32],
    par: NDArray[np.float32],
    frame: NDArray[np.float32],
    noise: NDArray[np.float32],
    junk: NDArray[np.float32],
    junk_rows: NDArray[np.int16],
) -> None:
    """Fill ``out`` (k, s, j, i); ``affine`` maps array indices to phantom coordinates."""
    for k in range(out.shape[0]):
        for sub in range(out.shape[1]):
            dk, dj, di = offsets_kji[sub]
            for j in range(out.shape[2]):
                for i in range(out.shape[3]):
                    fk, fj, fi = k + dk, j + dj, i + di
                    out[k, sub, j, i] = tissue_at(
                        affine[0, 0] * fk + affine[0, 1] * fj + affine[0, 2] * fi + affine[0, 3],
                        affine[1, 0] * fk + affine[1, 1] * fj + affine[1, 2] * fi + affine[1, 3],
                        affine[2, 0] * fk + affine[2, 1] * fj + affine[2, 2] * fi + affine[2, 3],
                        rows,
                        bodies,
                        par,
                        frame,
                        noise,
                        junk,
                        junk_rows,
                    )
