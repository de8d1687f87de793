"""Frames of stored objects. What has to be decoded is kept under the digest of its bytes: once, in a bounded child.

Everything here can be made again; ``trim_cache`` keeps it within ``CACHE_BYTES``.
"""

from __future__ import annotations

import fcntl
import io
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _

from reporting.core.errors import DomainError
from reporting.studies.blobs import verified_path
from reporting.studies.native_pixels import native_pixels
from reporting.studies.pixel_decoding import Pixels, PixelsRefused
from reporting.studies.pixels import decoded_pixels
from reporting.studies.stored_object import StoredObject

RETRY_AFTER_S = 600
RUN = 16
"""Frames of a multi-frame object that are decoded together: the reader will ask for the next ones at once."""

LARGE_PIXELS = 1024 * 1024
"""Larger frames are decoded one by one."""

LANES = 4
"""Objects decoded at the same time per server; forty pictures of a page arrive at once."""


class PixelsUnavailable(DomainError):
    """The stored pixels cannot be decoded; the report can be written without this picture."""

    code = "picture_unavailable"
    http_status = 422


def cache_dir(kind: str) -> Path:
    """A folder of the cache; everything in it can be made again."""
    path = Path(settings.STATE_DIR) / "cache" / kind
    path.mkdir(parents=True, exist_ok=True)
    return path


def write_to_cache(path: Path, content: bytes) -> None:
    """Put a whole file into the cache: readers see all of it or none."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.{uuid.uuid4().hex}")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def stored_frame(instance: StoredObject, frame: int) -> Pixels:
    """Stored values of one frame (from 1): (row, column), or (row, column, 3) as 8-bit RGB. Little-endian.

    Raises :class:`PixelsUnavailable` when it cannot be decoded, ``BlobDamaged`` when the bytes are gone or damaged.
    """
    native = native_pixels(instance) if frame == 1 else None
    if native is not None:
        return native
    path = _path(instance, frame)
    pixels = _kept(path)
    if pixels is None:
        _refuse_again(path)
        with _lane(instance):
            pixels = _kept(path)
            if pixels is None:
                _refuse_again(path)
                pixels = _decode(instance, frame)
    return pixels


def trim_cache(max_bytes: int) -> int:
    """Remove what is oldest in the cache until it is no larger than ``max_bytes``; returns how many files went."""
    found = []
    for path in (Path(settings.STATE_DIR) / "cache").glob("*/*"):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        found.append((stat.st_mtime, stat.st_size, path))
    excess = sum(size for _written, size, _path in found) - max_bytes
    removed = 0
    for _written, size, path in sorted(found):
        if excess <= 0:
            break
        path.unlink(missing_ok=True)
        excess -= size
        removed += 1
    return removed


def _path(instance: StoredObject, frame: int) -> Path:
    return cache_dir("frames") / f"{instance.sha256}-{frame}.npy"


def _kept(path: Path) -> Pixels | None:
    try:
        kept: Pixels = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return kept


def _refuse_again(path: Path) -> None:
    """A frame that just failed is not tried for a while: each try may take minutes, and other pictures wait for it."""
    failure = path.with_suffix(".failed")
    if failure.exists() and time.time() - failure.stat().st_mtime < RETRY_AFTER_S:
        raise PixelsUnavailable(_("This image cannot be shown: its pixels cannot be decoded"))


@contextmanager
def _lane(instance: StoredObject) -> Iterator[None]:
    """One object at a time per lane, over all processes; the same object always takes the same lane."""
    lane = cache_dir("lanes") / f"{int(instance.sha256[:8], 16) % LANES}.lock"
    with lane.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _decode(instance: StoredObject, frame: int) -> Pixels:
    blob = verified_path(instance.sha256)
    first = (frame - 1) // RUN * RUN + 1
    runs = [(first, min(first + RUN - 1, instance.number_of_frames))] if _is_small(instance) else []
    for start, end in [*runs, (frame, frame)]:
        try:
            run = decoded_pixels(blob, first=start, last=end)
            wanted: Pixels = run[frame - start]
        except (PixelsRefused, IndexError):
            continue
        for number, pixels in enumerate(run, start=start):
            content = io.BytesIO()
            np.save(content, pixels, allow_pickle=False)
            write_to_cache(_path(instance, number), content.getvalue())
        return wanted
    _path(instance, frame).with_suffix(".failed").touch()
    raise PixelsUnavailable(_("This image cannot be shown: its pixels cannot be decoded"))


def _is_small(instance: StoredObject) -> bool:
    """Whether a run of its frames fits easily into memory; an object whose header was not kept is not believed to."""
    series = instance.header.get("series", {})
    return bool(0 < (series.get("rows") or 0) * (series.get("columns") or 0) <= LARGE_PIXELS)
