"""All files of a study in one ZIP: the same study, the same bytes."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from typing import IO

from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.package.files import files_of

_DATE = (1980, 1, 1, 0, 0, 0)  # of every file: a package has no date but that of its study


def write_package(study: ReaderStudy, out: IO[bytes], tell: Callable[[float], None] = lambda _done: None) -> None:
    """Write the ZIP to ``out``; large tables go through a few thousand rows at a time.

    ``tell`` is called with the share of rows that is written, again and again; what it raises ends the writing.
    """
    digests: dict[str, str] = {}
    planned, files = files_of(study)
    done = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            found = hashlib.sha256()
            with archive.open(_named(file.name), "w", force_zip64=True) as inside:
                for chunk in file.chunks:
                    inside.write(chunk)
                    found.update(chunk)
                    done += file.rows
                    tell(min(1.0, done / planned))
            digests[file.name] = found.hexdigest()
        manifest = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
        archive.writestr(_named("SHA256SUMS"), manifest)


def _named(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info
