"""The report of a storage commitment reaches who asked for it: on his association while it stands, else on one of ours.

Many scanners leave as soon as their request is answered, and listen for the report at an address of their own; PS3.4
J.3.3 leaves the choice of the association to us. A report may come twice where the first was not acknowledged.
Of ours there is one at a time to an address, over all processes: many scanners take no second one.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import N_EVENT_REPORT
from pynetdicom.dsutils import encode
from pynetdicom.presentation import PresentationContextTuple
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

from reporting.core.dicom_address import Called
from reporting.core.dicom_association import NoAssociation, association

PAUSES_S = (5.0, 20.0)
"""Between our tries. Then a peer has to ask again, as it does after a failure."""
ANSWER_S = 30
TURN_S = 120.0
"""For our other calls to the same address. Then the try has failed."""
_LOOKS_EVERY_S = 0.05
_ALL_COMMITTED, _SOME_FAILED = 1, 2

ending = threading.Event()
"""The process ends: a pause does, too."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Told:
    """``on``: whose association the peer took it on, ``"theirs"`` or ``"ours"``; empty: it was not told.

    ``tries``: how often we tried on ours. ``fault``: why the last try did not do, a stable code.
    """

    on: str = ""
    tries: int = 0
    fault: str = ""


def tell(report: Dataset, *, theirs: Association, context: PresentationContextTuple, listens_at: Called | None) -> Told:
    """Tell the peer; waits for it, minutes where it takes connections and says nothing."""
    if _tell_on_theirs(report, theirs, context):
        return Told("theirs")
    if listens_at is None:
        logger.warning("the peer left before its storage commitment was answered")
        return Told(fault="no_address")
    told = Told()
    for tries, pause_s in enumerate((0.0, *PAUSES_S), start=1):
        if pause_s and ending.wait(pause_s):
            break
        fault = _tell_on_ours(report, listens_at)
        if not fault:
            return Told("ours", tries)
        told = Told("", tries, fault)
    logger.warning("a peer could not be told of its storage commitment: %s", told.fault)
    return told


def _tell_on_theirs(report: Dataset, theirs: Any, context: PresentationContextTuple) -> bool:
    syntax = UID(context.transfer_syntax)
    encoded = encode(report, syntax.is_implicit_VR, syntax.is_little_endian)
    if encoded is None:
        raise ValueError("the report of a storage commitment cannot be encoded")
    question = N_EVENT_REPORT()
    question.AffectedSOPClassUID = StorageCommitmentPushModel
    question.AffectedSOPInstanceUID = StorageCommitmentPushModelInstance
    question.EventTypeID, question.EventInformation = _kind(report), BytesIO(encoded)
    answer = theirs.dimse.questions.ask(question, context.context_id, theirs.dimse_timeout)
    return answer is not None and _is_taken(answer.Status)


def _tell_on_ours(report: Dataset, listens_at: Called) -> str:
    """The code of what went wrong; empty when it was taken."""
    try:
        with (
            _our_turn(listens_at),
            association(listens_at, StorageCommitmentPushModel, answer_s=ANSWER_S, as_scp=True) as ours,
        ):
            status, _reply = ours.send_n_event_report(
                report, _kind(report), StorageCommitmentPushModel, StorageCommitmentPushModelInstance
            )
    except NoAssociation as none:
        return none.code
    except (RuntimeError, ValueError):  # it was there and is gone again
        return "connection_lost"
    code = status.get("Status")
    if code is None:
        return "connection_lost"
    return "" if _is_taken(code) else f"status_{code:04x}"


@contextmanager
def _our_turn(listens_at: Called) -> Iterator[None]:
    """Raises :class:`NoAssociation` when the others took too long."""
    folder = Path(settings.STATE_DIR) / "calls"
    folder.mkdir(parents=True, exist_ok=True)
    place = hashlib.sha256(f"{listens_at.host}:{listens_at.port}".encode()).hexdigest()
    deadline = time.monotonic() + TURN_S
    with (folder / f"{place}.lock").open("w") as lock:
        while not _is_locked(lock.fileno()):
            if time.monotonic() > deadline:
                raise NoAssociation("busy")
            time.sleep(_LOOKS_EVERY_S)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # a child that was forked meanwhile has the file open, too


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _kind(report: Dataset) -> int:
    return _SOME_FAILED if "FailedSOPSequence" in report else _ALL_COMMITTED


def _is_taken(status: int | None) -> bool:
    """Success, or with a warning (PS3.7 annex C)."""
    return status is not None and (status in (0x0000, 0x0001, 0x0107, 0x0116) or status & 0xF000 == 0xB000)
