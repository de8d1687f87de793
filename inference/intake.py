"""Files and folders → series with a role each, and the files that could not be read, each with its reason.

DICOM headers are read in the bounded child of ``reporting.studies.sandbox``; nothing is decoded here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.nifti import is_nifti, read_nifti, role_of_nifti
from inference.results import PipelineError
from inference.volume_reading import DicomFile, read_volumes
from inference.volumes import Volume
from reporting.studies.headers import InstanceHeader, PatientHeader, StudyHeader
from reporting.studies.refusals import RefusalCode
from reporting.studies.sandbox import read_headers
from reporting.studies.series_roles import RoleDecision, RoleReason, assign_role
from reporting.vocabulary import SeriesRole


@dataclass(frozen=True)
class UnreadableFile:
    """A file that is kept out, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class InputSeries:
    """One series before its pixels are read. NIfTI files are a series each, with the file name as uid."""

    uid: str
    path: str
    decision: RoleDecision
    files: tuple[DicomFile, ...] = ()
    nifti: Path | None = None

    @property
    def study(self) -> StudyHeader | None:
        return self.files[0].header.study if self.files else None

    @property
    def patient(self) -> PatientHeader | None:
        return self.files[0].header.patient if self.files else None

    def read(self) -> tuple[Volume, ...]:
        """The voxels, one volume per pack of slices. Raises ``PipelineError``."""
        if self.nifti is not None:
            return (read_nifti(self.nifti),)
        return read_volumes(self.files)


@dataclass(frozen=True)
class Intake:
    series: tuple[InputSeries, ...]
    unreadable: tuple[UnreadableFile, ...]


def collect(paths: Iterable[Path], roles: Mapping[str, SeriesRole] | None = None) -> Intake:
    """Sort files (folders are walked) into series.

    ``roles`` overrides: keyed by file path or name, or by Series Instance UID.
    """
    given = roles or {}
    files = [path for root in paths for path in _files_under(root)]
    nifti = [path for path in files if is_nifti(path)]
    side_cars = {path.with_name(_json_of(path)) for path in nifti}
    others = [path for path in files if not is_nifti(path) and path not in side_cars]
    series, unreadable = _dicom_series(others, given)
    for path in nifti:
        try:
            series.append(_nifti_series(path, given))
        except PipelineError as error:
            unreadable.append(UnreadableFile(str(path), error.reason))
    return Intake(tuple(series), tuple(unreadable))


def _json_of(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".nii") + ".json"


def _files_under(root: Path) -> Iterable[Path]:
    if not root.is_dir():
        yield root
        return
    for folder, folders, names in os.walk(root, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if not name.startswith(".") and path.is_file():
                yield path


def _dicom_series(
    paths: Sequence[Path], given: Mapping[str, SeriesRole]
) -> tuple[list[InputSeries], list[UnreadableFile]]:
    groups: dict[tuple[str, str], list[DicomFile]] = {}
    unreadable = []
    for path, outcome in zip(paths, read_headers(paths), strict=True):
        if isinstance(outcome, RefusalCode):
            unreadable.append(UnreadableFile(str(path), outcome.value))
        else:
            key = (outcome.study.study_instance_uid, outcome.series.series_instance_uid)
            groups.setdefault(key, []).append(DicomFile(path, outcome))
    series = [_one_series(files, given) for files in groups.values()]
    return sorted(series, key=lambda one: one.uid), unreadable


def _one_series(files: list[DicomFile], given: Mapping[str, SeriesRole]) -> InputSeries:
    headers: list[InstanceHeader] = [file.header for file in files]
    uid = headers[0].series.series_instance_uid
    decision = _given_role(given, uid, *(str(file.path) for file in files), *(file.path.name for file in files))
    common = os.path.commonpath([file.path for file in files])
    return InputSeries(uid, common, decision or assign_role(headers), files=tuple(files))


def _nifti_series(path: Path, given: Mapping[str, SeriesRole]) -> InputSeries:
    decision = _given_role(given, str(path), path.name)
    if decision is None:
        decision = role_of_nifti(path, read_nifti(path))
    return InputSeries(path.name, str(path), decision, nifti=path)


def _given_role(given: Mapping[str, SeriesRole], *keys: str) -> RoleDecision | None:
    role = next((given[key] for key in keys if key in given), None)
    return None if role is None else RoleDecision(role, RoleReason.GIVEN)
