"""Soft tissue of the neck around the spine, compiled with numba. Variety matters here more than anatomy."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from inference.phantom.columns import NOISE_SIZE, BodyCol, Col, Param
from inference.phantom.jit import compiled
from inference.phantom.tissues import Tissue

OFFSET, SKIN_HALF_WIDTH, SKIN_ANTERIOR, SKIN_POSTERIOR, FAT_COL = (
    int(Col.OFFSET),
    int(Col.SKIN_HALF_WIDTH),
    int(Col.SKIN_ANTERIOR),
    int(Col.SKIN_POSTERIOR),
    int(Col.FAT),
)
AIRWAY_P, AIRWAY_HALF_AP, AIRWAY_HALF_WIDTH = int(Col.AIRWAY_P), int(Col.AIRWAY_HALF_AP), int(Col.AIRWAY_HALF_WIDTH)
VERTEBRA, B_DEPTH, B_HALF_WIDTH = int(Col.VERTEBRA), int(BodyCol.DEPTH), int(BodyCol.HALF_WIDTH)
P_SEPTA, P_SCALE, P_ARTERY, P_VEIN = (
    int(Param.SEPTA),
    int(Param.NOISE_SCALE),
    int(Param.ARTERY),
    int(Param.VEIN),
)
P_SYMMETRIC, P_LAYERS, P_MIX = int(Param.SYMMETRIC), int(Param.LAYERS), int(Param.LAYER_MIX)
AIR, SKIN, FAT, MUSCLE, LIGAMENT = (
    int(Tissue.AIR),
    int(Tissue.SKIN),
    int(Tissue.FAT),
    int(Tissue.MUSCLE),
    int(Tissue.LIGAMENT),
)
AIRWAY, MUCOSA, CARTILAGE, GLAND = int(Tissue.AIRWAY), int(Tissue.MUCOSA), int(Tissue.CARTILAGE), int(Tissue.GLAND)
FLOW, SLOW, MARROW, CORTICAL = (
    int(Tissue.VESSEL_FLOW),
    int(Tissue.VESSEL_SLOW),
    int(Tissue.POSTERIOR_MARROW),
    int(Tissue.POSTERIOR_CORTICAL),
)
P_SECOND = int(Param.SECOND_FAMILY)
# Lateral place, place behind the posterior wall, two half axes (mm) and a turn: scalenes, sternocleidomastoid,
# levator scapulae, longissimus, multifidus, semispinalis, splenius, trapezius.
BELLIES = np.array(
    [
        (25.0, -8.0, 8.0, 10.0, 0.2),
        (42.0, -20.0, 8.0, 16.0, -0.4),
        (35.0, 12.0, 7.0, 13.0, 0.2),
        (28.0, 26.0, 8.0, 8.0, 0.0),
        (10.0, 32.0, 9.0, 9.0, 0.3),
        (14.0, 48.0, 12.0, 6.5, 0.2),
        (30.0, 43.0, 13.0, 5.0, 0.4),
        (26.0, 61.0, 30.0, 5.0, 0.25),
    ],
    dtype=np.float64,
)
TOOTH, LUNG, OESOPHAGUS = int(Tissue.TOOTH), int(Tissue.LUNG), int(Tissue.OESOPHAGUS)


@compiled
def noise_at(noise: NDArray[np.float32], x: float, y: float, z: float) -> float:
    """A smooth periodic random field; one noise cell per unit."""
    mask = NOISE_SIZE - 1
    fx, fy, fz = x + 4096.0, y + 4096.0, z + 4096.0
    ix, iy, iz = int(fx), int(fy), int(fz)
    tx, ty, tz = fx - ix, fy - iy, fz - iz
    tx, ty, tz = tx * tx * (3.0 - 2.0 * tx), ty * ty * (3.0 - 2.0 * ty), tz * tz * (3.0 - 2.0 * tz)
    x0, x1, y0, y1, z0, z1 = ix & mask, (ix + 1) & mask, iy & mask, (iy + 1) & mask, iz & mask, (iz + 1) & mask
    low = (1 - ty) * ((1 - tx) * noise[z0, y0, x0] + tx * noise[z0, y0, x1]) + ty * (
        (1 - tx) * noise[z0, y1, x0] + tx * noise[z0, y1, x1]
    )
    high = (1 - ty) * ((1 - tx) * noise[z1, y0, x0] + tx * noise[z1, y0, x1]) + ty * (
        (1 - tx) * noise[z1, y1, x0] + tx * noise[z1, y1, x1]
    )
    return float((1 - tz) * low + tz * high)


@compiled
def neck(
    x: float,
    s: float,
    p: float,
    row: NDArray[np.float32],
    bodies: NDArray[np.float32],
    par: NDArray[np.float32],
    noise: NDArray[np.float32],
    junk: NDArray[np.float32],
    junk_here: NDArray[np.int16],
) -> int:
    """Skin, fat, muscles, airway, vessels, jaw, lungs, and random lumps."""
    centre = 4.0
    reach = row[SKIN_POSTERIOR] if p > centre else row[SKIN_ANTERIOR]
    half_width = row[SKIN_HALF_WIDTH]
    size = min(reach, half_width)
    r = sqrt((x / half_width) ** 2 + ((p - centre) / reach) ** 2)
    if r > 1.2:
        return AIR
    back = min(max((p + 20.0) / 40.0, 0.0), 1.0)  # more fat under the skin of the nape
    thickness = row[FAT_COL] * (0.6 + 0.7 * back)
    if (1.0 - r) * size < thickness + 0.15 * size:
        r += 0.05 * noise_at(noise, x * 0.02, s * 0.03, p * 0.02)
        depth = (1.0 - r) * size  # about the distance under the skin, mm
        if depth < 0.0:
            return AIR
        if depth < 1.6:
            return SKIN
        if depth < thickness:
            septum = noise_at(noise, x * 0.09, s * 0.05, p * 0.16)
            return FAT if abs(septum) > 0.03 else LIGAMENT
    v = int(row[VERTEBRA])
    # Lumps stay out of the canal and off the column.
    if abs(x) > bodies[v, B_HALF_WIDTH] + 5.0 or p < row[OFFSET] - bodies[v, B_DEPTH] - 4.0 or p > 26.0:
        for index in junk_here:
            if index < 0:
                break
            lump = junk[index]
            if (((x - lump[0]) / lump[3]) ** 2 + ((s - lump[1]) / lump[4]) ** 2 + ((p - lump[2]) / lump[5]) ** 2) < 1.0:
                return int(lump[6])
    if p < row[OFFSET] - 2.0:
        code = _front(x, s, p, r, row, bodies[v, B_DEPTH], par, noise)
        if code != 255:
            return code
    if s > 172.0 and abs(x) > 22.0 and p < 20.0:  # lung apices
        lung = ((abs(x) - 52.0) / 30.0) ** 2 + ((p + 12.0) / 38.0) ** 2
        if lung < min(1.0, (s - 172.0) / 25.0):
            return LUNG
    return _muscle(x, s, p, par, noise)


@compiled
def _muscle(x: float, s: float, p: float, par: NDArray[np.float32], noise: NDArray[np.float32]) -> int:
    """Muscle bellies parted by fat, in layers around the spine: level sets of two random fields."""
    if par[P_SECOND] > 0.5:
        return _bellies(x, s, p, par, noise)
    dx = abs(x) if par[P_SYMMETRIC] > 0.5 else x
    dp = p - 6.0
    # Stretch the fields around the spine, so that planes of fat run with the layers rather than across them.
    reach = sqrt(dx * dx + dp * dp) + 1e-3
    pull = par[P_LAYERS] * noise_at(noise, dx * 0.035 + 7.0, s * 0.02, dp * 0.035)
    scale = 1.0 / par[P_SCALE]
    layer = reach * scale * 1.2 + pull
    around = (dx / reach + 1.7 * dp / reach) * 2.2
    mix = par[P_MIX]
    first = noise_at(
        noise,
        layer * mix + dx * scale * (1.0 - mix),
        s * scale * 0.2 + x * 0.004,
        around * mix + p * scale * (1.0 - mix),
    )
    width = par[P_SEPTA]
    if abs(first) < width * 1.3:
        return FAT
    second = noise_at(noise, dx * scale * 0.6 + 11.3, s * scale * 0.12, p * scale * 0.6 + 5.1)
    if abs(second) < width * 0.7:
        return FAT if second > 0.0 else LIGAMENT
    if second > 1.35:
        return FAT
    return MUSCLE


@compiled
def _bellies(x: float, s: float, p: float, par: NDArray[np.float32], noise: NDArray[np.float32]) -> int:
    """Second family: named muscles as oval bellies, parted by fat where two of them meet."""
    first, second = 1e9, 1e9
    bend = par[P_LAYERS] * noise_at(noise, x * 0.03 + 7.0, s * 0.02, p * 0.03)
    side, back = abs(x) + 2.0 * bend, p - 2.0 * bend
    for index in range(BELLIES.shape[0]):
        dx, dp = side - BELLIES[index, 0], back - BELLIES[index, 1]
        turn = BELLIES[index, 4]
        across, along = dx + turn * dp, dp - turn * dx
        e = sqrt((across / BELLIES[index, 2]) ** 2 + (along / BELLIES[index, 3]) ** 2)
        if e < first:
            first, second = e, first
        elif e < second:
            second = e
    if first > 2.3 or second - first < 2.5 * par[P_SEPTA]:
        return FAT
    strand = noise_at(noise, x * 0.2, s * 0.03, p * 0.2)
    if second - first < 3.5 * par[P_SEPTA]:
        return LIGAMENT
    return FAT if strand > 1.5 else MUSCLE


@compiled
def _front(
    x: float,
    s: float,
    p: float,
    r: float,
    row: NDArray[np.float32],
    depth: float,
    par: NDArray[np.float32],
    noise: NDArray[np.float32],
) -> int:
    """Airway, gullet, vessels, glands and jaw in front of the column."""
    dp = p - row[AIRWAY_P]
    a, b = row[AIRWAY_HALF_WIDTH], row[AIRWAY_HALF_AP]
    warp = 0.18 * noise_at(noise, x * 0.12, s * 0.08, p * 0.12)
    tube = sqrt((x / a) ** 2 + (dp / b) ** 2) + warp
    if tube < 1.0:
        return AIRWAY
    rim = (tube - 1.0) * b
    if rim < 1.6:
        return MUCOSA
    if s > 62.0 and rim < 4.0 and dp < 0.35 * b:
        return CARTILAGE
    front_wall = row[OFFSET] - depth
    if s > 75.0 and (x / 7.5) ** 2 + ((p - row[AIRWAY_P] - b - 4.5) / 3.6) ** 2 < 1.0:
        return OESOPHAGUS
    side = abs(x)
    # Prevertebral muscles.
    if ((side - 6.5) / 5.5) ** 2 + ((p - front_wall + 3.2) / 3.2) ** 2 < 1.0:
        return MUSCLE
    if front_wall - 1.3 < p < front_wall and side < 6.0:
        return LIGAMENT
    bend = 3.0 * noise_at(noise, 0.3, s * 0.03, 0.7)
    artery = par[P_ARTERY]
    vp = front_wall - 9.0 + bend
    distance = (side - 23.0 - bend) ** 2 + (p - vp) ** 2
    if distance < artery * artery:
        return FLOW
    if distance < (artery + 0.9) ** 2:
        return LIGAMENT
    vein = par[P_VEIN] * (1.0 if x > 0 else 0.75)
    if (side - 29.5 - bend) ** 2 / (vein * vein) + (p - vp - 3.5) ** 2 / (vein * 0.75) ** 2 < 1.0:
        return SLOW
    if ((side - 15.0) / 8.0) ** 2 + ((p - row[AIRWAY_P]) / 13.0) ** 2 + ((s - 118.0) / 23.0) ** 2 < 1.0:
        return GLAND
    if ((side - 33.0) / 9.0) ** 2 + ((p - front_wall + 22.0) / 12.0) ** 2 + ((s - 46.0) / 17.0) ** 2 < 1.0:
        return GLAND
    # Jaw: a horseshoe under the skin.
    if s < 52.0 and p < front_wall - 6.0:
        ring = r + 0.02 * s / 10.0
        if 0.70 < ring < 0.86:
            if ring < 0.725 or ring > 0.835:
                return CORTICAL
            tooth = noise_at(noise, x * 0.12, s * 0.04, p * 0.12)
            return TOOTH if tooth > 0.9 and s < 35.0 else MARROW
    return 255
