"""What lies around the spine, drawn wildly: skin, fat, airway, lumps, and the noise that parts the muscles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from inference.phantom.centreline import S_STEP_MM, Centreline, Spans
from inference.phantom.columns import JUNK_PER_ROW, NOISE_SIZE, Col
from inference.phantom.spec import VERTEBRAE, PhantomSpec
from inference.phantom.tissues import Tissue

Floats = NDArray[np.float64]


def surroundings(rows: Floats, spec: PhantomSpec, line: Centreline, span: Spans, rng: np.random.Generator) -> None:
    """Fill the columns of skin, fat and airway."""
    s, look = line.s, spec.look
    shoulder = span.top[VERTEBRAE.index("C7")] + rng.uniform(-15, 15)
    head = np.clip((45 - s) / 45, 0, 1)
    chest = np.clip((s - shoulder) / 40, 0, 1)
    rows[:, Col.SKIN_HALF_WIDTH] = look.neck_half_width_mm + head * 12 + chest**1.3 * rng.uniform(70, 140)
    rows[:, Col.SKIN_ANTERIOR] = look.neck_anterior_mm + np.clip((62 - s) / 22, 0, 1) * rng.uniform(20, 45)
    rows[:, Col.SKIN_ANTERIOR] += chest * rng.uniform(0, 40)
    rows[:, Col.SKIN_POSTERIOR] = look.neck_posterior_mm + np.clip((20 - s) / 60, 0, 1) * rng.uniform(10, 40)
    rows[:, Col.SKIN_POSTERIOR] += chest * rng.uniform(0, 35)
    rows[:, Col.FAT] = look.fat_mm * (1 + 0.6 * chest)
    depth = np.array([body.depth_mm for body in spec.bodies])
    front = np.interp(s, (span.top + span.bottom) / 2, depth)
    low_neck = np.clip((s - span.top[3]) / 25, 0, 1)
    prevertebral = look.prevertebral_mm + low_neck * rng.uniform(6, 13)
    pharynx = 1.0 + 0.35 * np.sin(s / rng.uniform(9, 18) + rng.uniform(0, 6))
    rows[:, Col.AIRWAY_HALF_AP] = look.airway_half_ap_mm * pharynx * (1 - low_neck) + low_neck * rng.uniform(6, 9.5)
    rows[:, Col.AIRWAY_HALF_WIDTH] = look.airway_half_width_mm * (1 - low_neck) + low_neck * rng.uniform(6.5, 10)
    rounded = [Col.SKIN_HALF_WIDTH, Col.SKIN_ANTERIOR, Col.SKIN_POSTERIOR, Col.FAT]
    rounded += [Col.AIRWAY_HALF_AP, Col.AIRWAY_HALF_WIDTH]
    rows[:, rounded] = gaussian_filter1d(rows[:, rounded], 5.0 / S_STEP_MM, axis=0)
    rows[:, Col.AIRWAY_P] = rows[:, Col.OFFSET] - front - prevertebral - rows[:, Col.AIRWAY_HALF_AP]


def noise_cube(rng: np.random.Generator) -> NDArray[np.float32]:
    """A periodic cube of white noise; interpolating it gives a smooth random field with unit variance or so."""
    return rng.normal(0, 1, (NOISE_SIZE, NOISE_SIZE, NOISE_SIZE)).astype(np.float32)


def lumps(
    spec: PhantomSpec, line: Centreline, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    """Ellipsoids (x, s, p, three radii, code) anywhere around the spine, and which of them each row meets."""
    count = spec.look.junk_count
    junk = np.zeros((max(count, 1), 7), dtype=np.float32)
    rows = np.full((len(line.s), JUNK_PER_ROW), -1, dtype=np.int16)
    codes = (Tissue.JUNK_A, Tissue.JUNK_B, Tissue.JUNK_C, Tissue.JUNK_D, Tissue.FAT, Tissue.GLAND, Tissue.VESSEL_SLOW)
    for index in range(count):
        s = rng.uniform(-60, 220)
        junk[index] = (rng.uniform(-75, 75), s, rng.uniform(-90, 75), *rng.uniform(2.5, 15, 3), rng.choice(codes))
        for row in range(int(line.row(s - junk[index, 4])), int(line.row(s + junk[index, 4])) + 1):
            free = np.flatnonzero(rows[row] < 0)
            if len(free):
                rows[row, free[0]] = index
    return junk, rows
