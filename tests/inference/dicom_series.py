"""Small MR series written as DICOM files, for tests that need bytes on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)

Edit = Callable[[int, FileDataset], None]


def slice_values(count: int, rows: int = 12, columns: int = 10) -> NDArray[np.uint16]:
    """Every voxel different, so that any permutation or flip shows."""
    return np.arange(count * rows * columns, dtype=np.uint16).reshape(count, rows, columns)


def new_object(sop_class: UID = MRImageStorage, syntax: UID = ExplicitVRLittleEndian) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = syntax
    dataset = FileDataset(
        "",
        {},
        file_meta=meta,
        preamble=b"\0" * 128,
        is_implicit_VR=syntax.is_implicit_VR,
        is_little_endian=syntax.is_little_endian,
    )
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.Modality = "MR"
    dataset.PatientID, dataset.PatientName, dataset.PatientSex, dataset.PatientAge = "P1", "TEST^ONE", "F", "050Y"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0
    return dataset


def write_series(
    folder: Path,
    values: NDArray[np.uint16] | None = None,
    *,
    orientation: tuple[float, ...] = SAGITTAL,
    origin: tuple[float, float, float] = (10.0, -40.0, 60.0),
    pixel_spacing: tuple[float, float] = (0.6, 0.5),
    step_mm: float = 3.0,
    edit: Edit | None = None,
    tr_te_ms: tuple[float, float] = (3000.0, 100.0),
    study_uid: str = "1.2.3",
    frame_of_reference_uid: str = "1.2.3.4",
    syntax: UID = ExplicitVRLittleEndian,
    name: Callable[[int], str] = lambda index: f"im{index:03d}.dcm",
) -> list[Path]:
    """Write one classic series, slice k at ``origin + k·step·normal``; ``edit`` may spoil any object before saving."""
    folder.mkdir(parents=True, exist_ok=True)
    values = slice_values(5) if values is None else values
    normal = np.cross(orientation[:3], orientation[3:])
    series_uid, paths = generate_uid(), []
    for index, plane in enumerate(values):
        dataset = new_object(syntax=syntax)
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study_uid, series_uid
        dataset.FrameOfReferenceUID = frame_of_reference_uid
        dataset.InstanceNumber = index + 1
        dataset.ImageOrientationPatient = list(orientation)
        dataset.ImagePositionPatient = [float(v) for v in np.array(origin) + index * step_mm * normal]
        dataset.PixelSpacing, dataset.SliceThickness = list(pixel_spacing), step_mm
        dataset.ScanningSequence, dataset.RepetitionTime, dataset.EchoTime = "SE", tr_te_ms[0], tr_te_ms[1]
        dataset.Rows, dataset.Columns = plane.shape
        dataset.PixelData = (plane if syntax.is_little_endian else plane.byteswap()).tobytes()
        dataset["PixelData"].VR = "OW"
        if edit is not None:
            edit(index, dataset)
        path = folder / name(index)
        dataset.save_as(path)
        paths.append(path)
    return paths


def write_enhanced(path: Path, values: NDArray[np.uint16], order: list[int]) -> Path:
    """One Enhanced MR object of sagittal slices, 3 mm apart, stored in ``order``."""
    dataset = new_object(EnhancedMRImageStorage)
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3", generate_uid()
    dataset.FrameOfReferenceUID = "1.2.3.4"
    dataset.Rows, dataset.Columns = values.shape[1:]
    dataset.NumberOfFrames = len(order)
    shared, plane, measures, timing, echo = (Dataset() for _ in range(5))
    plane.ImageOrientationPatient = list(SAGITTAL)
    measures.PixelSpacing, measures.SliceThickness = [0.6, 0.5], 3.0
    timing.RepetitionTime = 3000.0
    echo.EffectiveEchoTime = 100.0
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = Sequence([plane]), Sequence([measures])
    shared.MRTimingAndRelatedParametersSequence, shared.MREchoSequence = Sequence([timing]), Sequence([echo])
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    frames = []
    for index in order:
        frame, position = Dataset(), Dataset()
        position.ImagePositionPatient = [10.0 - 3.0 * index, -40.0, 60.0]
        frame.PlanePositionSequence = Sequence([position])
        frames.append(frame)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(frames)
    dataset.PixelData = values[order].tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.save_as(path)
    return path
