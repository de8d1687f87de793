"""One MR object → the bytes of the object that may leave, or the reason why none may."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import ExplicitVRLittleEndian

from reporting.deidentification.burned_in import has_text
from reporting.deidentification.codes import coded
from reporting.deidentification.profile import METHOD, METHOD_CODES
from reporting.deidentification.pseudonyms import Pseudonyms
from reporting.deidentification.rewriting import rewritten
from reporting.deidentification.withholding import ObjectWithheld, Withheld, reason_to_withhold

IMPLEMENTATION_CLASS_UID = "2.25.198803274513246830541962138497730642911"
IMPLEMENTATION_NAME = "DENS_DEID_1"

Frames = Sequence[NDArray[np.generic]]


def deidentified(dataset: Dataset, frames: Frames, names: Pseudonyms) -> bytes:
    """A DICOM file (explicit little endian) with nothing of the person in its header, and these pixels.

    ``frames``: decoded, (row, column) each, so that neither codestream comments nor padding nor overlay bits travel.

    Raises:
        ObjectWithheld: with the reason.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # values that go may be as wrong as they like
        reason = reason_to_withhold(dataset)
        if reason is not None:
            raise ObjectWithheld(reason)
        if not frames or any(frame.ndim != 2 or frame.shape != frames[0].shape for frame in frames):
            raise ObjectWithheld(Withheld.UNREADABLE)
        if any(has_text(frame) for frame in frames):
            raise ObjectWithheld(Withheld.TEXT_IN_PIXELS)
        found = rewritten(dataset, names)
        _say_how(found, names)
        _set_pixels(found, frames)
        return _written(found)


def _say_how(dataset: Dataset, names: Pseudonyms) -> None:
    dataset.PatientName = dataset.PatientID = names.patient_id
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = METHOD
    dataset.DeidentificationMethodCodeSequence = Items([coded(code, "DCM", text) for code, text in METHOD_CODES])
    dataset.LongitudinalTemporalInformationModified = "MODIFIED"


def _set_pixels(dataset: Dataset, frames: Frames) -> None:
    dataset.Rows, dataset.Columns = frames[0].shape
    dataset.BitsAllocated = frames[0].dtype.itemsize * 8
    if len(frames) > 1:
        dataset.NumberOfFrames = len(frames)
    pixels = b"".join(np.ascontiguousarray(frame).tobytes() for frame in frames)
    dataset.add_new(0x7FE00010, "OW", pixels + b"\0" * (len(pixels) % 2))


def _written(dataset: Dataset) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = IMPLEMENTATION_NAME
    dataset.file_meta, dataset.preamble = meta, b"\0" * 128
    into = io.BytesIO()
    dataset.save_as(into, enforce_file_format=True)
    return into.getvalue()
