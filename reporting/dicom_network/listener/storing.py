"""C-STORE: the object's bytes go to the ordinary ingest, and success is said after it has committed (PS3.4 B.2.3)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error as DatabaseError

from reporting.accounts.models import User
from reporting.core.errors import DomainError, StorageFull
from reporting.dicom_network.listener.wire import StoreRequest, file_start
from reporting.studies.blobs import Staging, discard
from reporting.studies.refusals import RefusalCode
from reporting.studies.services import FileResult, FileStatus, StagedFile, ingest_instances

SUCCESS = 0x0000
PROCESSING_FAILURE = 0x0110
NOT_AVAILABLE = "not_available"
OUT_OF_RESOURCES = 0xA700
OTHER_OBJECT = 0xA900
NOT_UNDERSTOOD = 0xC000
IN_QUARANTINE = 0xC001
"""Of the range "cannot understand": the object contradicts what is stored. It is kept for people to decide."""

logger = logging.getLogger(__name__)

Answer = tuple[int, str]
"""Status, and one of our own stable codes, never a word of the object."""


class ArrivingObject:
    """One C-STORE, from its command to its answer. What a full disk does not take is refused at the end."""

    def __init__(self, request: StoreRequest, context_id: int, transfer_syntax_uid: str) -> None:
        self.request, self.context_id = request, context_id
        self.size_bytes = 0
        self._staging: Staging | None = None
        self._fault = ""
        with self._faults_are_kept():
            self._staging = Staging()
        self.write(memoryview(file_start(request, transfer_syntax_uid)))

    def write(self, data: memoryview) -> None:
        self.size_bytes += len(data)
        if self._staging is not None:
            with self._faults_are_kept():
                self._staging.write(data)

    @contextmanager
    def _faults_are_kept(self) -> Iterator[None]:
        try:
            yield
        except StorageFull as full:
            self._staging, self._fault = None, full.code
        except OSError:
            logger.exception("an object could not be written")
            self._staging, self._fault = None, NOT_AVAILABLE

    def abandon(self) -> None:
        if self._staging is not None:
            self._staging.abandon()

    def store(self, by: User) -> Answer:
        """After the last byte. Whatever happens, the file it came in is gone or kept afterwards."""
        if self._staging is None:
            return OUT_OF_RESOURCES, self._fault
        try:
            blob = self._staging.finish()
            try:
                file = StagedFile("C-STORE", blob, sop_instance_uid=self.request.sop_instance_uid)
                (result,) = ingest_instances([file], by=by, more_to_come=True).results
                return _answer(result)
            finally:
                discard(blob)
        except (DatabaseError, OSError):
            logger.exception("an object could not be stored; the peer is asked to send it again")
            return OUT_OF_RESOURCES, NOT_AVAILABLE
        except DomainError as refusal:
            logger.warning("an object was refused: %s", refusal.code)
            return OUT_OF_RESOURCES, refusal.code
        except Exception:
            logger.exception("an object could not be stored")
            return PROCESSING_FAILURE, ""


def _answer(result: FileResult) -> Answer:
    if result.status in (FileStatus.STORED, FileStatus.ALREADY_STORED):
        return SUCCESS, ""
    if result.status is FileStatus.QUARANTINED:
        return IN_QUARANTINE, result.code
    return OTHER_OBJECT if result.code == RefusalCode.OTHER_OBJECT else NOT_UNDERSTOOD, result.code
