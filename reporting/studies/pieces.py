"""A large file that comes in pieces: each appended where the last one ended, so that a cut-off upload can go on."""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterable
from pathlib import Path

from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.core.errors import DomainError, InvalidInput
from reporting.studies.blobs import incoming_dir, require_free_space

MAX_TOTAL_BYTES = 8 * 1024**3


class PieceOutOfPlace(DomainError):
    """The piece does not start where the file ends so far; ``details`` says where that is."""

    code = "piece_out_of_place"
    http_status = 409


def add_piece(upload: uuid.UUID, *, offset: int, total: int, chunks: Iterable[bytes], by: User) -> Path | None:
    """Append one piece; returns the file once all ``total`` bytes are there (the caller removes it), else ``None``.

    A piece sent twice is taken once. Raises :class:`PieceOutOfPlace`, :class:`InvalidInput` or ``StorageFull``.
    """
    if not 0 < total <= MAX_TOTAL_BYTES or not 0 <= offset <= total:
        raise InvalidInput(_("The size of the file is not acceptable"))
    require_free_space(total - offset)
    # The account is part of the name: nobody can add to somebody else's file.
    path = incoming_dir() / f"pieces-{by.pk.hex}-{upload.hex}"
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        present = file.seek(0, os.SEEK_END)
        if offset > present:
            raise PieceOutOfPlace(_("A piece of the file is missing"), details={"present": present})
        skip = present - offset
        for chunk in chunks:
            fresh = chunk[skip:] if skip < len(chunk) else b""
            skip = max(0, skip - len(chunk))
            present += file.write(fresh)
            if present > total:
                path.unlink(missing_ok=True)
                raise InvalidInput(_("The file is larger than was said"))
    return path if present == total else None
