"""Zip archives from outside, unpacked member by member under limits that hold *while* unpacking.

No name in an archive ever becomes a path: members are streams with a display name. Declared sizes are not believed;
bytes are counted as they come. Pure Python, no Django, so that commands without a database use it too.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from reporting.studies.refusals import RefusalCode
from reporting.studies.shown_text import without_hidden

ZIP_MAGIC = b"PK\x03\x04"
_EMPTY_ZIP_MAGIC = b"PK\x05\x06"
_CHUNK = 256 * 1024
_LOCAL_HEADER_BYTES = 30
_ALONE = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])")


@dataclass(frozen=True)
class ArchiveLimits:
    """Ceilings for one archive. The ratio counts only once ``ratio_from_bytes`` have come out of a member."""

    max_members: int = 20_000
    max_total_bytes: int = 8 * 1024**3
    max_member_bytes: int = 1024**3
    max_ratio: int = 200
    ratio_from_bytes: int = 16 * 1024**2
    max_directory_bytes: int = 8 * 1024**2


class ArchiveRefused(Exception):
    """The whole archive is refused: ``code`` is stable, the message one sentence. Use nothing taken from it."""

    def __init__(self, code: RefusalCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class MemberRefused(Exception):
    """One member is refused, the others may be used."""

    def __init__(self, code: RefusalCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ZipMember:
    """One file in an archive. ``name`` is for display only; it must not be used as a path."""

    def __init__(self, name: str, archive: _OpenArchive, info: zipfile.ZipInfo) -> None:
        self.name = name
        self._archive = archive
        self._info = info

    def chunks(self) -> Iterator[bytes]:
        """The bytes, a piece at a time, while the iterator that gave this member has not been moved on.

        Raises :class:`MemberRefused` (``encrypted``, ``nested_archive``, ``compression_unknown``, ``archive_damaged``)
        or :class:`ArchiveRefused` (``archive_bomb``).
        """
        yield from self._archive.read(self._info)


def is_zip(path: Path) -> bool:
    """Whether the file starts as a zip archive does."""
    with path.open("rb") as file:
        return file.read(4) in (ZIP_MAGIC, _EMPTY_ZIP_MAGIC)


def iter_zip_members(path: Path, limits: ArchiveLimits | None = None) -> Iterator[ZipMember]:
    """Every file of the archive in stored order; folders and the Finder's ``__MACOSX`` shadow files are skipped.

    Raises :class:`ArchiveRefused` with ``archive_damaged``, ``archive_too_many_files`` or ``archive_bomb``. An archive
    refused half-way was refused: drop what came out before.
    """
    limits = limits or ArchiveLimits()
    with path.open("rb") as file:
        _check_directory_size(file, limits)
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, NotImplementedError, struct.error) as error:
            raise ArchiveRefused(RefusalCode.ARCHIVE_DAMAGED, "The archive is damaged or cut off.") from error
        with archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            if len(infos) > limits.max_members:
                raise _too_many(limits)
            _check_overlaps(infos)
            opened = _OpenArchive(archive, limits)
            for info in infos:
                if not info.filename.startswith("__MACOSX/"):
                    yield ZipMember(display_name(_stored_name(info)), opened, info)


def display_name(name: str) -> str:
    """A name from outside, fit to be shown: one line, no control or direction characters, at most 200 characters."""
    clean = without_hidden(name)
    return clean if len(clean) <= 200 else "…" + clean[-199:]


def _stored_name(info: zipfile.ZipInfo) -> str:
    """Names not flagged as UTF-8 are Chinese or western as often as they are the cp437 that zipfile assumes.

    Chinese bytes come in pairs; an accented letter stands alone among plain ones, and Windows' are beyond those of DOS.
    """
    if info.flag_bits & 0x800:
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    accents = _ALONE.findall(raw)
    are_letters = len(accents) == sum(byte >= 0x80 for byte in raw)
    western = ("cp1252",) if all(accent >= b"\xc0" for accent in accents) else ("cp437",)
    for encoding in ("utf-8", *(western if are_letters else ()), "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


class _OpenArchive:
    def __init__(self, archive: zipfile.ZipFile, limits: ArchiveLimits) -> None:
        self._archive = archive
        self._limits = limits
        self._total = 0

    def read(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        if info.flag_bits & 0x1:
            raise MemberRefused(RefusalCode.ENCRYPTED, "The file is encrypted in its archive.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # The other decompressors of zipfile expand a whole input block at once, whatever it swells to.
            raise MemberRefused(RefusalCode.COMPRESSION_UNKNOWN, "The archive uses a compression other than deflate.")
        try:
            with self._archive.open(info) as stream:
                yield from self._bounded(stream, info)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise MemberRefused(RefusalCode.ARCHIVE_DAMAGED, "The file is damaged in its archive.") from error

    def _bounded(self, stream: IO[bytes], info: zipfile.ZipInfo) -> Iterator[bytes]:
        size = 0
        while chunk := stream.read(_CHUNK):
            if size == 0 and chunk.startswith(ZIP_MAGIC):
                raise MemberRefused(RefusalCode.NESTED_ARCHIVE, "An archive inside an archive is not unpacked.")
            size += len(chunk)
            self._total += len(chunk)
            swollen = size > self._limits.ratio_from_bytes and size > self._limits.max_ratio * info.compress_size
            if swollen or size > self._limits.max_member_bytes or self._total > self._limits.max_total_bytes:
                raise ArchiveRefused(RefusalCode.ARCHIVE_BOMB, "The archive unpacks to far more than is accepted.")
            yield chunk


def _too_many(limits: ArchiveLimits) -> ArchiveRefused:
    return ArchiveRefused(
        RefusalCode.ARCHIVE_TOO_MANY_FILES, f"The archive holds more than the {limits.max_members} files accepted."
    )


def _check_directory_size(file: IO[bytes], limits: ArchiveLimits) -> None:
    """Bound the central directory before zipfile reads all of it into memory (APPNOTE 4.3.14–4.3.16)."""
    end = file.seek(0, 2)
    start = max(0, end - 65_557)  # the longest comment and the record itself
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise ArchiveRefused(RefusalCode.ARCHIVE_DAMAGED, "The archive is damaged or cut off.")
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    record = tail[at - 76 : at - 20] if at >= 76 else b""
    if record.startswith(b"PK\x06\x06"):
        # zipfile believes the zip64 record, wherever there is one just before the locator.
        size = int.from_bytes(record[40:48], "little")
    file.seek(0)
    if size > limits.max_directory_bytes:
        raise _too_many(limits)


def _check_overlaps(infos: list[zipfile.ZipInfo]) -> None:
    """Members that share compressed bytes are a bomb: a small file that unpacks the same bytes many times."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise ArchiveRefused(RefusalCode.ARCHIVE_BOMB, "Files in the archive overlap each other.")
        end = info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size
