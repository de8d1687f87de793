"""A version as the printed report inside a DICOM object (Encapsulated PDF IOD, PS3.3 A.45)."""

from __future__ import annotations

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from reporting.reports.exports.dicom.source import (
    CHARACTERS,
    MANUFACTURER,
    Source,
    da,
    dt,
    file_of,
    series_uid_of,
    tm,
    uid_of,
)

SERIES_NUMBER = 9002
_COPIED = (
    *("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID"),
    *("StudyDate", "StudyTime", "StudyID", "AccessionNumber", "StudyDescription", "ReferringPhysicianName"),
)


def encapsulated_pdf(source: Source, pdf: bytes) -> bytes:
    """The file."""
    uid = uid_of(source.version, "pdf")
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = EncapsulatedPDFStorage, uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SpecificCharacterSet = CHARACTERS
    for keyword in _COPIED:
        if keyword in source.images[0]:
            setattr(made, keyword, getattr(source.images[0], keyword))
    made.SOPClassUID, made.SOPInstanceUID = EncapsulatedPDFStorage, uid
    made.SeriesInstanceUID = series_uid_of(source.version.report, "pdf")
    made.SeriesNumber, made.InstanceNumber = SERIES_NUMBER, source.version.number
    made.Modality, made.Manufacturer = "DOC", MANUFACTURER
    made.SeriesDescription = "Report (PDF)"
    made.ConversionType = "SYN"
    made.ContentDate, made.ContentTime = da(source.at), tm(source.at)
    made.InstanceCreationDate, made.InstanceCreationTime = da(source.at), tm(source.at)
    made.AcquisitionDateTime = dt(source.at)
    made.BurnedInAnnotation = "YES"
    made.DocumentTitle = "MR of the cervical spine"
    made.ConceptNameCodeSequence = [_title()]
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocumentLength = len(pdf)
    made.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return file_of(made)


def _title() -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "18748-4", "LN", "Diagnostic imaging study"
    return code
