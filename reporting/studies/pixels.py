"""Pixels of untrusted files, decoded in a bounded child process: decoders are C code that meets whatever was sent."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from reporting.studies.bounded_child import BoundedChild, ChildLimits, borrow, give_back
from reporting.studies.pixel_decoding import MAX_VOXELS, Pixels, PixelsRefused
from reporting.studies.refusals import RefusalCode

CHILD = "reporting.studies.pixel_child"
LIMITS = ChildLimits(memory_bytes=4 * 1024**3, cpu_seconds=120, wall_seconds=300.0)
"""Room for the largest object accepted (``MAX_VOXELS``): its bytes, what is stored in them, and the pixels."""

_TYPES = frozenset({"|u1", "|i1", "<u2", "<i2", "<u4", "<i4"})


def decoded_pixels(path: Path, *, first: int = 1, last: int | None = None, limits: ChildLimits = LIMITS) -> Pixels:
    """Frames ``first`` to ``last`` of one object, stacked: shape (frame, row, column), with (…, 3) for colour.

    Raises :class:`PixelsRefused` with the reasons of ``pixel_decoding.decode_pixels``; a decoder that dies, hangs or
    wants more memory than is allowed is ``pixels_unreadable`` too.
    """
    child = borrow(CHILD, limits)
    try:
        pixels = _ask(child, path, first, last)
    except PixelsRefused:
        give_back(child)
        raise
    except BaseException:  # interrupted, by a job's time limit for one: pixels may still be on their way
        child.end()
        raise
    give_back(child)
    return pixels


def _ask(child: BoundedChild, path: Path, first: int, last: int | None) -> Pixels:
    answer = child.ask(path, first=first, last=last)
    if isinstance(answer, RefusalCode):
        raise _gave_up(answer)
    said = json.loads(answer)
    if "refused" in said:
        raise PixelsRefused(said["refused"], said["message"])
    shape = tuple(int(size) for size in said["shape"])
    if len(shape) not in (3, 4) or not 0 < math.prod(shape) <= MAX_VOXELS or said["dtype"] not in _TYPES:
        child.kill()
        raise _gave_up(RefusalCode.PARSER_DIED)
    pixels = np.empty(shape, dtype=said["dtype"])
    cut_short = child.read_into(pixels.data.cast("B"))
    if cut_short is not None:
        raise _gave_up(cut_short)
    return pixels


def _gave_up(why: RefusalCode) -> PixelsRefused:
    return PixelsRefused("pixels_unreadable", f"The pixel data cannot be decoded within the limits ({why.value}).")
