"""Pixels of untrusted files, decoded in a bounded child process: decoders are C code that meets whatever was sent."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.pixel_decoding import MAX_VOXELS
from inference.results import PipelineError
from reporting.studies.bounded_child import BoundedChild, ChildLimits, borrow, give_back
from reporting.studies.refusals import RefusalCode

CHILD = "inference.decode_child"
LIMITS = ChildLimits(memory_bytes=4 * 1024**3, cpu_seconds=120, wall_seconds=300.0)
"""Room for the largest object accepted (``MAX_VOXELS``): its bytes, what is stored in them, and the float32 voxels."""


def decoded_frames(path: Path, limits: ChildLimits = LIMITS) -> NDArray[np.float32]:
    """All frames of one object, shape (frame, row, column), as stored.

    Raises ``PipelineError`` with the reasons of ``pixel_decoding.decode_frames``; a decoder that dies, hangs or wants
    more memory than is allowed is ``pixels_unreadable`` too.
    """
    child = borrow(CHILD, limits)
    try:
        frames = _ask(child, path)
    except PipelineError:
        give_back(child)
        raise
    except BaseException:  # interrupted, by the job's time limit for one: voxels may still be on their way
        child.end()
        raise
    give_back(child)
    return frames


def _ask(child: BoundedChild, path: Path) -> NDArray[np.float32]:
    answer = child.ask(path)
    if isinstance(answer, RefusalCode):
        raise _gave_up(answer)
    said = json.loads(answer)
    if "refused" in said:
        raise PipelineError(said["refused"], said["message"])
    shape = tuple(int(size) for size in said["shape"])
    if len(shape) != 3 or not 0 < math.prod(shape) <= MAX_VOXELS:
        child.kill()
        raise _gave_up(RefusalCode.PARSER_DIED)
    frames = np.empty(shape, dtype=np.float32)
    cut_short = child.read_into(frames.data.cast("B"))
    if cut_short is not None:
        raise _gave_up(cut_short)
    return frames


def _gave_up(why: RefusalCode) -> PipelineError:
    return PipelineError("pixels_unreadable", f"The pixel data cannot be decoded within the limits ({why.value}).")
