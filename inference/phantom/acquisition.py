"""How a phantom is scanned: the grids of one study."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inference.phantom.render import Grid, tables_of
from inference.phantom.spec import VERTEBRAE, PhantomSpec
from reporting.vocabulary import SeriesRole

Floats = NDArray[np.float64]
_VIEW_MARGIN_MM = 8.0


def study_grids(
    spec: PhantomSpec,
    rng: np.random.Generator,
    *,
    spread: float = 1.0,
    matrix: int | None = None,
    fat_suppressed: bool = False,
    whole_neck: bool = False,
    thickness_mm: float | None = None,
    tilt_deg: float = 0.0,
    varied: bool = True,
) -> dict[SeriesRole, Grid]:
    """Draw the grids of a sagittal T1, sagittal T2, axial T2 and, if asked, axial fat-suppressed T2.

    ``spread`` scales every deviation from a textbook position (0: centred and straight). ``matrix`` fixes the number
    of rows and columns of all series; otherwise it is drawn. T1 and T2 share a position but not the field of view.
    ``whole_neck`` moves a sagittal field of view that would miss the dens or T1 until it shows both, and starts the
    axial stack at the dens; otherwise it may begin at the skull base. ``thickness_mm`` fixes every slice thickness.
    ``tilt_deg`` turns every field of view about the left-right axis, as if the patient's head were propped up (> 0)
    or let back: sagittal images are turned in plane, the axial stack runs obliquely through the discs.
    """
    pose = _Aim(spec, rng, spread, whole_neck, tilt_deg)
    sagittal, axial = _usual_sagittal(rng, spread), _usual_axial(rng, spread)
    if varied:
        sagittal, axial = _oddly(sagittal, rng, sagittal=True), _oddly(axial, rng, sagittal=False)
    if thickness_mm is not None:
        sagittal = replace(sagittal, spacing_mm=thickness_mm / sagittal.fill)
        axial = replace(axial, spacing_mm=thickness_mm / axial.fill)
    if matrix is not None:
        sagittal, axial = replace(sagittal, matrix=matrix), replace(axial, matrix=matrix)
    grids = {}
    turn = _pitched(pose.sagittal(), sagittal.tilt)
    shift = np.array([spread * rng.normal(0, 2.0), *(np.array(sagittal.shift) * sagittal.fov_mm)])
    if whole_neck:
        shift[1:] = pose.kept_in_view(turn, shift, sagittal.fov_mm)
    for role in (SeriesRole.SAGITTAL_T1, SeriesRole.SAGITTAL_T2):
        grids[role] = sagittal.grid(turn, pose.neck_middle + turn @ shift)
        if role is SeriesRole.SAGITTAL_T1 and rng.random() < 0.3:
            sagittal = replace(sagittal, fov_mm=sagittal.fov_mm * float(rng.uniform(0.95, 1.05)))
    length = float(np.linalg.norm(pose.axial_top - pose.axial_bottom)) + rng.uniform(0, 25)
    axial = replace(axial, count=int(np.ceil(length / axial.spacing_mm)))
    turn = _pitched(pose.axial(), axial.tilt)
    shift = np.array([*(np.array(axial.shift) * axial.fov_mm), 0.0])
    centre = (pose.axial_top + pose.axial_bottom) / 2 + turn @ shift
    grids[SeriesRole.AXIAL_T2] = axial.grid(turn, centre, axial=True)
    if fat_suppressed:
        grids[SeriesRole.AXIAL_FS_T2] = axial.grid(turn, centre, axial=True)
    return grids


@dataclass(frozen=True)
class _Scan:
    """One series as set up at the console; ``shift`` in plane, as a part of the field of view; ``tilt`` in radians."""

    count: int
    matrix: int
    spacing_mm: float
    fill: float
    fov_mm: float
    shift: tuple[float, float]
    tilt: float = 0.0

    def grid(self, turn: Floats, centre: Floats, *, axial: bool = False) -> Grid:
        shape = (self.count, self.matrix, self.matrix)
        return placed_grid(turn, centre, shape, self.spacing_mm, self.fov_mm, self.fill, axial=axial)


def _usual_sagittal(rng: np.random.Generator, spread: float) -> _Scan:
    return _Scan(
        count=int(rng.integers(11, 16)),
        matrix=int(rng.choice([256, 320, 384])),
        spacing_mm=float(rng.uniform(2.7, 3.6)),
        fill=float(rng.uniform(0.85, 1.0)),
        fov_mm=float(rng.uniform(215, 260)),
        shift=_shift(rng, 0.14 * spread),
    )


def _usual_axial(rng: np.random.Generator, spread: float) -> _Scan:
    return _Scan(
        count=0,  # as many as it takes
        matrix=int(rng.choice([256, 320, 384])),
        spacing_mm=float(rng.uniform(2.8, 4.2)),
        fill=float(rng.uniform(0.88, 1.0)),
        fov_mm=float(rng.uniform(140, 200)),
        shift=_shift(rng, 0.10 * spread),
    )


def _shift(rng: np.random.Generator, most: float) -> tuple[float, float]:
    first, second = rng.uniform(-most, most, 2)
    return float(first), float(second)


def _oddly(scan: _Scan, rng: np.random.Generator, *, sagittal: bool) -> _Scan:
    """Some series are set up otherwise: thick slices, 1 mm cubes, tilted, a small field, off to one side."""
    kind = rng.random()
    if kind < 0.17:
        scan = replace(scan, spacing_mm=float(rng.uniform(4.4, 7.5)), fill=float(rng.uniform(0.7, 1.0)))
        if sagittal:
            scan = replace(scan, count=max(8, int(52 / scan.spacing_mm)), spacing_mm=min(scan.spacing_mm, 5.5))
    elif kind < 0.22:
        size = int(rng.choice([176, 192, 208]))
        scan = replace(scan, count=56, matrix=size, spacing_mm=1.0, fill=1.0, fov_mm=float(size))
    elif kind < 0.37:
        scan = replace(scan, fov_mm=scan.fov_mm * float(rng.choice([rng.uniform(0.7, 0.9), rng.uniform(1.1, 1.35)])))
    aside = rng.random()
    if aside < 0.2:
        scan = replace(scan, shift=_shift(rng, 0.24 if sagittal else 0.2))
    elif aside < 0.3 and sagittal:  # low: the dens and more are out of view
        scan = replace(scan, shift=(scan.shift[0], float(rng.uniform(-0.34, -0.2))))
    if rng.random() < 0.3:
        scan = replace(scan, tilt=float(np.deg2rad(rng.uniform(-30, 30))))
    return scan


class _Aim:
    """What a radiographer sees on the scout: where the neck is and how it runs."""

    def __init__(
        self, spec: PhantomSpec, rng: np.random.Generator, spread: float, whole_neck: bool, tilt_deg: float
    ) -> None:
        tables = tables_of(spec)
        self.rng, self.spread, self.tilt = rng, spread, np.deg2rad(tilt_deg)

        def point(s_mm: float, p_mm: float = 0.0) -> Floats:
            local = np.array([*tables.line.to_phantom_mm(0.0, s_mm, p_mm), 1.0])
            result: Floats = (tables.pose @ local)[:3]
            return result

        c5 = VERTEBRAE.index("C5")
        thoracic = VERTEBRAE.index("T1")
        self.neck_middle = point(float(tables.span.bottom[c5]) - 4.0, 2.0)
        self.dens = point(0.0, -5.0)
        self.t1 = point(float(tables.span.bottom[thoracic]), -8.0)
        self.axial_top = point(float(rng.uniform(2.0 if whole_neck else -22.0, 12.0)), 2.0)
        self.axial_bottom = point(float(tables.span.bottom[thoracic] - rng.uniform(0, 10)), 2.0)
        self.axis_down = self.axial_bottom - self.axial_top
        self.left = tables.pose[:3, 0]

    def kept_in_view(self, turn: Floats, shift: Floats, fov: float) -> Floats:
        """The in-plane part of ``shift``, changed so that dens tip and T1 lie at least a little inside."""
        half = 0.95 * fov / 2 - _VIEW_MARGIN_MM
        ends = np.array([turn.T @ (point - self.neck_middle) for point in (self.dens, self.t1)])[:, 1:]
        result: Floats = np.clip(shift[1:], ends.max(axis=0) - half, ends.min(axis=0) + half)
        return result

    def _tilt(self, degrees: float) -> float:
        return float(np.deg2rad(self.spread * self.rng.normal(0, degrees)))

    def sagittal(self) -> Floats:
        """Columns: left, posterior, superior directions of the plane, roughly along the patient."""
        left = self.left + np.array([0.0, self._tilt(3), self._tilt(3)])
        left /= np.linalg.norm(left)
        up = np.array([0.0, self._tilt(6), 1.0])
        return _pitched(_frame(left, up), self.tilt)

    def axial(self) -> Floats:
        """The stack follows the line from C1 to T1 more or less."""
        up = -self.axis_down / np.linalg.norm(self.axis_down)
        up = up + np.array([self._tilt(3), self._tilt(7), 0.0])
        left = self.left + np.array([0.0, self._tilt(3), 0.0])
        return _pitched(_frame(left / np.linalg.norm(left), up), self.tilt)


def _pitched(turn: Floats, angle: float) -> Floats:
    """A frame turned about its own left axis: its superior direction leans backward for angles > 0."""
    cos, sin = np.cos(angle), np.sin(angle)
    result: Floats = turn @ np.array([[1.0, 0.0, 0.0], [0.0, cos, sin], [0.0, -sin, cos]])
    return result


def _frame(left: Floats, up: Floats) -> Floats:
    """An orthonormal (left, posterior, superior) frame: exactly ``left``, as near as can be to ``up``."""
    up = up - left * (left @ up)
    up = up / np.linalg.norm(up)
    posterior = np.cross(up, left)
    return np.column_stack([left, posterior, up])


def placed_grid(
    turn: Floats,
    centre: Floats,
    shape: tuple[int, int, int],
    spacing_k: float,
    fov: float,
    fill: float,
    *,
    axial: bool = False,
) -> Grid:
    """A sagittal or axial stack around ``centre`` (LPS mm); ``turn``: its left, posterior and superior directions."""
    left, posterior, up = turn.T
    pixel = fov / shape[2]
    if axial:  # rows run to the left, columns to the back, slices upward
        columns = np.column_stack([up * spacing_k, posterior * pixel, left * pixel])
    else:  # rows run to the back, columns downward, slices to the left
        columns = np.column_stack([left * spacing_k, -up * pixel, posterior * pixel])
    affine = np.eye(4)
    affine[:3, :3] = columns
    affine[:3, 3] = centre - columns @ ((np.array(shape) - 1) / 2)
    return Grid(shape, affine, fill)


def disc_blocks(
    spec: PhantomSpec, rng: np.random.Generator, *, matrix: int | None = None, thickness_mm: float | None = None
) -> tuple[Grid, ...]:
    """Axial packs of three to five slices, one per disc C2/3 … C7/T1, each tilted along its own disc."""
    tables = tables_of(spec)
    size = matrix or int(rng.choice([256, 320, 384]))
    fov = float(rng.uniform(140, 190))
    fill = float(rng.uniform(0.88, 1.0))
    spacing = (thickness_mm or float(rng.uniform(2.5, 3.5))) / fill
    blocks = []
    for s_mm in tables.span.disc[:6]:
        slope = float(tables.line.slope[int(tables.line.row(float(s_mm)))])
        up = tables.pose[:3, :3] @ np.array([0.0, -np.sin(slope), np.cos(slope)])
        up = up + np.array([0.0, np.deg2rad(rng.normal(0, 4)), 0.0])
        turn = _frame(tables.pose[:3, 0], up)
        local = np.array([*tables.line.to_phantom_mm(0.0, float(s_mm), 2.0), 1.0])
        shape = (int(rng.integers(3, 6)), size, size)
        blocks.append(placed_grid(turn, (tables.pose @ local)[:3], shape, spacing, fov, fill, axial=True))
    return tuple(blocks)


def isotropic_grids(
    spec: PhantomSpec, rng: np.random.Generator, roles: Iterable[SeriesRole], *, matrix: int | None = None
) -> dict[SeriesRole, Grid]:
    """Every series as a 3-D sequence of 1 mm cubes: sagittal slabs, and an axial slab along the neck."""
    pose = _Aim(spec, rng, 0.7, True, 0.0)
    size = matrix or 192
    length = float(np.linalg.norm(pose.axial_top - pose.axial_bottom))
    sagittal, axial = pose.sagittal(), pose.axial()
    grids: dict[SeriesRole, Grid] = {}
    for role in roles:
        if role in (SeriesRole.SAGITTAL_T1, SeriesRole.SAGITTAL_T2):
            grids[role] = placed_grid(sagittal, pose.neck_middle, (60, size, size), 1.0, float(size), 1.0)
        else:
            middle = (pose.axial_top + pose.axial_bottom) / 2
            grids[role] = placed_grid(axial, middle, (int(length) + 10, size, size), 1.0, float(size), 1.0, axial=True)
    return grids
