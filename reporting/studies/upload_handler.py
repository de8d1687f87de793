"""Uploaded files go straight to the store's own file system, whatever their size, and a full one is a refusal."""

from __future__ import annotations

import contextlib
import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.utils.translation import gettext as _

from reporting.core.errors import StorageFull
from reporting.studies.blobs import incoming_dir


class IncomingUploadedFile(TemporaryUploadedFile):
    """A temporary file beside the store, gone when the request ends; nothing of the sender's name is in its path."""

    def __init__(self, name: str, content_type: str, charset: str | None, extra: Any) -> None:
        file = tempfile.NamedTemporaryFile(prefix="upload-", dir=incoming_dir())  # noqa: SIM115
        UploadedFile.__init__(self, file, name, content_type, 0, charset, extra)


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
        return super().file_complete(file_size)

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
