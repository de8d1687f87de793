"""Pixels of one SOP Instance, decoded only after its declared size was checked against its own codestream.

A 1.3 kB JPEG 2000 object can ask for 9 GB. Rows × Columns × NumberOfFrames is bounded first, then compared with the
size written in the codestream of each frame, and only then is a decoder called. What meets stored bytes calls
``decoding_sandbox``, which does this in a bounded child.
"""

from __future__ import annotations

import struct
import warnings
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000TransferSyntaxes, RLELossless

from inference.results import PipelineError
from reporting.studies.codestreams import Codestream, read_codestream

MAX_SIDE = 4096
MAX_FRAMES = 5000
MAX_VOXELS = 256_000_000
"""Of one series: 512 × 512 × 976."""

PHOTOMETRIC = ("MONOCHROME1", "MONOCHROME2")


def decode_frames(path: Path) -> NDArray[np.float32]:
    """All frames of one object, shape (frame, row, column), as stored.

    Raises ``PipelineError`` with reason ``not_greyscale``, ``image_too_large``, ``pixel_size_disagrees``,
    ``deflated`` or ``pixels_unreadable``. Messages never hold header text.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # padding after the pixels and the like
            dataset = pydicom.dcmread(path)
            check_declared_size(dataset)
            stored = dataset.pixel_array
    except (
        ValueError,
        RuntimeError,
        AttributeError,
        NotImplementedError,
        TypeError,
        KeyError,
        EOFError,
        struct.error,
    ) as error:
        raise PipelineError("pixels_unreadable", "The pixel data cannot be decoded (cut off or damaged).") from error
    frames = np.asarray(stored, dtype=np.float32)
    if frames.ndim == 2:
        frames = frames[np.newaxis]
    if frames.ndim != 3:
        raise PipelineError("not_greyscale", "The image is not a single-channel image.")
    return frames


def check_declared_size(dataset: Dataset) -> None:
    """Refuse what is too large or contradicts its codestream, before any decoder sees it."""
    if dataset.file_meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
        raise PipelineError("deflated", "The deflated transfer syntax is not accepted.")
    rows, columns = int(dataset.get("Rows") or 0), int(dataset.get("Columns") or 0)
    frames = int(dataset.get("NumberOfFrames") or 1)
    if "PixelData" not in dataset or rows < 1 or columns < 1:
        raise PipelineError("no_pixels", "The object holds no image.")
    if dataset.get("SamplesPerPixel", 1) != 1 or dataset.get("PhotometricInterpretation") not in PHOTOMETRIC:
        raise PipelineError("not_greyscale", "The image is not a single-channel image.")
    if max(rows, columns) > MAX_SIDE or frames > MAX_FRAMES or rows * columns * frames > MAX_VOXELS:
        raise PipelineError("image_too_large", f"{rows} × {columns} × {frames} is larger than any MR series accepted.")
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax is None or not syntax.is_encapsulated:
        expected = rows * columns * frames * (int(dataset.get("BitsAllocated") or 16) // 8)
        if len(dataset.PixelData) < expected:
            raise PipelineError("pixels_unreadable", "The pixel data is shorter than its header says (cut off).")
        return
    if syntax == RLELossless:
        return  # it declares no size; the gate bounds its length and the child the memory it takes
    for frame in generate_frames(dataset.PixelData, number_of_frames=frames):
        declared = read_codestream(frame, jpeg2000=syntax in JPEG2000TransferSyntaxes)
        if declared != Codestream(rows, columns, 1):
            raise PipelineError("pixel_size_disagrees", "The compressed image has another size than its header says.")
