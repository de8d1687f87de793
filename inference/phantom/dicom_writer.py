"""One phantom series as classic single-frame MR objects (PS3.3 A.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from inference.phantom.render import Grid
from inference.phantom.vendors import Protocol, Vendor

IMPLEMENTATION_CLASS_UID = generate_uid(entropy_srcs=["dens", "phantom", "implementation"])


@dataclass(frozen=True)
class StudyHeader:
    """What all series of one study share. ``identity`` makes every UID: equal identities give equal UIDs."""

    identity: str
    patient_name: str
    patient_id: str
    sex: str
    age_years: int
    accession_number: str
    taken_at: datetime
    character_set: str = "ISO_IR 192"

    def uid(self, *parts: object) -> str:
        return str(generate_uid(entropy_srcs=["dens-phantom", self.identity, *map(str, parts)]))

    @property
    def birth_date(self) -> date:
        return date(self.taken_at.year - self.age_years, 1, 1)


def write_series(
    folder: Path,
    image: NDArray[np.float32],
    packs: tuple[Grid, ...],
    header: StudyHeader,
    vendor: Vendor,
    protocol: Protocol,
    series_number: int,
) -> tuple[str, list[str]]:
    """Write ``image`` (k, j, i) into ``folder``; return the Series Instance UID and each slice's SOP Instance UID.

    The slices of all packs follow one another along k.
    """
    folder.mkdir(parents=True, exist_ok=True)
    series_uid = header.uid("series", series_number)
    pixels = np.clip(np.rint(image * vendor.full_scale), 0, 4095).astype(np.uint16)
    count = pixels.shape[0]
    places = [(grid, k) for grid in packs for k in range(grid.shape_kji[0])]
    axial = abs(packs[0].affine_lps_mm[2, 0]) > abs(packs[0].affine_lps_mm[0, 0])
    backwards = axial and vendor.top_first
    sop_uids = [header.uid("instance", series_number, k) for k in range(count)]
    for k, (grid, in_pack) in enumerate(places):
        number = count - k if backwards else k + 1
        dataset = _patient_and_study(header)
        _series_and_equipment(dataset, header, vendor, protocol, series_uid, series_number, count)
        _geometry(dataset, grid, in_pack)
        _acquisition(dataset, header, vendor, protocol, grid, number, series_number)
        _pixels(dataset, pixels[k], vendor)
        dataset.SOPClassUID = MRImageStorage
        dataset.SOPInstanceUID = sop_uids[k]
        _save(dataset, folder / f"IM{number:04d}.dcm")
    return series_uid, sop_uids


def _patient_and_study(header: StudyHeader) -> Dataset:
    dataset = Dataset()
    dataset.SpecificCharacterSet = header.character_set
    dataset.PatientName = header.patient_name
    dataset.PatientID = header.patient_id
    dataset.IssuerOfPatientID = "DENS-PHANTOM"
    dataset.PatientBirthDate = header.birth_date.strftime("%Y%m%d")
    dataset.PatientSex = header.sex
    dataset.PatientAge = f"{header.age_years:03d}Y"
    dataset.PatientComments = "Synthetic phantom, no person"
    dataset.StudyInstanceUID = header.uid("study")
    dataset.StudyDate = header.taken_at.strftime("%Y%m%d")
    dataset.StudyTime = header.taken_at.strftime("%H%M%S")
    dataset.StudyID = header.accession_number[-8:]
    dataset.AccessionNumber = header.accession_number
    dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = "MR cervical spine (phantom)"
    return dataset


def _series_and_equipment(
    dataset: Dataset,
    header: StudyHeader,
    vendor: Vendor,
    protocol: Protocol,
    series_uid: str,
    series_number: int,
    count: int,
) -> None:
    dataset.Modality = "MR"
    dataset.SeriesInstanceUID = series_uid
    dataset.SeriesNumber = series_number
    dataset.SeriesDescription = protocol.description
    dataset.ProtocolName = protocol.description
    begun = header.taken_at + timedelta(minutes=4 * series_number)
    dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = begun.strftime("%Y%m%d")
    dataset.SeriesTime = dataset.AcquisitionTime = dataset.ContentTime = begun.strftime("%H%M%S")
    dataset.BodyPartExamined = "CSPINE"
    dataset.PatientPosition = "HFS"
    dataset.FrameOfReferenceUID = header.uid("frame of reference")
    dataset.PositionReferenceIndicator = ""
    dataset.Manufacturer = vendor.manufacturer
    dataset.ManufacturerModelName = vendor.model
    dataset.InstitutionName = vendor.institution
    dataset.StationName = vendor.station
    dataset.SoftwareVersions = vendor.software
    dataset.DeviceSerialNumber = "0"
    dataset.MagneticFieldStrength = vendor.field_strength_t
    dataset.ImagesInAcquisition = count


def _geometry(dataset: Dataset, grid: Grid, k: int) -> None:
    spacing = grid.spacing_kji_mm
    affine = grid.affine_lps_mm
    dataset.ImagePositionPatient = [_decimal(value) for value in affine[:3, :3] @ np.array([k, 0, 0]) + affine[:3, 3]]
    along_row, down_column = affine[:3, 2] / spacing[2], affine[:3, 1] / spacing[1]
    dataset.ImageOrientationPatient = [_decimal(value) for value in (*along_row, *down_column)]
    dataset.PixelSpacing = [_decimal(spacing[1]), _decimal(spacing[2])]
    dataset.SliceThickness = _decimal(spacing[0] * grid.slice_fill)
    dataset.SpacingBetweenSlices = _decimal(spacing[0])
    dataset.SliceLocation = _decimal(float(affine[:3, 0] @ (k * affine[:3, 0] + affine[:3, 3])) / spacing[0])


def _acquisition(
    dataset: Dataset,
    header: StudyHeader,
    vendor: Vendor,
    protocol: Protocol,
    grid: Grid,
    instance_number: int,
    acquisition_number: int,
) -> None:
    dataset.ImageType = list(vendor.image_type)
    dataset.InstanceNumber = instance_number
    dataset.AcquisitionNumber = acquisition_number
    dataset.ScanningSequence = protocol.scanning_sequence
    dataset.SequenceVariant = list(protocol.sequence_variant)
    dataset.ScanOptions = list(protocol.scan_options)
    dataset.MRAcquisitionType = "2D"
    dataset.SequenceName = protocol.sequence_name
    dataset.RepetitionTime = protocol.repetition_time_ms
    dataset.EchoTime = protocol.echo_time_ms
    dataset.EchoNumbers = 1
    dataset.EchoTrainLength = protocol.echo_train_length
    dataset.FlipAngle = protocol.flip_angle_deg
    dataset.NumberOfAverages = 2
    dataset.ImagingFrequency = _decimal(42.577 * vendor.field_strength_t)
    dataset.ImagedNucleus = "1H"
    dataset.PixelBandwidth = 260
    rows, columns = grid.shape_kji[1:]
    dataset.AcquisitionMatrix = [0, columns, int(0.85 * rows), 0]
    dataset.InPlanePhaseEncodingDirection = "COL"
    dataset.PercentSampling = 85
    dataset.PercentPhaseFieldOfView = 100


def _pixels(dataset: Dataset, pixels: NDArray[np.uint16], vendor: Vendor) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.SmallestImagePixelValue = int(pixels.min())
    dataset.LargestImagePixelValue = int(pixels.max())
    dataset.WindowCenter = int(vendor.full_scale * 0.5)
    dataset.WindowWidth = vendor.full_scale
    dataset.PixelData = pixels.tobytes()


def _save(dataset: Dataset, path: Path) -> None:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = "DENS_PHANTOM"
    dataset.file_meta = meta
    dataset.save_as(path, enforce_file_format=True)


def _decimal(value: float) -> str:
    """A Decimal String of at most 16 characters (PS3.5 6.2)."""
    for digits in range(10, 0, -1):
        text = f"{value:.{digits}f}"
        if len(text) <= 16:
            return text.rstrip("0").rstrip(".") if float(text) else "0"
    raise ValueError(f"{value} does not fit a Decimal String")
