"""Reflect written DICOM files: the same pixels, the patient's left and right exchanged."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pydicom


def reflect(files: Iterable[Path]) -> None:
    """Change the sign of x in position and orientation of every slice, in place (PS3.3 C.7.6.2.1.1)."""
    for file in files:
        dataset = pydicom.dcmread(file)
        position = list(dataset.ImagePositionPatient)
        orientation = list(dataset.ImageOrientationPatient)
        position[0] = -position[0]
        orientation[0], orientation[3] = -orientation[0], -orientation[3]
        dataset.ImagePositionPatient, dataset.ImageOrientationPatient = position, orientation
        dataset.save_as(file)
