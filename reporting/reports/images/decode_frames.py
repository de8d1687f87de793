"""Decode single frames of stored objects; run as a child process with limits, because decoders meet untrusted bytes.

Standard input: a JSON list of ``[path, frame, out]`` (frame counts from 1). Each ``out`` becomes a ``.npz`` with
``pixels`` (float32, rescaled) and ``meta`` (JSON). A frame that cannot be decoded is left out; the rest is written.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.pixels import pixel_array

from reporting.studies.header_values import as_floats, as_int, as_text
from reporting.studies.headers import read_instance_header

MAX_SIDE = 4096
MEMORY_BYTES = 2 * 1024**3
CPU_S = 60


def limit_this_process() -> None:
    """A decoder that runs wild ends itself, not the server."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def decode_frame(dataset: Dataset, path: Path, frame: int) -> tuple[np.ndarray[Any, Any], dict[str, Any]]:
    """Rescaled pixels of one frame and its placement. Raises ``ValueError`` for what is not one grey image."""
    if max(as_int(dataset, "Rows") or 0, as_int(dataset, "Columns") or 0) > MAX_SIDE:
        raise ValueError("larger than any MR image")
    if (as_int(dataset, "SamplesPerPixel") or 1) != 1:
        raise ValueError("not a grey image")
    header = read_instance_header(dataset)
    pixels = np.asarray(pixel_array(path, index=frame - 1), dtype=np.float32)
    placed = header.frames[min(frame, len(header.frames)) - 1]
    pixels = pixels * np.float32(placed.rescale_slope) + np.float32(placed.rescale_intercept)
    window = [*as_floats(dataset, "WindowCenter")[:1], *as_floats(dataset, "WindowWidth")[:1]]
    meta = {
        "inverted": as_text(dataset, "PhotometricInterpretation").upper() == "MONOCHROME1",
        "window": window if len(window) == 2 and np.all(np.isfinite(window)) else None,
        "orientation": placed.orientation,
        "position_mm": placed.position_mm,
        "spacing_mm": placed.pixel_spacing_mm,
    }
    return pixels, meta


def write_frame(path: Path, frame: int, out: Path) -> None:
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    pixels, meta = decode_frame(dataset, path, frame)
    unfinished = out.with_suffix(f".{os.getpid()}")
    with unfinished.open("wb") as file:
        np.savez(file, pixels=pixels, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8))
    unfinished.replace(out)


def main() -> None:
    limit_this_process()
    warnings.simplefilter("ignore")
    for path, frame, out in json.load(sys.stdin):
        try:
            write_frame(Path(path), int(frame), Path(out))
        except Exception as error:  # any decoder, any error: this frame has no picture, the others do
            sys.stderr.write(f"{type(error).__name__}\n")


if __name__ == "__main__":
    main()
