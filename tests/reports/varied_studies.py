"""Where twenty varied reports come from: small necks of boxes, as scanners of many countries write them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import FileDataset

from reporting.accounts.models import User
from reporting.predictions.models import Algorithm, InferenceJob
from reporting.predictions.services import LabelMapFile, claim_job, publish_predictions, request_inference
from reporting.studies.blobs import store_bytes
from reporting.studies.models import Study
from tests.browser.neck import PLANS, STUDY_UID, Plan, result_payload
from tests.inference.dicom_series import write_enhanced, write_series

_T1, _T2, _AXIAL = PLANS
# Three sagittal slices, and one through each disc: numbered as the reading of the large neck names them.
_SAGITTAL = {"shape": (3, 56, 49), "spacing": 3.2, "step": 3.0, "origin": (3.0, -72.0, 100.0)}
SMALL = (
    replace(_T1, **_SAGITTAL),
    replace(_T2, **_SAGITTAL),
    replace(_AXIAL, shape=(6, 32, 32), spacing=3.6, step=17.0, origin=(-58.0, -45.0, -33.5)),
)
_NUMBERS = ((3, 4, 5), (3, 4, 5), tuple(round((-33.5 + 17.0 * k + 54.0) / 4.0) + 1 for k in range(6)))


@dataclass(frozen=True)
class Origin:
    """Who lay in the scanner, and how it wrote that. ``written``: the bytes of a name in no set that is declared."""

    name: str
    charset: Any = "ISO_IR 192"
    written: bytes = b""
    patient_id: str = "own"
    issuer: str = ""
    birth: str = "19700203"
    sex: str = "M"
    accession: str = "own"
    study_date: str = "20261124"
    referring: str = ""
    description: str = "MR cervical spine"
    is_multi_frame: bool = False
    has_t1: bool = True


def number_of(number: int) -> str:
    """Part of every UID of the study."""
    return str(100 + number)


def write_study(folder: Path, number: int, origin: Origin) -> None:
    """Its series: T1 unless it has none, T2 sagittal (maybe as one object of many frames), T2 axial."""
    for place, plan in enumerate(SMALL):
        if place == 0 and not origin.has_t1:
            continue
        path = folder / number_of(number) / str(place)
        if place == 1 and origin.is_multi_frame:
            _write_frames(path, number, origin)
        else:
            _write_slices(path, number, origin, place, plan)


def _write_slices(path: Path, number: int, origin: Origin, place: int, plan: Plan) -> None:
    def edit(index: int, dataset: FileDataset) -> None:
        _describe(dataset, number, origin, place)
        _name(dataset, f"{dataset.SeriesInstanceUID}.{_NUMBERS[place][index]}")

    written = write_series(
        path,
        _pixels(place),
        orientation=plan.orientation,
        origin=plan.origin,
        pixel_spacing=(plan.spacing, plan.spacing),
        step_mm=plan.step,
        tr_te_ms=plan.tr_te_ms,
        edit=edit,
        study_uid=f"{STUDY_UID}.{number_of(number)}",
        frame_of_reference_uid=f"{STUDY_UID}.{number_of(number)}.9",
    )
    for one in written:
        _put_bytes(one, origin)


def _write_frames(path: Path, number: int, origin: Origin) -> None:
    path.mkdir(parents=True)
    order = [2, 1, 0]  # as it pleased the scanner
    file = write_enhanced(path / "frames.dcm", _pixels(1), order)
    dataset = pydicom.dcmread(file)
    (shared,), plan = dataset.SharedFunctionalGroupsSequence, SMALL[1]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = list(plan.orientation)
    shared.PixelMeasuresSequence[0].PixelSpacing = [plan.spacing, plan.spacing]
    for frame, place in zip(dataset.PerFrameFunctionalGroupsSequence, order, strict=True):
        frame.PlanePositionSequence[0].ImagePositionPatient = [float(mm) for mm in plan.points()[place, 0, 0]]
    dataset.StudyInstanceUID = f"{STUDY_UID}.{number_of(number)}"
    dataset.FrameOfReferenceUID = f"{dataset.StudyInstanceUID}.9"
    dataset.InstanceNumber = 1
    _describe(dataset, number, origin, 1)
    _name(dataset, f"{dataset.SeriesInstanceUID}.1")
    dataset.save_as(file)
    _put_bytes(file, origin)


def _describe(dataset: FileDataset, number: int, origin: Origin, place: int) -> None:
    if origin.charset is not None:
        dataset.SpecificCharacterSet = origin.charset
    dataset.PatientName = "N" * len(origin.written) if origin.written else origin.name
    dataset.PatientID = f"D{number_of(number)}" if origin.patient_id == "own" else origin.patient_id
    if origin.issuer:
        dataset.IssuerOfPatientID = origin.issuer
    dataset.PatientBirthDate, dataset.PatientSex, dataset.PatientAge = origin.birth, origin.sex, "056Y"
    dataset.AccessionNumber = f"MR2026{number_of(number)}" if origin.accession == "own" else origin.accession
    dataset.StudyDate, dataset.StudyTime, dataset.StudyID = origin.study_date, "093000", "S7"
    dataset.StudyDescription, dataset.SeriesDescription = origin.description, SMALL[place].name
    dataset.ReferringPhysicianName = origin.referring
    dataset.SeriesInstanceUID = f"{STUDY_UID}.{number_of(number)}.{place + 1}"
    dataset.SeriesNumber = place + 1


def _name(dataset: FileDataset, uid: str) -> None:
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid


def _put_bytes(path: Path, origin: Origin) -> None:
    """A library would not write what is in no character set that was declared."""
    if origin.written:
        there = b"N" * len(origin.written)
        content = path.read_bytes()
        assert content.count(there) == 1
        path.write_bytes(content.replace(there, origin.written))


@cache
def _pixels(place: int) -> Any:
    return SMALL[place].pixels(place)


@cache
def _label_map(place: int) -> bytes:
    return SMALL[place].label_map()


def read_by_machine(study: Study, number: int, origin: Origin, algorithm: Algorithm, by: User) -> InferenceJob:
    """The job as it ended: levels, findings, measurements and masks of the small neck."""
    job = request_inference(study, by=by)
    claimed = claim_job(job.pk, worker="test")
    assert claimed is not None
    identity = {"name": algorithm.name, "version": algorithm.version, "weights_sha256": algorithm.weights_sha256}
    payload = _as_written(result_payload(identity, patient=number_of(number)), number, origin)
    there = set(study.series_set.values_list("series_instance_uid", flat=True))
    payload["series"] = [one for one in payload["series"] if one["uid"] in there]
    maps = []
    for place in (1, 2):
        kept = store_bytes(_label_map(place))
        maps.append(LabelMapFile(f"{STUDY_UID}.{number_of(number)}.{place + 1}", kept.sha256, kept.size_bytes))
    assert publish_predictions(job.pk, claimed.attempt, payload, label_maps=maps)
    job.refresh_from_db()
    return job


def _as_written(said: Any, number: int, origin: Origin) -> Any:
    """The same of a study whose sagittal slices are all T2, or frames of one object."""
    if isinstance(said, list):
        return [_as_written(one, number, origin) for one in said]
    if not isinstance(said, dict):
        return said
    if "sop_instance_uid" not in said:
        return {key: _as_written(value, number, origin) for key, value in said.items()}
    t1, t2 = (f"{STUDY_UID}.{number_of(number)}.{place}" for place in (1, 2))
    if said["series_uid"] == t1 and not origin.has_t1:
        said = {**said, "series_uid": t2, "sop_instance_uid": f"{t2}.{said['k'] + 1}"}
    if said["series_uid"] == t2 and origin.is_multi_frame:
        said = {**said, "sop_instance_uid": f"{t2}.1", "frame_number": 2}
    return said
