"""Pictures for ``docs/phantom_figures.md``: phantom slices beside real ones, same plane, contrast and pixel size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.nifti import read_nifti
from inference.phantom import (
    ArtefactStrengths,
    Grid,
    Pathology,
    PhantomSpec,
    Tissue,
    artefacts,
    draw_spec,
    image_from_codes,
    render_codes,
    tissue_artefacts,
)
from inference.phantom.acquisition import placed_grid
from inference.phantom.render import tables_of
from inference.phantom.spec import DISCS, VERTEBRAE
from inference.preprocess import canonical
from reporting.studies.series_roles import Plane

Picture = NDArray[np.float32]

PANEL_PX = 190
FIELD_MM = 84.0
SUPERSAMPLED = 4
QUIET = ArtefactStrengths(noise=0.4, ghosts=0.0, motion=0.0, wrap=0.0, bias=0.5, fall_off=0.3, gamma=0.5)
SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class RealSlice:
    """One slice of a public sample; ``path`` under the samples folder, ``middle_mm`` what the panel is centred on."""

    path: str
    plane: Plane
    k: int
    middle_ji: tuple[float, float]


@dataclass(frozen=True)
class Comparison:
    """One figure: real slices, then as many of each family, scanned with the same pixels and thickness."""

    name: str
    real: tuple[RealSlice, ...]
    contrast: str
    pixel_mm: float
    thickness_mm: float
    places: tuple[str, ...]  # of the phantom's slices: a level, or ``midline`` and millimetres to the left


def _axial(folder: str, name: str, k: int, middle_ji: tuple[float, float]) -> RealSlice:
    return RealSlice(f"nifti/{folder}/{name}.nii.gz", Plane.AXIAL, k, middle_ji)


def _sagittal(k: int) -> RealSlice:
    return RealSlice("nifti/sagT2_crop_fake_lesion_MIT/t2_fake_lesion.nii.gz", Plane.SAGITTAL, k, (49.0, 49.0))


_UNF, _GRE = "axial_unf01_1mm_CCBY", "axial_GRE_sub-05_CCBY"
_UNF_MIDDLE, _GRE_MIDDLE = (76.0, 65.0), (132.0, 128.0)
COMPARISONS = (
    Comparison(
        "axial_t2",
        (_axial(_UNF, "sub-unf01_T2w", 2, _UNF_MIDDLE), _axial(_UNF, "sub-unf01_T2w", 9, _UNF_MIDDLE)),
        "T2",
        1.0,
        1.0,
        ("C5/6", "C5"),
    ),
    Comparison(
        "axial_t2star",
        (_axial(_UNF, "sub-unf01_T2star", 2, _UNF_MIDDLE), _axial(_UNF, "sub-unf01_T2star", 9, _UNF_MIDDLE)),
        "T2star",
        1.0,
        5.0,
        ("C5/6", "C5"),
    ),
    Comparison(
        "axial_t1",
        (_axial(_UNF, "sub-unf01_T1w", 2, _UNF_MIDDLE), _axial(_UNF, "sub-unf01_T1w", 9, _UNF_MIDDLE)),
        "T1",
        1.0,
        1.0,
        ("C5/6", "C5"),
    ),
    Comparison(
        "axial_c1_c2",
        (
            _axial(_GRE, "sub-05_acq-MToff_MTS", 18, _GRE_MIDDLE),
            _axial(_GRE, "sub-05_acq-MToff_MTS", 16, _GRE_MIDDLE),
        ),
        "T2star",
        0.9,
        5.0,
        ("dens", "C2 shoulders"),
    ),
    Comparison("sagittal_t2", (_sagittal(14), _sagittal(20)), "T2", 0.8, 0.8, ("midline 0", "midline 6")),
)


def write_figures(samples: Path, out: Path) -> list[Path]:
    """Write one JPEG per comparison and three of the phantom alone; return their paths.

    Raises:
        OSError: a sample is missing.
    """
    out.mkdir(parents=True, exist_ok=True)
    sheets: dict[str, list[list[Picture]]] = {
        comparison.name: _comparison(comparison, samples) for comparison in COMPARISONS
    }
    sheets["herniations"] = [_herniations(family) for family in ("first", "second")]
    sheets["fused"] = _fused()
    sheets["artefacts"] = [_artefacts()]
    paths = []
    for name, rows in sheets.items():
        path = out / f"phantom_{name}.jpg"
        _save(path, rows)
        paths.append(path)
    return paths


def _comparison(comparison: Comparison, samples: Path) -> list[list[Picture]]:
    """A row of real slices, then one row per family with different seeds."""
    real = [_panel(_real(samples / one.path, one), comparison.pixel_mm) for one in comparison.real]
    rows = [real]
    for family in ("first", "second"):
        panels = []
        for seed in SEEDS[:2]:
            spec = draw_spec(seed, normal=True, family=family)
            for place in comparison.places:
                grid = _grid(spec, place, comparison)
                panels.append(_panel(_image(spec, grid, comparison.contrast, seed), comparison.pixel_mm))
        rows.append(panels)
    return rows


def _real(path: Path, one: RealSlice) -> Picture:
    volume = canonical(read_nifti(path), one.plane)
    half = FIELD_MM / 2 / volume.spacing_kji_mm[1:]
    image = np.asarray(volume.array[one.k], dtype=np.float32)
    (j, i), (below, beside) = one.middle_ji, half
    reach = int(max(half)) + 1
    padded = np.pad(image, reach)
    rows = slice(int(j - below) + reach, int(j + below) + reach)
    return padded[rows, int(i - beside) + reach : int(i + beside) + reach]


def _grid(spec: PhantomSpec, place: str, scan: Comparison) -> Grid:
    if place.startswith("midline"):
        return sagittal_grid(spec, float(place.split()[1]), scan.pixel_mm, scan.thickness_mm)
    return axial_grid(spec, _arc_length(spec, place), scan.pixel_mm, scan.thickness_mm)


def _arc_length(spec: PhantomSpec, place: str) -> float:
    span = tables_of(spec).span
    if place in DISCS:
        return float(span.disc[DISCS.index(place)])
    if place in VERTEBRAE:
        index = VERTEBRAE.index(place)
        return float(span.top[index] + span.bottom[index]) / 2
    return {"dens": 7.0, "C2 shoulders": 17.0}[place]


def axial_grid(spec: PhantomSpec, s_mm: float, pixel_mm: float, thickness_mm: float) -> Grid:
    """One axial slice of ``FIELD_MM`` across the canal at an arc length."""
    tables = tables_of(spec)
    slope = float(tables.line.slope[int(tables.line.row(s_mm))])
    back, up = np.array([0, np.cos(slope), np.sin(slope)]), np.array([0, -np.sin(slope), np.cos(slope)])
    turn = np.column_stack([np.array([1.0, 0, 0]), back, up])
    return _one_slice(spec, turn, tables.line.to_phantom_mm(0.0, s_mm, 0.0), pixel_mm, thickness_mm, axial=True)


def sagittal_grid(spec: PhantomSpec, left_mm: float, pixel_mm: float, thickness_mm: float) -> Grid:
    """One sagittal slice of ``FIELD_MM`` around T1."""
    tables = tables_of(spec)
    at = tables.line.to_phantom_mm(left_mm, float(tables.span.top[VERTEBRAE.index("T1")]), 4.0)
    return _one_slice(spec, np.eye(3), at, pixel_mm, thickness_mm, axial=False)


def _one_slice(
    spec: PhantomSpec,
    turn: NDArray[np.float64],
    at: Sequence[float],
    pixel_mm: float,
    thickness_mm: float,
    *,
    axial: bool,
) -> Grid:
    """``turn`` and ``at`` in phantom coordinates; the patient's pose comes on top."""
    pose, count = tables_of(spec).pose, int(FIELD_MM / pixel_mm)
    centre = (pose @ np.array([*at, 1.0]))[:3]
    shape = (1, count, count)
    return placed_grid(pose[:3, :3] @ turn, centre, shape, thickness_mm, count * pixel_mm, 1.0, axial=axial)


def _image(spec: PhantomSpec, grid: Grid, contrast: str, seed: int) -> Picture:
    codes = render_codes(spec, grid, SUPERSAMPLED)
    image: Picture = image_from_codes(codes, contrast, np.random.default_rng(seed), artefacts=QUIET)[0]
    return image


def _herniations(family: str) -> list[Picture]:
    panels = []
    for seed, text in enumerate(
        ("midline:central:4mm", "left:paracentral:4mm", "right:foraminal:4mm", "left:foraminal:3mm"), start=1
    ):
        spec = draw_spec(seed, [Pathology.parse(f"C5/6:herniation:{text}")], family=family)
        panels.append(_panel(_image(spec, axial_grid(spec, _arc_length(spec, "C5/6"), 0.5, 3.0), "T2", seed), 0.5))
    return panels


def _fused() -> list[list[Picture]]:
    rows = []
    for contrast in ("T1", "T2"):
        panels = []
        for seed, text in enumerate(("C7/T1:fusion", "C6/7:fusion", "C6/7:hardware", "C7/T1:hardware"), start=1):
            spec = draw_spec(seed, [Pathology.parse(text)])
            panels.append(_panel(_image(spec, sagittal_grid(spec, 2.0, 0.6, 3.0), contrast, seed), 0.6))
        rows.append(panels)
    return rows


def _artefacts() -> list[Picture]:
    """Clean, pulsation, swallowing, aliasing: each alone and strong."""
    spec = draw_spec(SEEDS[0], normal=True)
    grid = axial_grid(spec, _arc_length(spec, "C5/6"), 0.6, 3.0)
    codes = render_codes(spec, grid, SUPERSAMPLED)
    clean = image_from_codes(codes, "T2", np.random.default_rng(1), artefacts=False)

    def share(tissues: Sequence[Tissue]) -> Picture:
        part: Picture = np.isin(codes, [int(tissue) for tissue in tissues]).mean(axis=1).astype(np.float32)
        return part

    steps: tuple[Callable[[np.random.Generator], Picture], ...] = (
        lambda rng: clean,
        lambda rng: tissue_artefacts.pulsation(clean, share(tissue_artefacts.FLUID), rng, 1.5, 2),
        lambda rng: tissue_artefacts.swallowing(clean, share(tissue_artefacts.THROAT), rng, 1.5, 1),
        lambda rng: artefacts.wrap(clean, rng, 1.0, 1),
    )
    return [_panel(step(np.random.default_rng(4))[0], 0.6) for step in steps]


def _panel(image: Picture, pixel_mm: float) -> Picture:
    """Windowed to its 1st and 99.5th percentile and resized to ``PANEL_PX`` per ``FIELD_MM``."""
    low, high = np.percentile(image, [1, 99.5])
    grey = Image.fromarray((255 * np.clip((image - low) / max(high - low, 1e-6), 0, 1)).astype(np.uint8))
    scale = PANEL_PX / (FIELD_MM / pixel_mm)
    size = (round(grey.width * scale), round(grey.height * scale))
    return np.asarray(grey.resize(size, Image.Resampling.BICUBIC), dtype=np.float32)


def _save(path: Path, rows: list[list[Picture]]) -> None:
    widest = max(len(row) for row in rows)
    sheet = np.zeros((len(rows) * (PANEL_PX + 4), widest * (PANEL_PX + 4)), dtype=np.uint8)
    for j, row in enumerate(rows):
        for i, panel in enumerate(row):
            top, left = j * (PANEL_PX + 4), i * (PANEL_PX + 4)
            part = panel[:PANEL_PX, :PANEL_PX]
            sheet[top : top + part.shape[0], left : left + part.shape[1]] = part
    Image.fromarray(sheet).save(path, quality=85)
