"""Bytes kept once, under their own SHA-256, durable before any row points at them.

Write order: temporary file → rename to the digest → fsync of file and folder → then the row may commit. Renamed first,
because the journal of the file system then commits once for both; what a power cut leaves under a digest no row points
at, and it is replaced when the same bytes come again. No name from outside ever becomes a path. Nothing here deletes or
overwrites a whole blob.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from reporting.core.disk_sync import sync, sync_together
from reporting.core.errors import DomainError, StorageFull

_CHUNK = 1024 * 1024
_CHECK_SPACE_EVERY = 32 * 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")
ABANDONED_AFTER_S = 24 * 3600
_REMEMBERED = 20_000
_verified: dict[str, tuple[int, ...]] = {}
"""Which files were seen whole, each with what changes when somebody writes to it."""


class BlobDamaged(DomainError):
    """The stored bytes are missing or no longer match their digest."""

    code = "blob_damaged"
    http_status = 500


@dataclass(frozen=True)
class StagedBlob:
    """Bytes in a temporary file beside the store: not yet kept, gone at the next sweep."""

    path: Path
    sha256: str
    size_bytes: int


def blob_path(sha256: str) -> Path:
    """Where these bytes lie (or would). Raises ``ValueError`` for what is not a digest."""
    if not _DIGEST.fullmatch(sha256):
        raise ValueError("not a SHA-256 digest")
    return Path(settings.BLOB_DIR) / sha256[:2] / sha256


def incoming_dir() -> Path:
    """The folder for temporary files, on the store's own file system so that a rename is atomic."""
    path = Path(settings.BLOB_DIR) / "incoming"
    path.mkdir(parents=True, exist_ok=True)
    return path


def free_bytes() -> int:
    """Free space of the file system that holds the store."""
    return shutil.disk_usage(incoming_dir()).free


def require_free_space(expected_bytes: int = 0) -> None:
    """Raise :class:`StorageFull` unless ``MIN_FREE_BYTES`` stay free after ``expected_bytes`` more."""
    if free_bytes() - expected_bytes < settings.MIN_FREE_BYTES:
        raise StorageFull(_("There is not enough free storage space; nothing was stored. Try again when there is."))


class Staging:
    """A temporary file beside the store that bytes come into; their digest is taken as they come.

    Ends with :meth:`finish` or :meth:`abandon`. Raises :class:`StorageFull`, and then has left nothing behind.
    """

    def __init__(self) -> None:
        require_free_space()
        handle, name = tempfile.mkstemp(prefix="staged-", dir=incoming_dir())
        self._file: BinaryIO = os.fdopen(handle, "wb")
        self._path, self._digest = Path(name), hashlib.sha256()
        self.size_bytes = self._checked_at = 0

    def write(self, data: bytes | memoryview) -> None:
        with self._abandoned_on_error(), _full_is_said():
            self._file.write(data)
            if self.size_bytes - self._checked_at > _CHECK_SPACE_EVERY:
                require_free_space()
                self._checked_at = self.size_bytes
        self._digest.update(data)
        self.size_bytes += len(data)

    def finish(self) -> StagedBlob:
        with self._abandoned_on_error(), _full_is_said():
            self._file.close()
        return StagedBlob(self._path, self._digest.hexdigest(), self.size_bytes)

    def abandon(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _abandoned_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.abandon()
            raise


def stage(chunks: Iterable[bytes]) -> StagedBlob:
    """Write bytes to a temporary file, taking their digest. Raises :class:`StorageFull`, then leaves nothing behind."""
    staging = Staging()
    try:
        with _full_is_said():
            for chunk in chunks:
                staging.write(chunk)
    except BaseException:
        staging.abandon()
        raise
    return staging.finish()


def adopt(path: Path) -> StagedBlob:
    """Take over a file that was received into ``incoming_dir``, without copying it."""
    require_free_space()
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return StagedBlob(path, digest, file.tell())


def discard(staged: StagedBlob) -> None:
    """Drop a staged file; harmless when it was kept or dropped before."""
    staged.path.unlink(missing_ok=True)


def keep(staged: StagedBlob) -> None:
    """Make staged bytes durable under their digest. Afterwards a row may point at them.

    A blob already there is left alone if it is whole; a damaged one is replaced by these good bytes.
    """
    keep_all([staged])


def keep_all(staged: Sequence[StagedBlob]) -> None:
    """:func:`keep` of each. The disk is waited for together, for files and folders too: one after the other, it waits
    for a second journal commit of the file system.
    """
    with _full_is_said():
        places = [_named(one) for one in staged]
        sync_together([*places, *dict.fromkeys(place.parent for place in places)])


def _named(staged: StagedBlob) -> Path:
    path = blob_path(staged.sha256)
    path.parent.mkdir(exist_ok=True)
    _make_durable(path.parent)
    if path.exists() and _digest_of(path) == staged.sha256:
        discard(staged)  # waited for all the same: another process may have renamed it a moment ago
    else:
        staged.path.replace(path)
    return path


def store_bytes(data: bytes) -> StagedBlob:
    """Keep bytes made by ourselves (label maps, exports); returns digest and size for the row."""
    require_free_space(len(data))
    staged = stage([data])
    keep(staged)
    return staged


def open_blob(sha256: str) -> BinaryIO:
    """Open a kept blob for reading, verified from first to last byte. Raises :class:`BlobDamaged`."""
    return verified_path(sha256).open("rb")


def verified_bytes(sha256: str, *, at_most: int) -> bytes | None:
    """All of a kept blob; ``None`` for a larger one. Raises :class:`BlobDamaged`.

    Verified unless this process has done so and the file is still the same one, unwritten: a stack asks for each of its
    pictures again and again.
    """
    path = blob_path(sha256)
    try:
        with path.open("rb") as file:
            stat = os.fstat(file.fileno())
            if stat.st_size > at_most:
                return None
            data = file.read()
    except OSError as error:
        raise _missing(sha256) from error
    state = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    if _verified.get(sha256) != state or len(data) != stat.st_size:
        if hashlib.sha256(data).hexdigest() != sha256:
            raise _damaged(sha256)
        if len(_verified) >= _REMEMBERED:
            _verified.clear()
        _verified[sha256] = state
    return data


def verified_path(sha256: str) -> Path:
    """The file of a kept blob, for libraries that want a path; verified as ``open_blob`` does. Never write to it."""
    path = blob_path(sha256)
    try:
        whole = _digest_of(path) == sha256
    except OSError as error:
        raise _missing(sha256) from error
    if not whole:
        raise _damaged(sha256)
    return path


def _missing(sha256: str) -> BlobDamaged:
    return BlobDamaged(f"The stored file {sha256[:12]}… is missing or unreadable")


def _damaged(sha256: str) -> BlobDamaged:
    return BlobDamaged(f"The stored file {sha256[:12]}… is damaged")


def sweep_incoming(*, older_than_s: float = ABANDONED_AFTER_S) -> int:
    """Remove temporary files of uploads that were cut off; returns how many."""
    removed = 0
    limit = time.time() - older_than_s
    for path in incoming_dir().iterdir():
        try:
            if path.stat().st_mtime < limit:
                path.unlink()
                removed += 1
        except FileNotFoundError:  # another process swept or kept it meanwhile
            continue
    return removed


def kept_digests() -> Iterator[str]:
    """Digests of every blob present, whether a row points at it or not."""
    for folder in sorted(Path(settings.BLOB_DIR).glob("[0-9a-f][0-9a-f]")):
        yield from sorted(path.name for path in folder.iterdir() if _DIGEST.fullmatch(path.name))


def read_chunks(file: BinaryIO) -> Iterator[bytes]:
    """The rest of an open file, a megabyte at a time."""
    while chunk := file.read(_CHUNK):
        yield chunk


@contextlib.contextmanager
def _full_is_said() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(_("The storage is full; the file was not stored.")) from error
        raise


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.lru_cache(maxsize=1024)
def _make_durable(folder: Path) -> None:
    """Its name in the folder above; once per process, because another process may have made it a moment ago."""
    sync(folder.parent)
