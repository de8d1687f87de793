"""Bytes of small DICOM objects, good and bad, for the ingest tests."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import FileDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRSpectroscopyStorage, generate_uid

from reporting.studies.services import IncomingFile
from tests.inference.dicom_series import SAGITTAL, new_object


def mr_object(
    *,
    study: str,
    series: str | None = None,
    number: int = 1,
    syntax: UID = ExplicitVRLittleEndian,
    edit: Callable[[FileDataset], object] | None = None,
    **values: Any,
) -> FileDataset:
    """One sagittal T2 slice, 4 mm from its neighbours; ``values`` are DICOM keywords, ``edit`` may spoil anything."""
    dataset = new_object(syntax=syntax)
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series or generate_uid(entropy_srcs=[study])
    dataset.FrameOfReferenceUID = study
    dataset.StudyDate, dataset.InstanceNumber = "20230501", number
    dataset.ImageOrientationPatient = list(SAGITTAL)
    dataset.ImagePositionPatient = [number * 4.0, -40.0, 60.0]
    dataset.PixelSpacing, dataset.SliceThickness = [0.5, 0.5], 3.5
    dataset.ScanningSequence, dataset.RepetitionTime, dataset.EchoTime = "SE", 3000.0, 100.0
    dataset.Rows, dataset.Columns = 8, 10
    pixels = np.arange(80, dtype=np.uint16) + number
    dataset.PixelData = (pixels if syntax.is_little_endian else pixels.byteswap()).tobytes()
    dataset["PixelData"].VR = "OW"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    if edit is not None:
        edit(dataset)
    return dataset


def spectrum(*, study: str, points: int = 64, data: bytes | None = None, **values: Any) -> FileDataset:
    """One MR spectrum of 2 × 2 voxels: rows and columns, but complex numbers in place of pixels."""
    dataset = mr_object(study=study, **values)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = MRSpectroscopyStorage
    for keyword in ("PixelData", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "SamplesPerPixel"):
        dataset.pop(keyword, None)
    dataset.Rows = dataset.Columns = 2
    dataset.DataPointRows, dataset.DataPointColumns, dataset.DataRepresentation = 1, points, "COMPLEX"
    numbers = np.arange(2 * 2 * points * 2, dtype=np.float32).tobytes()
    dataset.SpectroscopyData = numbers if data is None else data
    return dataset


def write_spectrum(path: Path) -> Path:
    path.write_bytes(as_bytes(spectrum(study="1.2.3", PatientID="P1")))
    return path


def as_bytes(dataset: FileDataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def mr_bytes(**arguments: Any) -> bytes:
    arguments.setdefault("study", generate_uid())
    return as_bytes(mr_object(**arguments))


def incoming(folder: Path, files: dict[str, bytes]) -> list[IncomingFile]:
    """Files on disk under neutral names, called by the given names."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for number, (name, data) in enumerate(files.items()):
        path = folder / f"{number:04d}"
        path.write_bytes(data)
        made.append(IncomingFile(name, path))
    return made


def nested_sequences(depth: int) -> bytes:
    """An explicit little-endian private sequence that holds itself ``depth`` times (undefined lengths)."""
    opening = struct.pack("<HH2sHI", 0x0009, 0x1001, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    closing = struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return opening * depth + closing * depth


def before(data: bytes, tag: tuple[int, int], extra: bytes) -> bytes:
    """``data`` with ``extra`` put in front of a top-level element (explicit little-endian)."""
    at = data.index(struct.pack("<HH", *tag))
    return data[:at] + extra + data[at:]
