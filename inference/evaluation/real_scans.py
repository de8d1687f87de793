"""The public sample scans: cord overlap where somebody drew it, no wrong level said with confidence, others refused.

The scans show healthy volunteers, scanner phantoms and noise with real headers: this is a check that the path works on
real files, not a measure of diagnostic accuracy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inference.evaluation.overlap import dice
from inference.nifti import read_nifti
from inference.pipeline import run
from inference.resampling import resample_like
from inference.results import PipelineError, PipelineResult
from reporting.vocabulary import LABEL_VALUES, DiscLevel, GateStatus, LevelStatus, SeriesRole, Structure, Vertebra

_CREDIT = "Spine Generic Public Database (CC BY 4.0); spinalcordtoolbox and ivadomed test data (MIT)"


@dataclass(frozen=True)
class CordScan:
    """A scan with a cord mask. ``levels``: an image of vertebral numbers along the cord, or ``None`` where the dens is
    outside the field of view, so that any name is a wrong one."""

    title: str
    image: str
    cord: str
    role: SeriesRole
    levels: str | None = None


CORD_SCANS = (
    CordScan(
        "axial GRE 5 mm, sub-05",
        "nifti/axial_GRE_sub-05_CCBY/sub-05_acq-MTon_MTS.nii.gz",
        "nifti/axial_GRE_sub-05_CCBY/sub-05_acq-MTon_MTS_seg.nii.gz",
        SeriesRole.AXIAL_FS_T2,
    ),
    *(
        CordScan(
            f"axial {name} 1 mm, sub-unf01",
            f"nifti/axial_unf01_1mm_CCBY/sub-unf01_{name}.nii.gz",
            f"nifti/axial_unf01_1mm_CCBY/sub-unf01_{name}_seg-manual.nii.gz",
            role,
        )
        for name, role in (
            ("T1w", SeriesRole.AXIAL_FS_T2),
            ("T2w", SeriesRole.AXIAL_T2),
            ("T2star", SeriesRole.AXIAL_FS_T2),
        )
    ),
    CordScan(
        "sagittal T2 crop at the chest",
        "nifti/sagT2_crop_fake_lesion_MIT/t2_fake_lesion.nii.gz",
        "nifti/sagT2_crop_fake_lesion_MIT/t2_fake_lesion_sc_seg.nii.gz",
        SeriesRole.SAGITTAL_T2,
    ),
    CordScan(
        "averaged and straightened template PAM50",
        "nifti/PAM50_small_template_MIT/PAM50_small_t2.nii.gz",
        "nifti/PAM50_small_template_MIT/PAM50_small_cord.nii.gz",
        SeriesRole.SAGITTAL_T2,
        "nifti/PAM50_small_template_MIT/PAM50_small_levels.nii.gz",
    ),
)
REFUSED = (
    *(
        f"dicom/dcm_qa_BSD2/{name}"
        for name in (
            "ge_discovery_mr750_epi",
            "philips_achieva_phantom",
            "siemens_prisma_phantom_J2K",
            "siemens_prisma_phantom_JPEGlossless",
            "siemens_skyra_mosaic_phantom",
            "siemens_vida_XA10_enhanced_phantom",
            "uih_uMR770_tiled_DTI",
        )
    ),
    *(
        f"dicom/noise_pixels_real_headers_MIT/{name}"
        for name in (
            "FAIL_CT_gantry_tilt",
            "ge_mr750_dti",
            "philips_achieva_classic",
            "philips_achieva_dstream",
            "philips_achieva_enhanced_32f",
            "siemens_skyra_classic",
            "siemens_trio_implicit",
        )
    ),
    "dicom/pydicom_MIT",
    "nifti/masks_unf01_0.5mm_MIT",
)


def look_at(folder: Path, device: str | None, report: Callable[[str], None]) -> dict[str, Any]:
    """Analyse every sample that is there; what is absent is named, not counted."""
    scans = [_cord_scan(folder, scan, device) for scan in CORD_SCANS]
    refusals = [_refusal(folder, name, device) for name in REFUSED]
    for one in scans:
        score = f"cord Dice {one['cord_dice']}, {one['wrong_levels']} of {one['named_levels']} named levels wrong"
        report(f"{one['title']}: {score}; {one['said']}")
    for one in refusals:
        report(f"{one['title']}: {one['said']}")
    dices = [one["cord_dice"] for one in scans if one["cord_dice"] is not None]
    levelled = [one for one in scans if not one["absent"]]
    tried = [one for one in refusals if not one["absent"]]
    return {
        "credit": _CREDIT,
        "cord_dice": round(float(np.mean(dices)), 4) if dices else None,
        "cord_scans": len(dices),
        "wrong_levels": sum(one["wrong_levels"] for one in levelled) if levelled else None,
        "named_levels": sum(one["named_levels"] for one in levelled),
        "level_scans": len(levelled),
        "refused": round(float(np.mean([one["refused"] for one in tried])), 4) if tried else None,
        "refusal_cases": len(tried),
        "scans": scans,
        "refusals": refusals,
    }


def _cord_scan(folder: Path, scan: CordScan, device: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "title": scan.title,
        "absent": False,
        "cord_dice": None,
        "named_levels": 0,
        "wrong_levels": 0,
        "said": "",
    }
    image = folder / scan.image
    if not image.is_file():
        return {**found, "absent": True, "said": "sample not there"}
    result = _result([image], {str(image): scan.role}, device)
    if isinstance(result, str):
        return {**found, "cord_dice": 0.0, "said": result}
    named = [one for one in result.levels if one.status is LevelStatus.NAMED]
    names = {one.name: one.center_lps_mm[2] for one in named}
    wrong = len(named) if scan.levels is None else _wrong(names, folder / scan.levels)
    score = _cord_dice(result, folder / scan.cord)
    return {
        **found,
        "cord_dice": score,
        "named_levels": len(named),
        "wrong_levels": wrong,
        "said": ", ".join(result.gate.reasons) or "everything runs",
    }


def _cord_dice(result: PipelineResult, mask_file: Path) -> float:
    """Over all label maps of the result that show a part of the mask; 0 where nothing was segmented."""
    scores = []
    for labelled in result.masks.values():
        mask = read_nifti(mask_file)
        binary = mask.with_array((mask.array.astype(np.float32) > 0.5).astype(np.uint8))
        true = resample_like(binary, labelled, nearest=True).array.astype(np.uint8) * LABEL_VALUES[Structure.CORD]
        drawn = true.any(axis=(1, 2))  # slices nobody drew on say nothing
        if drawn.any():
            scores.append(dice(true[drawn], labelled.array[drawn].astype(np.uint8), [Structure.CORD])[Structure.CORD])
    return round(float(np.mean(scores)), 4) if scores else 0.0


def _wrong(names: Mapping[str, float], levels_file: Path) -> int:
    """How many named levels lie beside another number of the level image (C1 = 1 … C7 = 7, T1 = 8)."""
    numbers = read_nifti(levels_file)
    index = np.argwhere(numbers.array)
    heights = numbers.to_lps_mm(index.astype(np.float64))[:, 2]
    values = numbers.array[tuple(index.T)]
    return sum(round(float(values[np.abs(heights - z).argmin()])) not in _numbers(name) for name, z in names.items())


def _numbers(level: str) -> set[int]:
    """What may stand beside a level: a disc lies between two numbers, and the dens of C2 stands in the ring of C1."""
    order = list(Vertebra)
    if "/" in level:
        disc = DiscLevel(level)
        return {order.index(disc.upper_vertebra) + 1, order.index(disc.lower_vertebra) + 1}
    return {1, 2} if level == Vertebra.C2 else {order.index(Vertebra(level)) + 1}


def _refusal(folder: Path, name: str, device: str | None) -> dict[str, Any]:
    title = name.split("/", 1)[1]
    if not (folder / name).exists():
        return {"title": title, "absent": True, "refused": False, "said": "sample not there"}
    result = _result([folder / name], {}, device)
    if isinstance(result, str):
        return {"title": title, "absent": False, "refused": True, "said": f"refused: {result}"}
    refused = result.gate.status is GateStatus.WITHHELD and not any(
        level.status is LevelStatus.NAMED for level in result.levels
    )
    words = ", ".join(result.gate.reasons)
    return {"title": title, "absent": False, "refused": refused, "said": f"{result.gate.status.value}: {words}"}


def _result(paths: list[Path], roles: dict[str, SeriesRole], device: str | None) -> PipelineResult | str:
    """The result, or in one word why there is none. Messages may name files and stay out of the report."""
    try:
        return run(paths, roles=roles, device=device)
    except PipelineError as refusal:
        return refusal.reason
    except Exception as fault:  # an accident on one sample is a result, too
        return f"failed with {type(fault).__name__}"
