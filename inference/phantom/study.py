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

from inference.level_frames import disc_edge
from inference.phantom.acquisition import study_grids
from inference.phantom.artefacts import ArtefactStrengths
from inference.phantom.contrast import image_from_codes
from inference.phantom.dicom_writer import StudyHeader, write_series
from inference.phantom.draw import draw_spec
from inference.phantom.pathology import Pathology
from inference.phantom.render import Grid, render_codes
from inference.phantom.spec import PhantomSpec
from inference.phantom.truth import truth_record
from inference.phantom.vendors import VENDORS, Protocol, Vendor
from reporting.vocabulary import DiscLevel, LevelKind, SeriesRole

TRUTH_FILE = "truth.json"
DEMO_ARTEFACTS = ArtefactStrengths(noise=0.6, ghosts=0.6, motion=0.4, bias=0.8, fall_off=0.6)


@dataclass(frozen=True)
class StudyPlan:
    """A study before any voxel is made: evaluation re-renders its label maps from here."""

    spec: PhantomSpec
    grids: dict[SeriesRole, Grid]
    vendor: Vendor
    vendor_name: str
    header: StudyHeader


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
) -> StudyPlan:
    """Draw anatomy, scan and header of one study; equal arguments give an equal study, UIDs included.

    Raises:
        ValueError: unknown vendor or family, or ``normal`` together with pathologies.
    """
    if vendor not in VENDORS:
        raise ValueError(f"unknown vendor {vendor!r}; one of {', '.join(VENDORS)}")
    spec = draw_spec(seed, pathologies, normal=normal, family=family, margin_mm=margin_mm)
    rng = np.random.default_rng([seed, 11])
    grids = study_grids(spec, rng, spread=0.7, matrix=matrix, fat_suppressed=fat_suppressed, whole_neck=True)
    identity = hashlib.sha256(repr((spec, vendor, fat_suppressed, chinese_name, matrix)).encode()).hexdigest()
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
    return StudyPlan(spec, grids, VENDORS[vendor], vendor, header)


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
    through_plane_samples: int = 4,
    artefacts: bool | ArtefactStrengths = DEMO_ARTEFACTS,
) -> dict[str, Any]:
    """Write one study under ``out``: a folder of DICOM files per series and ``truth.json``; return the truth.

    Arguments as in ``plan_study``. Existing files of the same study are overwritten with the same bytes.
    """
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
    )
    root = Path(out)
    root.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, 13])
    truth = truth_record(plan.spec)
    truth["vendor"] = vendor
    truth["study_instance_uid"] = plan.header.uid("study")
    truth["accession_number"] = plan.header.accession_number
    truth["series"] = []
    for number, (role, grid) in enumerate(plan.grids.items(), start=1):
        protocol = plan.vendor.protocols[role]
        image = image_from_codes(
            render_codes(plan.spec, grid, through_plane_samples), protocol.contrast, rng, artefacts=artefacts
        )
        image /= np.percentile(image, 99.7)
        folder = f"{number:02d}_{role.value}"
        uid, sops = write_series(root / folder, image, grid, plan.header, plan.vendor, protocol, number)
        truth["series"].append(_series_truth(role, grid, protocol, folder, uid, sops))
    _add_index_slices(truth, plan)
    (root / TRUTH_FILE).write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return truth


def _series_truth(
    role: SeriesRole, grid: Grid, protocol: Protocol, folder: str, uid: str, sops: list[str]
) -> dict[str, Any]:
    return {
        "uid": uid,
        "role": role.value,
        "path": folder,
        "description": protocol.description,
        "shape_kji": list(grid.shape_kji),
        "spacing_kji_mm": [round(float(value), 4) for value in grid.spacing_kji_mm],
        "sop_instance_uids": sops,
    }


def _add_index_slices(truth: dict[str, Any], plan: StudyPlan) -> None:
    """The axial T2 slice nearest a disc's posterior edge, the sagittal T2 slice nearest a vertebra's centre."""
    series = {entry["role"]: entry for entry in truth["series"]}
    centers = {level["name"]: level["center_lps_mm"] for level in truth["levels"]}
    for level in truth["levels"]:
        is_disc = level["kind"] == LevelKind.DISC.value
        role = SeriesRole.AXIAL_T2 if is_disc else SeriesRole.SAGITTAL_T2
        grid, entry = plan.grids[role], series[role.value]
        point = disc_edge(DiscLevel(level["name"]), centers) if is_disc else level["center_lps_mm"]
        index = np.linalg.inv(grid.affine_lps_mm) @ np.array([*point, 1.0])
        k = int(np.clip(np.rint(index[0]), 0, grid.shape_kji[0] - 1))
        level["index_slice"] = {
            "series_uid": entry["uid"],
            "sop_instance_uid": entry["sop_instance_uids"][k],
            "k": k,
        }
