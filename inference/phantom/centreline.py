"""The curved frame of a phantom: arc length along the posterior vertebral wall and distance behind it.

Phantom coordinates are LPS millimetres before the patient's pose is applied, origin at the middle of C5.
``s`` is arc length downward from the dens tip, ``p`` the distance behind the curve (bodies have p < 0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from inference.phantom.spec import VERTEBRAE, PhantomSpec

S_FIRST_MM, S_LAST_MM, S_STEP_MM = -110.0, 340.0, 0.25
MAP_STEP_MM = 2.0
MAP_HALF_MM = 260.0
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spans:
    """Arc lengths of every vertebra's upper and lower endplate, and of every disc's middle."""

    top: Floats
    bottom: Floats
    disc: Floats


def spans(spec: PhantomSpec) -> Spans:
    """Stack bodies and discs from the dens tip (s = 0) downward."""
    top, bottom, at = [], [], 0.0
    for index, body in enumerate(spec.bodies):
        top.append(at)
        bottom.append(at + body.height_mm)
        at += body.height_mm + (spec.discs[index].height_mm if index < len(spec.discs) else 0.0)
    tops, bottoms = np.array(top), np.array(bottom)
    return Spans(tops, bottoms, (bottoms[:-1] + tops[1:]) / 2)


@dataclass(frozen=True)
class Centreline:
    """Positions and slopes over arc length, sampled every ``S_STEP_MM`` from ``S_FIRST_MM``."""

    s: Floats
    y: Floats
    z: Floats
    slope: Floats  # radians; > 0: running backward on the way down
    x: Floats

    def row(self, s_mm: float | Floats) -> NDArray[np.intp]:
        return np.clip(np.rint((np.asarray(s_mm) - S_FIRST_MM) / S_STEP_MM), 0, len(self.s) - 1).astype(np.intp)

    def to_phantom_mm(self, x_mm: float, s_mm: float, p_mm: float) -> tuple[float, float, float]:
        """(lateral from the curve, s, p) → phantom coordinates."""
        i = int(self.row(s_mm))
        return (
            float(self.x[i] + x_mm),
            float(self.y[i] + p_mm * np.cos(self.slope[i])),
            float(self.z[i] + p_mm * np.sin(self.slope[i])),
        )


def centreline(spec: PhantomSpec) -> Centreline:
    """Integrate the slope: lordosis between C2 and C7, kyphosis below T1, straight beyond both ends."""
    span = spans(spec)
    s = np.arange(S_FIRST_MM, S_LAST_MM + S_STEP_MM / 2, S_STEP_MM)
    upper, lower = span.bottom[0] - 10.0, span.bottom[VERTEBRAE.index("C7")]
    end_slope = np.deg2rad(spec.t1_slope_deg)
    curvature = np.zeros_like(s)
    neck = (s > upper) & (s < lower)
    bell = np.sin(np.pi * (s[neck] - upper) / (lower - upper)) + 0.35
    if spec.family == "second":  # bends at the discs, bodies stay straight
        nearest = np.min(np.abs(s[neck][:, None] - span.disc[None, :]), axis=1)
        bell = bell * np.exp(-((nearest / 4.0) ** 2)) + 0.02
    curvature[neck] = np.deg2rad(spec.lordosis_deg) * bell / (bell.sum() * S_STEP_MM)
    chest = (s >= lower) & (s < lower + 110)
    curvature[chest] = -end_slope * 1.2 / 110
    slope = np.cumsum(curvature) * S_STEP_MM
    slope += end_slope - np.interp(lower, s, slope)
    y = np.cumsum(np.sin(slope)) * S_STEP_MM
    z = -np.cumsum(np.cos(slope)) * S_STEP_MM
    middle = VERTEBRAE.index("C5")
    origin = int(np.searchsorted(s, (span.top[middle] + span.bottom[middle]) / 2))
    x = spec.scoliosis_mm * np.sin(2 * np.pi * s / 260.0 + spec.scoliosis_phase)
    return Centreline(s, y - y[origin], z - z[origin], slope, x - x[origin])


def frame_map(line: Centreline) -> NDArray[np.float32]:
    """Look-up (z, y) → (s, p): shape (n, n, 2), axes from -MAP_HALF_MM in steps of MAP_STEP_MM, phantom coordinates."""
    axis = np.arange(-MAP_HALF_MM, MAP_HALF_MM + MAP_STEP_MM / 2, MAP_STEP_MM)
    z, y = np.meshgrid(axis, axis, indexing="ij")
    nodes = slice(0, None, 4)
    tree = cKDTree(np.column_stack([line.y[nodes], line.z[nodes]]))
    _, near = tree.query(np.column_stack([y.ravel(), z.ravel()]))
    node = (near * 4).astype(np.intp)
    dy, dz = y.ravel() - line.y[node], z.ravel() - line.z[node]
    sin, cos = np.sin(line.slope[node]), np.cos(line.slope[node])
    s = line.s[node] + dy * sin - dz * cos  # first-order step along the tangent
    p = dy * cos + dz * sin
    return np.stack([s, p], axis=-1).reshape(*z.shape, 2).astype(np.float32)


def pose_matrix(spec: PhantomSpec) -> Floats:
    """4×4, phantom coordinates → patient LPS millimetres."""
    pose = spec.pose
    a, b, c = np.deg2rad([pose.pitch_deg, pose.yaw_deg, pose.roll_deg])
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    about_y = np.array([[np.cos(c), 0, np.sin(c)], [0, 1, 0], [-np.sin(c), 0, np.cos(c)]])
    matrix = np.eye(4)
    matrix[:3, :3] = about_z @ about_y @ about_x
    matrix[:3, 3] = pose.shift_mm
    return matrix
