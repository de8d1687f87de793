"""The files of a bundle from elsewhere: copied without following anything, kinds of files that run code refused."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

MAX_FILES = 200
MAX_BYTES = 2 * 1024**3
MAX_DEPTH = 5
PICKLES = frozenset({".pt", ".pth", ".ts", ".pkl", ".pickle", ".ckpt", ".bin", ".joblib", ".npy", ".npz", ".tar"})
KINDS = frozenset({".json", ".md", ".rst", ".txt", ".safetensors", ".png", ".jpg"})
NAMES = frozenset({"LICENSE", "LICENCE", "README"})
_CHUNK = 1024 * 1024


class BundleRefused(Exception):
    """The bundle is not taken in; ``code`` is stable, the message names file and reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def copy_files(source: Path, target: Path) -> None:
    """Copy every file of ``source`` into the empty folder ``target``.

    Raises:
        BundleRefused: a link, something that is not a file, a pickle or another kind that is not read here, too many
            or too large files.
    """
    total = 0
    for number, relative in enumerate(_walk(source, Path(), 0), start=1):
        if number > MAX_FILES:
            raise BundleRefused("too_many_files", f"more than {MAX_FILES} files")
        (target / relative).parent.mkdir(parents=True, exist_ok=True)
        total += _copy(source / relative, target / relative, relative, MAX_BYTES - total)


def _walk(source: Path, relative: Path, depth: int) -> Iterator[Path]:
    if depth > MAX_DEPTH:
        raise BundleRefused("too_deep", f"{relative}: folders are nested too deeply")
    with os.scandir(source / relative) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        path = relative / entry.name
        if entry.is_symlink():
            raise BundleRefused("link_refused", f"{path} is a link")
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(source, path, depth + 1)
        elif not entry.is_file(follow_symlinks=False):
            raise BundleRefused("file_refused", f"{path} is not an ordinary file")
        else:
            _check_kind(path)
            yield path


def _check_kind(path: Path) -> None:
    kind = path.suffix.lower()
    if kind in PICKLES:
        raise BundleRefused(
            "pickle_refused", f"{path} may be a pickle, which runs code when it is read; only .safetensors is accepted"
        )
    if kind not in KINDS and path.name not in NAMES:
        raise BundleRefused("file_refused", f"{path}: files of this kind are not accepted in a bundle")


def _copy(source: Path, target: Path, relative: Path, room: int) -> int:
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # it may have changed since we looked
    with os.fdopen(descriptor, "rb") as incoming, target.open("xb") as kept:
        if not stat.S_ISREG(os.fstat(incoming.fileno()).st_mode):
            raise BundleRefused("file_refused", f"{relative} is not an ordinary file")
        size = 0
        while chunk := incoming.read(_CHUNK):
            size += len(chunk)
            if size > room:
                raise BundleRefused("too_large", f"{relative}: the bundle holds more than {MAX_BYTES // 1024**3} GB")
            kept.write(chunk)
    return size
