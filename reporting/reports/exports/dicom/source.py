"""What DICOM objects made of a report share: the patient and study of the images, and names that never change."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID, generate_uid

from reporting.reports.exports.standing import Standing, standing_of
from reporting.reports.models import Report, ReportVersion, VersionKind
from reporting.studies.blobs import BlobDamaged, verified_path
from reporting.studies.headers import InstanceHeader
from reporting.studies.models import SopInstance
from reporting.studies.patient_identity import known_sex
from reporting.studies.sandbox import read_headers

MANUFACTURER = "Dens"
CHARACTERS = "ISO_IR 192"
_IMAGE_MODALITY = "MR"
_SEPARATES = re.compile(r"[\\\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Source:
    """A version as it is exported, and the images it is about."""

    standing: Standing
    images: tuple[Dataset, ...]

    @property
    def version(self) -> ReportVersion:
        return self.standing.version

    @property
    def base(self) -> ReportVersion:
        return self.standing.base

    @property
    def content(self) -> Mapping[str, Any]:
        return self.standing.content

    @property
    def is_final(self) -> bool:
        return self.base.kind == VersionKind.FINAL

    @property
    def at(self) -> datetime:
        """When the version was made: every date of the objects, so that the same version gives the same bytes."""
        return self.version.created_at.astimezone(UTC)


def source_of(version: ReportVersion) -> Source:
    """Reads the header of one image in a bounded child for what our tables do not keep."""
    standing = standing_of(version)
    return Source(standing, _images(version.report, standing.content["header"]))


def uid_of(version: ReportVersion, what: str) -> UID:
    """Always the same for the same version: an archive that gets an object twice knows it."""
    return generate_uid(entropy_srcs=["dens", what, str(version.report_id), str(version.number)])


def series_uid_of(report: Report, what: str) -> UID:
    return generate_uid(entropy_srcs=["dens", "series", what, str(report.pk)])


def _images(report: Report, header: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """The MR objects of the study, as references with the patient and study they belong to."""
    rows = SopInstance.objects.filter(series__study=report.study, series__modality=_IMAGE_MODALITY)
    rows = rows.select_related("series").order_by("series__series_instance_uid", "sop_instance_uid")
    found = list(rows)
    said = _said_by(found[0]) if found else None
    return tuple(_reference(row, header, said) for row in found)


def _said_by(row: SopInstance) -> InstanceHeader | None:
    try:
        (header,) = read_headers([verified_path(row.sha256)])
    except BlobDamaged:
        return None
    return header if isinstance(header, InstanceHeader) else None


def _reference(row: SopInstance, header: Mapping[str, Any], said: InstanceHeader | None) -> Dataset:
    one = Dataset()
    one.SpecificCharacterSet = CHARACTERS
    one.SOPClassUID, one.SOPInstanceUID = row.sop_class_uid, row.sop_instance_uid
    one.SeriesInstanceUID = row.series.series_instance_uid
    one.Modality = row.series.modality
    if row.number_of_frames > 1:
        one.NumberOfFrames = row.number_of_frames
    put_patient_and_study(one, header, said)
    return one


def put_patient_and_study(one: Dataset, header: Mapping[str, Any], said: InstanceHeader | None) -> None:
    """Identifiers as the images have them, whatever that is: what is filed by them must be found beside the images."""
    one.PatientName, one.PatientID = person_name(header["patient_name"]), header["patient_id"]
    if header["issuer"]:
        one.IssuerOfPatientID = header["issuer"]
    one.PatientBirthDate = header["birth_date"].replace("-", "")
    one.PatientSex = known_sex(header["sex"])
    one.StudyInstanceUID = header["study_instance_uid"]
    one.StudyDate = header["study_date"].replace("-", "")
    one.StudyTime = said.study.study_time if said else ""
    one.StudyID = one_value(said.study.study_id, 16) if said else ""
    one.AccessionNumber = header["accession_number"][:16]
    one.StudyDescription = one_value(header["examination"])
    one.ReferringPhysicianName = person_name(said.study.referring_physician) if said else ""


def one_value(text: str, longest: int = 64) -> str:
    """Words as one value: a backslash would make two of them, and controls may not stand there (PS3.5 6.2)."""
    return _SEPARATES.sub(" ", text)[:longest].strip()


def person_name(name: str) -> str:
    """Each of its groups as one value, as images and messages said it."""
    return "=".join(one_value(group) for group in name.split("=")[:3])


def file_of(made: Dataset) -> bytes:
    """The object as a file (PS3.10)."""
    out = io.BytesIO()
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()


def da(at: datetime) -> str:
    return at.strftime("%Y%m%d")


def tm(at: datetime) -> str:
    return at.strftime("%H%M%S")


def dt(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S+0000")
