"""C-STORE: the object's bytes go to the ordinary ingest, and success is said after it has committed (PS3.4 B.2.3)."""

from __future__ import annotations

import logging
from pathlib import Path

from django.db import Error as DatabaseError
from pydicom.dataset import Dataset
from pynetdicom.events import Event

from reporting.accounts.models import User
from reporting.core.errors import DomainError, StorageFull
from reporting.studies.refusals import RefusalCode
from reporting.studies.services import FileResult, FileStatus, IncomingFile, ingest_instances

SUCCESS = 0x0000
OUT_OF_RESOURCES = 0xA700
OTHER_OBJECT = 0xA900
NOT_UNDERSTOOD = 0xC000
IN_QUARANTINE = 0xC001
"""Of the range "cannot understand": the object contradicts what is stored. It is kept for people to decide."""

logger = logging.getLogger(__name__)


def store(event: Event, by: User) -> Dataset:
    """Answer of one C-STORE. Whatever happens, the file it came in is gone or kept afterwards."""
    path = Path(event.dataset_path)
    try:
        name = str(event.request.AffectedSOPInstanceUID)
        file = IncomingFile("C-STORE", path, is_ours=True, sop_instance_uid=name)
        (result,) = ingest_instances([file], by=by, more_to_come=True).results
        return _status(*_answer(result))
    except StorageFull:
        return _status(OUT_OF_RESOURCES, "storage_full")
    except (DatabaseError, OSError):
        logger.exception("an object could not be stored; the peer is asked to send it again")
        return _status(OUT_OF_RESOURCES, "not_available")
    except DomainError as refusal:
        logger.warning("an object was refused: %s", refusal.code)
        return _status(OUT_OF_RESOURCES, refusal.code)
    finally:
        path.unlink(missing_ok=True)


def _answer(result: FileResult) -> tuple[int, str]:
    if result.status in (FileStatus.STORED, FileStatus.ALREADY_STORED):
        return SUCCESS, ""
    if result.status is FileStatus.QUARANTINED:
        return IN_QUARANTINE, result.code
    return OTHER_OBJECT if result.code == RefusalCode.OTHER_OBJECT else NOT_UNDERSTOOD, result.code


def _status(code: int, comment: str = "") -> Dataset:
    """``comment`` is one of our own stable codes, never a word of the object."""
    status = Dataset()
    status.Status = code
    if comment:
        status.ErrorComment = comment[:64]
    return status
