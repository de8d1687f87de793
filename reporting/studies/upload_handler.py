"""Uploaded files go straight to the store's own file system, whatever their size, and a full one is a refusal."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.utils.translation import gettext as _

from reporting.core.errors import StorageFull
from reporting.studies.blobs import incoming_dir, read_chunks


class IncomingUploadedFile(TemporaryUploadedFile):
    """A temporary file beside the store, gone when the request ends; nothing of the sender's name is in its path.

    Not open any more once it is complete: a request may bring more files than a process may have open.
    """

    def __init__(self, name: str, content_type: str, charset: str | None, extra: Any) -> None:
        handle, path = tempfile.mkstemp(prefix="upload-", dir=incoming_dir())
        self._path = Path(path)
        self._remove = weakref.finalize(self, self._path.unlink, missing_ok=True)
        UploadedFile.__init__(self, os.fdopen(handle, "w+b"), name, content_type, 0, charset, extra)

    def temporary_file_path(self) -> str:
        return str(self._path)

    def rest(self) -> None:
        """Close the file and keep it on disk."""
        assert self.file is not None
        self.file.close()

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            yield from read_chunks(file)

    def close(self) -> None:
        self.rest()
        self._remove()


class IncomingUploadHandler(TemporaryFileUploadHandler):
    """Raises ``StorageFull`` while the request is read, should the space run out by then."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        try:
            self.file = IncomingUploadedFile(
                self.file_name or "", self.content_type or "", self.charset, self.content_type_extra
            )
        except OSError as error:
            raise _as_refusal(error) from error

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        with self._closed_on_failure():
            self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        with self._closed_on_failure():
            self.file.flush()
        complete = super().file_complete(file_size)
        if isinstance(complete, IncomingUploadedFile):
            complete.rest()
        return complete

    @contextmanager
    def _closed_on_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            with contextlib.suppress(OSError):
                self.file.close()  # Django closes only the files that were complete
            raise _as_refusal(error) from error


def _as_refusal(error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(_("The storage is full; nothing of this request was stored."))
    return error
