"""Decoded frames, kept under the digest of the bytes they came from: each is decoded once, in a bounded child."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _

import reporting
from reporting.core.errors import DomainError
from reporting.reports.images.slice_picture import Frame
from reporting.studies.blobs import verified_path

TIMEOUT_S = 90
RETRY_AFTER_S = 600
_ROOT = Path(reporting.__file__).resolve().parent.parent


class PictureUnavailable(DomainError):
    """The stored pixels cannot be decoded; the report can be written without this picture."""

    code = "picture_unavailable"
    http_status = 422


@dataclass(frozen=True, order=True)
class FrameKey:
    """One frame of one stored object: the digest of its bytes, and the frame number from 1."""

    sha256: str
    frame: int


def cache_dir(kind: str) -> Path:
    """A folder of the cache; everything in it can be made again."""
    path = Path(settings.STATE_DIR) / "cache" / kind
    path.mkdir(parents=True, exist_ok=True)
    return path


def load_frame(wanted: FrameKey, neighbours: Sequence[FrameKey] = ()) -> Frame:
    """The decoded frame. ``neighbours`` are decoded by the same child, because they will be asked for next.

    Raises :class:`PictureUnavailable` when it cannot be decoded.
    """
    path = _path(wanted)
    if not path.exists():
        _refuse_again(wanted)
        # One child at a time per server: twenty pictures of a page arrive at once.
        with (cache_dir("frames") / "decoding.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                _refuse_again(wanted)
                _decode([wanted, *(key for key in neighbours if key != wanted and not _path(key).exists())])
    try:
        with np.load(path, allow_pickle=False) as stored:
            meta = json.loads(stored["meta"].tobytes())
            pixels = stored["pixels"]
    except (OSError, ValueError, KeyError) as error:
        raise PictureUnavailable(_("This image cannot be shown: its pixels cannot be decoded")) from error
    return Frame(
        pixels=pixels,
        inverted=bool(meta["inverted"]),
        window=tuple(meta["window"]) if meta["window"] else None,
        orientation=tuple(meta["orientation"]) if meta["orientation"] else None,
        position_mm=tuple(meta["position_mm"]) if meta["position_mm"] else None,
        spacing_mm=tuple(meta["spacing_mm"]) if meta["spacing_mm"] else None,
    )


def _path(key: FrameKey) -> Path:
    return cache_dir("frames") / f"{key.sha256}-{key.frame}.npz"


def _failure(key: FrameKey) -> Path:
    return _path(key).with_suffix(".failed")


def _refuse_again(key: FrameKey) -> None:
    """A frame that just failed is not tried for a while: each try may take a minute, and other pictures wait for it."""
    failure = _failure(key)
    if failure.exists() and time.time() - failure.stat().st_mtime < RETRY_AFTER_S:
        raise PictureUnavailable(_("This image cannot be shown: its pixels cannot be decoded"))


def _decode(keys: Sequence[FrameKey]) -> None:
    work = [(str(verified_path(key.sha256)), key.frame, str(_path(key))) for key in keys]
    try:
        subprocess.run(
            [sys.executable, "-m", "reporting.reports.images.decode_frames"],
            input=json.dumps(work).encode(),
            cwd="/",
            # No secrets of ours, and no thread pools: their stacks would count against the address space.
            env={"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        _failure(keys[0]).touch()
        raise PictureUnavailable(_("This image cannot be shown: decoding took too long")) from error
    if not _path(keys[0]).exists():
        _failure(keys[0]).touch()
