"""A neck made of boxes: three DICOM series, their label maps, and what a network might say of them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset

from reporting.vocabulary import LABEL_VALUES, DiscLevel, Structure, Vertebra
from tests.inference.dicom_series import AXIAL, SAGITTAL, write_series

STUDY_UID = "1.2.826.0.1.3680043.10.777.1"
CENTRES_Z = {vertebra: 60.0 - 17.0 * number for number, vertebra in enumerate(list(Vertebra)[1:])}
T2 = {0: 300, 1: 430, 2: 260, 3: 950, 4: 520, 5: 140, 6: 170}
T1 = {0: 260, 1: 640, 2: 330, 3: 150, 4: 380, 5: 140, 6: 170}


def labels_at(points: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The structure at each LPS point (…, 3)."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    found = np.zeros(points.shape[:-1], dtype=np.uint8)

    def fill(structure: Structure, where: NDArray[np.bool_]) -> None:
        found[where] = LABEL_VALUES[structure]

    fill(Structure.SAC, (np.abs(x) < 9) & (np.abs(y - 17) < 7.5))
    fill(Structure.CORD, (x / 5.5) ** 2 + ((y - 17) / 3.6) ** 2 < 1)
    fill(Structure.PLL, (np.abs(x) < 6) & (y > 8) & (y < 10))
    fill(Structure.LF, (np.abs(np.abs(x) - 7) < 3.5) & (y > 24.5) & (y < 27))
    for vertebra, centre in CENTRES_Z.items():
        fill(Structure.BODY, (np.abs(x) < 12) & (np.abs(y) < 8) & (np.abs(z - centre) < 6.2))
        lower = vertebra.below
        if lower in CENTRES_Z:
            middle = (centre + CENTRES_Z[lower]) / 2
            reach = np.where((vertebra is Vertebra.C5) & (np.abs(x + 4) < 4), 13.5, 8.0)
            fill(Structure.DISC, (np.abs(x) < 11) & (y > -8) & (y < reach) & (np.abs(z - middle) < 2.3))
    return found


def disc_z(level: DiscLevel) -> float:
    return (CENTRES_Z[level.upper_vertebra] + CENTRES_Z[level.lower_vertebra]) / 2


@dataclass(frozen=True)
class Plan:
    """Geometry of one series: voxel (k, row, column) → LPS."""

    name: str
    orientation: tuple[float, ...]
    origin: tuple[float, float, float]
    shape: tuple[int, int, int]
    spacing: float
    step: float
    tr_te_ms: tuple[float, float]
    weights: dict[int, int]

    def points(self) -> NDArray[np.float64]:
        row, column = np.array(self.orientation[:3]), np.array(self.orientation[3:])
        k, r, c = np.meshgrid(*(np.arange(n) for n in self.shape), indexing="ij")
        normal = np.cross(row, column)
        steps = (
            k[..., None] * self.step * normal,
            r[..., None] * self.spacing * column,
            c[..., None] * self.spacing * row,
        )
        return np.array(self.origin) + sum(steps)

    def pixels(self, seed: int) -> NDArray[np.uint16]:
        labels = labels_at(self.points())
        table = np.array([self.weights[value] for value in range(7)], dtype=np.float64)
        noise = np.random.default_rng(seed).normal(0, 18, labels.shape)
        return np.asarray(np.clip(table[labels] + noise, 0, 4000), dtype=np.uint16)

    def label_map(self) -> bytes:
        """NIfTI with axes (column, row, slice), affine to RAS."""
        row, column = np.array(self.orientation[:3]), np.array(self.orientation[3:])
        affine = np.eye(4)
        affine[:3, 0], affine[:3, 1] = row * self.spacing, column * self.spacing
        affine[:3, 2], affine[:3, 3] = np.cross(row, column) * self.step, self.origin
        data = labels_at(self.points()).transpose(2, 1, 0)
        image = nibabel.Nifti1Image(data, np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine)
        stream = io.BytesIO()
        image.to_file_map({"image": nibabel.FileHolder(fileobj=stream), "header": nibabel.FileHolder(fileobj=stream)})
        return stream.getvalue()


PLANS = (
    Plan("T1 sag", SAGITTAL, (9.0, -72.0, 100.0), (7, 128, 112), 1.4, 3.0, (620.0, 11.0), T1),
    Plan("T2 sag", SAGITTAL, (9.0, -72.0, 100.0), (7, 128, 112), 1.4, 3.0, (3200.0, 102.0), T2),
    Plan("T2 ax", AXIAL, (-58.0, -45.0, -54.0), (30, 96, 96), 1.2, 4.0, (4100.0, 98.0), T2),
)


@cache
def _pixels(number: int) -> NDArray[np.uint16]:
    return PLANS[number].pixels(number)


@cache
def _label_map(number: int) -> bytes:
    return PLANS[number].label_map()


def write_neck(folder: Path, *, patient: str = "1", name: str = "Wang^XiaoDong=王^小东") -> list[Path]:
    """Write the three series; returns every file."""

    def edit_for(plan: Plan) -> Any:
        def edit(index: int, dataset: FileDataset) -> None:
            dataset.SpecificCharacterSet = "ISO_IR 192"
            dataset.PatientName, dataset.PatientID = name, f"D{patient}"
            dataset.PatientSex, dataset.PatientAge, dataset.PatientBirthDate = "M", "056Y", "19700203"
            dataset.StudyDescription, dataset.AccessionNumber = "MR cervical spine", f"MR2026{patient:0>4}"
            dataset.StudyDate, dataset.SeriesDescription = "20261124", plan.name
            dataset.StudyTime, dataset.StudyID, dataset.ReferringPhysicianName = "093000", "S7", "Li^Ming=李^明"
            dataset.SOPInstanceUID = f"{STUDY_UID}.{patient}.{PLANS.index(plan) + 1}.{index + 1}"
            dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
            dataset.SeriesInstanceUID = f"{STUDY_UID}.{patient}.{PLANS.index(plan) + 1}"
            dataset.SeriesNumber = PLANS.index(plan) + 1

        return edit

    paths = []
    for number, plan in enumerate(PLANS):
        paths += write_series(
            folder / str(number),
            _pixels(number),
            orientation=plan.orientation,
            origin=plan.origin,
            pixel_spacing=(plan.spacing, plan.spacing),
            step_mm=plan.step,
            tr_te_ms=plan.tr_te_ms,
            edit=edit_for(plan),
            study_uid=f"{STUDY_UID}.{patient}",
            frame_of_reference_uid=f"{STUDY_UID}.{patient}.9",
        )
    return paths


def label_maps(patient: str = "1") -> dict[str, bytes]:
    return {f"{STUDY_UID}.{patient}.{number}": _label_map(number - 1) for number in (2, 3)}


def _slice(patient: str, series: int, k: int) -> dict[str, Any]:
    uid = f"{STUDY_UID}.{patient}.{series}"
    return {"series_uid": uid, "sop_instance_uid": f"{uid}.{k + 1}", "k": k, "frame_number": None}


def _axial(patient: str, z: float) -> dict[str, Any]:
    return _slice(patient, 3, round((z + 54.0) / 4.0))


def result_payload(algorithm: dict[str, str], *, patient: str = "1") -> dict[str, Any]:
    """What the pipeline would hand in: a right paracentral herniation at C5/6, thick ligaments there, a slip at C4."""
    levels = []
    for vertebra, z in CENTRES_Z.items():
        if vertebra is not Vertebra.T1:
            place = {"sagittal_slice": _slice(patient, 2, 3), "index_slice": None}
            levels.append(
                {"name": vertebra.value, "kind": "vertebra", "center_lps_mm": [0, 0, z], "status": "named", **place}
            )
    for disc in list(DiscLevel)[:-1]:
        z = disc_z(disc)
        line = [[0, -15.0, z], [0, 2.0, z]]
        place = {
            "sagittal_slice": _slice(patient, 2, 3),
            "index_slice": _axial(patient, z),
            "line_lps_mm": line,
        }
        levels.append({"name": disc.value, "kind": "disc", "center_lps_mm": [0, 0, z], "status": "named", **place})
    predictions = []

    def say(finding: str, level: str, probability: float, threshold: float = 0.5, **more: Any) -> None:
        kind = {"positive": probability >= threshold, "probability": probability, "threshold": threshold}
        predictions.append({"finding": finding, "level": level, **kind, "algorithm": algorithm, **more})

    for number, vertebra in enumerate(list(CENTRES_Z)[:-1]):
        source = {"source_slice": _slice(patient, 1, 3)}
        say(
            "osteophyte",
            vertebra.value,
            0.91 if vertebra in (Vertebra.C5, Vertebra.C6) else 0.06 + 0.02 * number,
            **source,
        )
        if vertebra is not Vertebra.C7:
            slipped = vertebra is Vertebra.C4
            detail = {"mm": -2.6, "grade": "I", "direction": "posterior"} if slipped else {"mm": 0.3}
            say("slip", vertebra.value, 0.83 if slipped else 0.04, **source, **detail)
    for disc in list(DiscLevel)[:-1]:
        source = {"source_slice": _axial(patient, disc_z(disc))}
        worst = disc is DiscLevel.C5_6
        detail = (
            {"zone": "paracentral", "herniation_side": "right", "mm": 4.1, "mm_from_mask": 5.4}
            if worst
            else {"mm": 0.4}
        )
        say("herniation", disc.value, 0.96 if worst else 0.11, **source, **detail)
        say("pll", disc.value, 0.71 if worst else 0.08, **source, mm=2.4 if worst else 1.3)
        for side in ("left", "right"):
            thick = worst and side == "right"
            say("lf", disc.value, 0.88 if thick else 0.09, **source, side=side, mm=3.1 if thick else 1.4)
    z = disc_z(DiscLevel.C5_6)
    measured = {"level": "C5/6", "value": 8.0, "unit": "mm", "side": None, "line_lps_mm": [[0, 4.0, z], [0, 12.0, z]]}
    measurements = [
        {"name": name, "series_uid": f"{STUDY_UID}.{patient}.{number}", **measured}
        for name, number in (("canal_ap", 2), ("sac_ap", 3))
    ]
    findings = ("osteophyte", "slip", "herniation", "pll", "lf")
    return {
        "schema_version": "1",
        "series": [
            {"uid": f"{STUDY_UID}.{patient}.{n}", "role": role, "reason": "timing"}
            for n, role in ((1, "sagittal_t1"), (2, "sagittal_t2"), (3, "axial_t2"))
        ],
        "gate": {
            "status": "run",
            "reasons": [],
            "findings": {name: {"status": "run", "reasons": []} for name in findings},
        },
        "levels": levels,
        "predictions": predictions,
        "measurements": measurements,
        "algorithm": algorithm,
        "timings_s": {"total": 1.0},
        "device": "cpu",
    }
