"""Files, folders and zip archives → staged bytes: a private copy whose digest is known, or the reason it is refused."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reporting.studies import blobs
from reporting.studies.archives import (
    ArchiveLimits,
    ArchiveRefused,
    MemberRefused,
    display_name,
    is_zip,
    iter_zip_members,
)
from reporting.studies.dicom_gate import MAX_FILE_BYTES
from reporting.studies.refusals import RefusalCode


@dataclass(frozen=True)
class IncomingFile:
    """A file from outside. ``name`` is only ever shown; the bytes are at ``path``, which we chose ourselves."""

    name: str
    path: Path


@dataclass(frozen=True)
class StagedFile:
    """A file from outside, copied beside the store; or an object that came there at once over a network.

    ``sop_instance_uid``, ``study_instance_uid``: what the sender said it is, where a protocol says so beside the bytes.
    """

    name: str
    blob: blobs.StagedBlob
    sop_instance_uid: str = ""
    study_instance_uid: str = ""


@dataclass(frozen=True)
class UnstagedFile:
    """A file that is refused before anybody looks inside."""

    name: str
    refusal: RefusalCode


def incoming_files(paths: Iterable[Path]) -> Iterator[IncomingFile]:
    """Every file at or below the paths, folders in sorted order; links inside folders are not followed."""
    for path in paths:
        if not path.is_dir():
            yield IncomingFile(display_name(path.name), path)
            continue
        for folder, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                file = Path(folder) / name
                yield IncomingFile(display_name(str(file.relative_to(path.parent))), file)


def stage_files(
    files: Iterable[IncomingFile | StagedFile], limits: ArchiveLimits | None = None
) -> Iterator[StagedFile | UnstagedFile]:
    """Copy each file, and each member of each zip. Raises ``StorageFull``; what was yielded is the caller's to drop."""
    for file in files:
        try:
            if isinstance(file, StagedFile):
                yield file
                continue
            mode = file.path.stat().st_mode
            if not stat.S_ISREG(mode):  # a pipe or device would never end
                yield UnstagedFile(file.name, RefusalCode.NOT_A_FILE)
            elif is_zip(file.path):
                yield from _stage_archive(file, limits)
            elif file.path.stat().st_size > MAX_FILE_BYTES:
                yield UnstagedFile(file.name, RefusalCode.FILE_TOO_LARGE)
            else:
                with file.path.open("rb") as source:
                    yield StagedFile(file.name, blobs.stage(blobs.read_chunks(source)))
        except OSError:
            yield UnstagedFile(file.name, RefusalCode.UNREADABLE)


def _stage_archive(file: IncomingFile, limits: ArchiveLimits | None) -> list[StagedFile | UnstagedFile]:
    """All members, or the whole archive refused: a bomb may start with good files."""
    staged: list[StagedFile | UnstagedFile] = []
    whole = False
    try:
        for member in iter_zip_members(file.path, limits):
            name = display_name(f"{file.name}/{member.name}")
            try:
                staged.append(StagedFile(name, blobs.stage(member.chunks())))
            except MemberRefused as refusal:
                staged.append(UnstagedFile(name, refusal.code))
        whole = True
    except ArchiveRefused as refusal:
        return [UnstagedFile(file.name, refusal.code)]
    finally:
        if not whole:
            drop(staged)
    return staged


def drop(files: Iterable[StagedFile | UnstagedFile]) -> None:
    """Remove staged bytes that were not kept."""
    for file in files:
        if isinstance(file, StagedFile):
            blobs.discard(file.blob)
