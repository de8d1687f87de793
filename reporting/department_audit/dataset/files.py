"""Files of an export: written whole or not at all, listed with their digests, and checked again by who reads them.

Nothing is complete without ``manifest.json``, which is written last and vouches for ``files.sha256`` (as ``sha256sum``
writes and reads it), which vouches for every other file. Pure: no Django.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reporting.core.disk_sync import sync

MANIFEST, LIST, STARTED = "manifest.json", "files.sha256", ".export.json"
UNFINISHED = ".part"
_OURS = (MANIFEST, LIST, STARTED)


class ExportDamaged(ValueError):
    """The export is not whole or not what was written; the message names the file."""


def write_whole(path: Path, content: bytes) -> None:
    """Readers see all of it or none, also after a power cut."""
    beside = path.with_name(path.name + UNFINISHED)
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync(path.parent)


def as_json(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def seal(folder: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """List every file with its digest, then write the manifest: from now on the export is whole."""
    beside = folder / (LIST + UNFINISHED)
    count = size = 0
    with beside.open("w", encoding="utf-8") as listed:
        for path in _files(folder):
            listed.write(f"{digest_of(path)}  {path.relative_to(folder).as_posix()}\n")
            count, size = count + 1, size + path.stat().st_size
        listed.flush()
        os.fsync(listed.fileno())
    beside.replace(folder / LIST)
    manifest = {**facts, "files": count, "bytes": size, "files_sha256": digest_of(folder / LIST)}
    manifest["manifest_sha256"] = _own_digest(manifest)
    write_whole(folder / MANIFEST, as_json(manifest))
    (folder / STARTED).unlink(missing_ok=True)
    return manifest


def verified(folder: Path) -> dict[str, Any]:
    """The manifest of a whole export.

    Raises:
        ExportDamaged: no manifest, a digest that does not match, a file that is missing or not listed.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        said = manifest.pop("manifest_sha256")
        own = _own_digest(manifest)
    except FileNotFoundError as error:
        raise ExportDamaged(f"{MANIFEST}: missing, so the export is not whole (start it again to finish it)") from error
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise ExportDamaged(f"{MANIFEST}: not a manifest") from error
    if own != said:
        raise ExportDamaged(f"{MANIFEST}: its digest does not match")
    if not (folder / LIST).is_file() or digest_of(folder / LIST) != manifest.get("files_sha256"):
        raise ExportDamaged(f"{LIST}: its digest does not match")
    listed = set()
    for digest, name in _listed(folder):
        path = folder / name
        if not path.is_file() or path.is_symlink() or digest_of(path) != digest:
            raise ExportDamaged(f"{name}: missing, or its digest does not match")
        listed.add(name)
    for path in _files(folder):
        if path.relative_to(folder).as_posix() not in listed:
            raise ExportDamaged(f"{path.relative_to(folder).as_posix()}: not in {LIST}")
    return manifest


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _listed(folder: Path) -> Iterator[tuple[str, str]]:
    with (folder / LIST).open(encoding="utf-8") as lines:
        for line in lines:
            digest, _, name = line.rstrip("\n").partition("  ")
            if not name or name.startswith("/") or ".." in name.split("/"):
                raise ExportDamaged(f"{LIST}: a line that names no file of the export")
            yield digest, name


def _files(folder: Path) -> Iterator[Path]:
    for base, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if not (Path(base) == folder and (name in _OURS or name.endswith(UNFINISHED))):
                yield Path(base) / name


def _own_digest(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(as_json(manifest)).hexdigest()
