"""Zip archives given to a command, unpacked under limits into a folder of our own; other paths pass through.

No member's name becomes a path: files are numbered, and only letters, digits and ``._-`` of the last part are kept so
that NIfTI suffixes and side-cars still find each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from inference.intake import UnreadableFile
from reporting.studies.archives import ArchiveLimits, ArchiveRefused, MemberRefused, is_zip, iter_zip_members

LIMITS = ArchiveLimits(max_members=20_000, max_total_bytes=4 * 1024**3)


@contextmanager
def unpacked(paths: Sequence[Path]) -> Iterator[tuple[list[Path], list[UnreadableFile]]]:
    """The paths with every archive replaced by a folder, and what was refused; the folders vanish at the end."""
    with TemporaryDirectory(prefix="dens-") as folder:
        usable, refused = [], []
        for number, path in enumerate(paths):
            if not path.is_file() or not is_zip(path):
                usable.append(path)
                continue
            target = Path(folder) / str(number)
            try:
                refused += _unpack(path, target)
                usable.append(target)
            except ArchiveRefused as error:
                refused.append(UnreadableFile(str(path), error.code))
        yield usable, refused


def _unpack(archive: Path, target: Path) -> list[UnreadableFile]:
    target.mkdir()
    refused = []
    folders: dict[str, Path] = {}
    for number, member in enumerate(iter_zip_members(archive, LIMITS)):
        parent, _, name = member.name.rpartition("/")
        folder = folders.setdefault(parent, target / str(len(folders)))
        folder.mkdir(exist_ok=True)
        safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)[-100:].lstrip(".")
        path = folder / (safe or str(number))
        if path.exists():
            path = folder / f"{number}_{safe}"
        try:
            with path.open("xb") as file:
                for chunk in member.chunks():
                    file.write(chunk)
        except MemberRefused as error:
            path.unlink()
            refused.append(UnreadableFile(f"{archive}:{member.name}", error.code))
    return refused
