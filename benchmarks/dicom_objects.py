"""Invented MR objects with pixels that no compressor shortens, and every UID new."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid


def write_study(folder: Path, *, series: int, objects: int, side: int, seed: int) -> Path:
    """``series`` of ``objects`` square sagittal slices each; ``folder`` is returned."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(seed)
    study = generate_uid()
    for number in range(series):
        uid, frame = generate_uid(), generate_uid()
        for index in range(objects):
            made = _object(random.integers(0, 4096, (side, side), dtype=np.uint16))
            made.StudyInstanceUID, made.SeriesInstanceUID, made.FrameOfReferenceUID = study, uid, frame
            made.PatientID, made.PatientName = patient_id(seed), f"Bench^{seed}"
            made.SeriesNumber, made.InstanceNumber = number + 1, index + 1
            made.ImagePositionPatient = [float(index) * 3.0, -80.0, 100.0]
            made.save_as(folder / f"{number:03d}-{index:05d}.dcm", enforce_file_format=True)
    return folder


def patient_id(seed: int) -> str:
    """Of the study that was written with it."""
    return f"BENCH{seed}"


def _object(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint16]]) -> FileDataset:
    meta = FileMetaDataset()
    uid = generate_uid()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = MRImageStorage, uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID, made.SOPInstanceUID = MRImageStorage, uid
    made.Modality, made.StudyDate, made.StudyTime, made.AccessionNumber = "MR", "20260301", "101500", "B1"
    made.StudyDescription, made.SeriesDescription = "MR cervical spine", "t2_tse_sag"
    made.PatientSex, made.PatientBirthDate, made.PatientAge = "O", "19700101", "056Y"
    made.ImageType, made.ScanningSequence, made.SequenceVariant = ["ORIGINAL", "PRIMARY", "M"], "SE", "SK"
    made.RepetitionTime, made.EchoTime, made.FlipAngle, made.SliceThickness = 3000.0, 100.0, 150.0, 3.0
    made.ImageOrientationPatient = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]
    made.PixelSpacing = [0.6, 0.6]
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 12, 11, 0
    made.Rows, made.Columns = pixels.shape
    made.PixelData = pixels.tobytes()
    made["PixelData"].VR = "OW"
    return made
