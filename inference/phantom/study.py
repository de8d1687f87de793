"""A whole phantom study: drawn, scanned, written as DICOM, with its truth beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.level_frames import disc_edge
from inference.phantom.acquisition import disc_blocks, isotropic_grids, study_grids
from inference.phantom.artefacts import ArtefactStrengths
from inference.phantom.contrast import image_from_codes
from inference.phantom.dicom_writer import StudyHeader, write_series
from inference.phantom.draw import draw_spec
from inference.phantom.pathology import Pathology
from inference.phantom.render import Grid, render_codes
from inference.phantom.spec import PhantomSpec
from inference.phantom.truth import truth_record
from inference.phantom.vendors import PLANE_OF_ROLE, VENDORS, Protocol, Vendor, protocol_of
from reporting.vocabulary import DiscLevel, LevelKind, SeriesRole

TRUTH_FILE = "truth.json"
AS_NEAR_MM = 1.0
LAYOUTS = ("stack", "blocks", "isotropic")
DEMO_ARTEFACTS = ArtefactStrengths(
    noise=0.6, ghosts=0.6, motion=0.4, bias=0.8, fall_off=0.6, pulsation=0.5, swallowing=0.6, wrap=0.0
)


@dataclass(frozen=True)
class StudyPlan:
    """A study before any voxel is made: evaluation re-renders its label maps from here."""

    spec: PhantomSpec
    packs: dict[SeriesRole, tuple[Grid, ...]]
    """The grids of each series, most often one; with ``layout="blocks"`` an axial series has one per disc."""
    vendor: Vendor
    vendor_name: str
    header: StudyHeader
    contrasts: dict[SeriesRole, str]

    @property
    def grids(self) -> dict[SeriesRole, Grid]:
        """The first pack of each series."""
        return {role: packs[0] for role, packs in self.packs.items()}

    def protocol(self, role: SeriesRole) -> Protocol:
        usual = self.vendor.protocols[role]
        return usual if self.contrasts[role] == usual.contrast else protocol_of(self.contrasts[role])


def plan_study(
    seed: int,
    pathologies: Iterable[Pathology] = (),
    vendor: str = "siemens",
    fat_suppressed: bool = False,
    *,
    normal: bool = False,
    family: str = "first",
    margin_mm: float | None = 0.5,
    chinese_name: bool = False,
    matrix: int | None = None,
    thickness_mm: float | None = None,
    tilt_deg: float = 0.0,
    contrast: str | None = None,
    layout: str = "stack",
) -> StudyPlan:
    """Draw anatomy, scan and header of one study; equal arguments give an equal study, UIDs included.

    ``thickness_mm`` fixes the slice thickness of every series, ``tilt_deg`` (at most 40 either way) turns every field
    of view about the left-right axis, ``contrast`` replaces that of the plain axial T2 series (``T2star``, ``STIR``).
    ``layout``: ``stack``, ``blocks`` (axial packs along each disc) or ``isotropic`` (1 mm cubes; both take no tilt).
    A random mix here has no fused level; ask for one with the pathology ``fusion`` or ``hardware``.

    Raises:
        ValueError: unknown vendor, family, contrast or layout, a thickness or tilt out of range, or ``normal``
            together with pathologies.
    """
    if vendor not in VENDORS:
        raise ValueError(f"unknown vendor {vendor!r}; one of {', '.join(VENDORS)}")
    _check_scan(thickness_mm, tilt_deg, contrast, layout)
    spec = draw_spec(seed, pathologies, normal=normal, family=family, margin_mm=margin_mm, fusions=False)
    rng = np.random.default_rng([seed, 11])
    grids = study_grids(
        spec,
        rng,
        spread=0.7,
        matrix=matrix,
        fat_suppressed=fat_suppressed,
        whole_neck=True,
        thickness_mm=thickness_mm,
        tilt_deg=tilt_deg,
        varied=False,
    )
    if layout == "isotropic":
        grids = isotropic_grids(spec, rng, grids, matrix=matrix)
    packs: dict[SeriesRole, tuple[Grid, ...]] = {role: (grid,) for role, grid in grids.items()}
    if layout == "blocks":
        blocks = disc_blocks(spec, rng, matrix=matrix, thickness_mm=thickness_mm)
        packs |= {role: blocks for role in packs if PLANE_OF_ROLE[role] == "axial"}
    contrasts = {role: VENDORS[vendor].protocols[role].contrast for role in grids}
    if contrast is not None:
        contrasts[SeriesRole.AXIAL_T2] = contrast
    scan = (vendor, fat_suppressed, chinese_name, matrix, thickness_mm, tilt_deg, contrast, layout)
    identity = hashlib.sha256(repr((spec, scan)).encode()).hexdigest()
    name = f"PHANTOM^SEED{seed}"
    header = StudyHeader(
        identity=identity,
        patient_name=f"{name}=仿真^体模{seed}" if chinese_name else name,
        patient_id=f"PHANTOM-{seed}",
        sex=spec.sex,
        age_years=spec.age_years,
        accession_number=f"PH{seed % 10**6}-{identity[:6].upper()}",
        taken_at=datetime(2024, 1, 8, 8, tzinfo=UTC) + timedelta(days=seed % 700, minutes=7 * (seed % 60)),
    )
    return StudyPlan(spec, packs, VENDORS[vendor], vendor, header, contrasts)


def _check_scan(thickness_mm: float | None, tilt_deg: float, contrast: str | None, layout: str) -> None:
    if thickness_mm is not None and not 0.8 <= thickness_mm <= 10.0:
        raise ValueError(f"slice thickness {thickness_mm:g} mm is outside 0.8 to 10 mm")
    if abs(tilt_deg) > 40.0:
        raise ValueError(f"tilt {tilt_deg:g} degrees is outside -40 to 40")
    if contrast is not None:
        protocol_of(contrast)
    if layout not in LAYOUTS:
        raise ValueError(f"unknown layout {layout!r}; one of {', '.join(LAYOUTS)}")
    if layout != "stack" and tilt_deg:
        raise ValueError(f"layout {layout!r} takes no tilt")
    if layout == "isotropic" and thickness_mm is not None:
        raise ValueError("an isotropic study takes no slice thickness")


def write_study(
    out: Path | str,
    seed: int,
    pathologies: Iterable[Pathology] = (),
    vendor: str = "siemens",
    fat_suppressed: bool = False,
    *,
    normal: bool = False,
    family: str = "first",
    margin_mm: float | None = 0.5,
    chinese_name: bool = False,
    matrix: int | None = None,
    thickness_mm: float | None = None,
    tilt_deg: float = 0.0,
    contrast: str | None = None,
    layout: str = "stack",
    through_plane_samples: int = 4,
    artefacts: bool | ArtefactStrengths = DEMO_ARTEFACTS,
) -> dict[str, Any]:
    """Plan one study and write it under ``out``; arguments as in ``plan_study`` and ``write_plan``."""
    plan = plan_study(
        seed,
        pathologies,
        vendor,
        fat_suppressed,
        normal=normal,
        family=family,
        margin_mm=margin_mm,
        chinese_name=chinese_name,
        matrix=matrix,
        thickness_mm=thickness_mm,
        tilt_deg=tilt_deg,
        contrast=contrast,
        layout=layout,
    )
    return write_plan(out, plan, through_plane_samples=through_plane_samples, artefacts=artefacts)


def write_plan(
    out: Path | str,
    plan: StudyPlan,
    *,
    through_plane_samples: int = 4,
    artefacts: bool | ArtefactStrengths = DEMO_ARTEFACTS,
) -> dict[str, Any]:
    """Write a study under ``out``: a folder of DICOM files per series and ``truth.json``; return the truth.

    Existing files of the same study are overwritten with the same bytes.
    """
    root = Path(out)
    root.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([plan.spec.seed, 13])
    truth = truth_record(plan.spec)
    truth["vendor"] = plan.vendor_name
    truth["study_instance_uid"] = plan.header.uid("study")
    truth["accession_number"] = plan.header.accession_number
    truth["series"] = []
    scanned: list[tuple[Grid, NDArray[np.uint8]]] = []  # series of the same grid differ in contrast only
    for number, (role, packs) in enumerate(plan.packs.items(), start=1):
        protocol = plan.protocol(role)
        codes = [_codes(plan.spec, grid, through_plane_samples, scanned) for grid in packs]
        scanned = list(zip(packs, codes, strict=True))
        images = [image_from_codes(part, protocol.contrast, rng, artefacts=artefacts) for part in codes]
        image = np.concatenate(images)
        image /= np.percentile(image, 99.7)
        folder = f"{number:02d}_{role.value}"
        uid, sops = write_series(root / folder, image, packs, plan.header, plan.vendor, protocol, number)
        truth["series"].append(_series_truth(role, packs, protocol, folder, uid, sops))
    _add_index_slices(truth, plan)
    (root / TRUTH_FILE).write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return truth


def _codes(
    spec: PhantomSpec, grid: Grid, through_plane_samples: int, scanned: list[tuple[Grid, NDArray[np.uint8]]]
) -> NDArray[np.uint8]:
    for other, codes in scanned:
        if other.shape_kji == grid.shape_kji and np.allclose(other.affine_lps_mm, grid.affine_lps_mm):
            return codes
    return render_codes(spec, grid, through_plane_samples)


def _series_truth(
    role: SeriesRole, packs: tuple[Grid, ...], protocol: Protocol, folder: str, uid: str, sops: list[str]
) -> dict[str, Any]:
    return {
        "uid": uid,
        "role": role.value,
        "path": folder,
        "description": protocol.description,
        "contrast": protocol.contrast,
        "shape_kji": [len(sops), *packs[0].shape_kji[1:]],
        "spacing_kji_mm": [round(float(value), 4) for value in packs[0].spacing_kji_mm],
        "pack_sizes": [grid.shape_kji[0] for grid in packs],
        "sop_instance_uids": sops,
    }


def _add_index_slices(truth: dict[str, Any], plan: StudyPlan) -> None:
    """The axial T2 slice nearest a disc's posterior edge, the sagittal T2 slice nearest a vertebra's centre.

    Slices whose plane lies at most ``AS_NEAR_MM`` farther show the level as well: an edge halfway between two slices
    belongs to both of them.
    """
    series = {entry["role"]: entry for entry in truth["series"]}
    centers = {level["name"]: level["center_lps_mm"] for level in truth["levels"]}
    for level in truth["levels"]:
        is_disc = level["kind"] == LevelKind.DISC.value
        role = SeriesRole.AXIAL_T2 if is_disc else SeriesRole.SAGITTAL_T2
        entry = series[role.value]
        point = disc_edge(DiscLevel(level["name"]), centers) if is_disc else level["center_lps_mm"]
        away_mm = _distances_mm(plan.packs[role], np.array(point, dtype=np.float64))
        k = int(away_mm.argmin())
        level["index_slice"] = {
            "series_uid": entry["uid"],
            "sop_instance_uid": entry["sop_instance_uids"][k],
            "k": k,
            "as_near_k": np.flatnonzero(away_mm <= away_mm[k] + AS_NEAR_MM).tolist(),
        }


def _distances_mm(packs: tuple[Grid, ...], point_lps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far every slice's plane lies from a point, through all packs of the series."""
    parts = []
    for grid in packs:
        index = float((np.linalg.inv(grid.affine_lps_mm) @ np.array([*point_lps_mm, 1.0]))[0])
        parts.append(np.abs(np.arange(grid.shape_kji[0]) - index) * float(grid.spacing_kji_mm[0]))
    return np.concatenate(parts)
