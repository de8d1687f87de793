"""Which tissue lies at a point: compiled with numba, one small function per region.

Every function takes a point in the spine's own frame: ``x`` left of the curve, ``s`` down along it, ``p`` behind it
(mm), with its table row, and returns a tissue code, or NONE to let the next region answer.
"""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from inference.phantom.centreline import MAP_HALF_MM, MAP_STEP_MM, S_FIRST_MM, S_LAST_MM, S_STEP_MM
from inference.phantom.columns import Col, Param
from inference.phantom.jit import compiled
from inference.phantom.kernel_canal import canal
from inference.phantom.kernel_column import column
from inference.phantom.kernel_metal import metal
from inference.phantom.kernel_posterior import posterior_elements
from inference.phantom.kernel_soft import neck, noise_at
from inference.phantom.tissues import Tissue

NONE = 255
_ROWS_PER_MM = 1.0 / S_STEP_MM
LATERAL = int(Col.LATERAL)
OFFSET = int(Col.OFFSET)
P_WARP, P_WARP_CELL, P_HARDWARE = int(Param.WARP_MM), int(Param.WARP_CELL_MM), int(Param.HARDWARE)
SAC_P = int(Col.SAC_P)
SAC_HALF_AP = int(Col.SAC_HALF_AP)
SAC_HALF_RL = int(Col.SAC_HALF_RL)
AIR = int(Tissue.AIR)
CISTERN = int(Tissue.CISTERN)
SKULL = int(Tissue.SKULL)
CEREBELLUM = int(Tissue.CEREBELLUM)
POST_CORTICAL = int(Tissue.POSTERIOR_CORTICAL)


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
    if abs(x) < 34.0 and -32.0 < p < 50.0:
        if par[P_HARDWARE] > 0.0:
            code = metal(x, s, p, row, bodies, noise)
            if code != NONE:
                return code
        # Outlines wander, but less and less toward the canal, whose sizes are the truth.
        cell, amount = 1.0 / par[P_WARP_CELL], par[P_WARP]
        wx = amount * noise_at(noise, x * cell, s * cell, p * cell)
        wp = amount * noise_at(noise, x * cell + 9.5, s * cell, p * cell + 4.5)
        front = min(max(0.25 * (row[OFFSET] - p - 1.5), 0.0), 1.0)
        code = column(x + front * wx, s + 0.4 * front * (wx - wp), p + front * wp, row, bodies, par)
        if code != NONE:
            return code
        code = canal(x, s, p, row, bodies, par, noise)
        if code != NONE:
            return code
        # Slanting joints cut a slice at any depth, not only where it is sampled.
        rough = 0.3 * noise_at(noise, x * 2.9, s * 2.9, p * 2.9)
        code = posterior_elements(x + wx, s + 0.6 * (wx - wp) + rough, p + wp, row, bodies, par, noise)
        if code != NONE:
            return code
    if s < 0.0:
        rough = 1.2 * noise_at(noise, x * 2.9, s * 2.9, p * 2.9) + noise_at(noise, x * 0.15, s * 0.15, p * 0.15)
        code = skull_base(x, s + rough, p + rough, row, noise)
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
