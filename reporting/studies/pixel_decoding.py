"""Pixels of one SOP Instance, decoded only after its declared size was checked against its own codestream.

A 1.3 kB JPEG 2000 object can ask for 9 GB. Rows × Columns × NumberOfFrames is bounded first, then compared with the
size written in the codestream of each frame, and only then is a decoder called. What meets stored bytes calls
``pixels``, which does this in a bounded child. Imports neither Django nor torch.
"""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels import apply_color_lut, iter_pixels
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000TransferSyntaxes, RLELossless

from reporting.studies.codestreams import Codestream, read_codestream

MAX_SIDE = 4096
MAX_FRAMES = 5000
MAX_VOXELS = 256_000_000
"""Of one series: 512 × 512 × 976."""

Pixels = NDArray[Any]


class PixelsRefused(Exception):
    """The pixels cannot be had; ``reason`` is a stable code, the message never holds header text."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def decode_pixels(path: Path, *, first: int = 1, last: int | None = None) -> list[Pixels]:
    """Frames ``first`` to ``last`` (from 1; all by default) as stored: (row, column) each, little-endian integers.

    Colour is (row, column, 3), 8-bit RGB whatever the object stores. Raises :class:`PixelsRefused` with reason
    ``no_pixels``, ``no_such_frame``, ``image_too_large``, ``pixel_size_disagrees``, ``deflated`` or
    ``pixels_unreadable``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # padding after the pixels and the like
            dataset = pydicom.dcmread(path)
            count = check_declared_size(dataset)
            last = count if last is None else min(last, count)
            if not 1 <= first <= last:
                raise PixelsRefused("no_such_frame", "The object has no such frame.")
            wanted = iter_pixels(dataset, indices=range(first - 1, last))
            return [_as_shown(dataset, frame) for frame in wanted]
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
        raise PixelsRefused("pixels_unreadable", "The pixel data cannot be decoded (cut off or damaged).") from error


def check_declared_size(dataset: Dataset) -> int:
    """Refuse what is too large or contradicts its codestream, before any decoder sees it; returns the frame count."""
    if dataset.file_meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
        raise PixelsRefused("deflated", "The deflated transfer syntax is not accepted.")
    rows, columns = int(dataset.get("Rows") or 0), int(dataset.get("Columns") or 0)
    frames, samples = int(dataset.get("NumberOfFrames") or 1), int(dataset.get("SamplesPerPixel") or 1)
    if "PixelData" not in dataset or rows < 1 or columns < 1:
        raise PixelsRefused("no_pixels", "The object holds no image.")
    if max(rows, columns) > MAX_SIDE or frames > MAX_FRAMES or rows * columns * frames * samples > MAX_VOXELS:
        raise PixelsRefused("image_too_large", f"{rows} × {columns} × {frames} is larger than any MR series accepted.")
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax is None or not syntax.is_encapsulated:
        shared = 2 if "_422" in str(dataset.get("PhotometricInterpretation")) else samples  # PS3.3 C.7.6.3.1.2
        expected = rows * columns * frames * shared * int(dataset.get("BitsAllocated") or 16) // 8
        if len(dataset.PixelData) < expected:
            raise PixelsRefused("pixels_unreadable", "The pixel data is shorter than its header says (cut off).")
        return frames
    if syntax == RLELossless:
        return frames  # it declares no size; the gate bounds its length and the child the memory it takes
    for frame in generate_frames(dataset.PixelData, number_of_frames=frames):
        declared = read_codestream(frame, jpeg2000=syntax in JPEG2000TransferSyntaxes)
        if declared != Codestream(rows, columns, samples):
            raise PixelsRefused("pixel_size_disagrees", "The compressed image has another size than its header says.")
    return frames


def _as_shown(dataset: Dataset, frame: Pixels) -> Pixels:
    """Grey as stored (pydicom has blanked the bits above BitsStored, where overlays may lie); colour as 8-bit RGB."""
    if dataset.get("PhotometricInterpretation") == "PALETTE COLOR":
        frame = apply_color_lut(frame, dataset)
    if frame.ndim == 3:
        bits = frame.dtype.itemsize * 8
        return np.asarray(frame >> (bits - 8) if bits > 8 else frame, dtype=np.uint8)
    return np.array(frame, dtype=frame.dtype.newbyteorder("<"))
