"""Storage commitment (PS3.4 J.3): whether objects lie here whole.

The request is answered at once and the objects are read afterwards: thousands of them take longer than a peer waits.
Then the peer is told (``telling``), and the trail says whether it was, and on whose association; it says so of every
request that was taken, unless the process is killed or the database away.
An object is committed to when its row is there and its bytes are read from first to last and still have their digest.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from dataclasses import asdict, dataclass, field

from django.db import Error as DatabaseError
from django.db import connections
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContextTuple

from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.dicom_network.listener import telling
from reporting.dicom_network.listener.completion import complete
from reporting.dicom_network.models import Peer
from reporting.studies.blobs import BlobDamaged, verified_path
from reporting.studies.models import SopInstance

SUCCESS = 0x0000
NO_SUCH_ACTION = 0x0123
INVALID_ARGUMENT = 0x0115
RESOURCE_LIMITATION = 0x0213
_REQUEST_COMMITMENT = 1
NOT_HERE = 0x0112
OTHER_CLASS = 0x0119
DAMAGED = 0x0110
MAX_REFERENCES = 10_000
MAX_AT_ONCE = 64
"""Requests that one process looks into; a peer that asks faster than it can be told has to wait."""

READERS_AT_ONCE = 2
"""Of those, who read objects now: the disk and the processor are the C-STOREs' too."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reference:
    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, eq=False)
class _Request:
    """One that was taken, in the ``inside`` of its association: the trail says from where it was asked."""

    association: Association
    context: PresentationContextTuple
    transaction: str
    references: list[Reference]
    peer: Peer
    inside: contextvars.Context = field(default_factory=contextvars.copy_context)
    said: threading.Lock = field(default_factory=threading.Lock)

    def ended(self, told: telling.Told, failed: int | None = None) -> None:
        """Into the trail, once. ``failed``: objects; ``None`` where they were not looked into."""
        if not self.said.acquire(blocking=False):
            return
        data = {"objects": len(self.references), "failed": failed, "told": bool(told.on), **asdict(told)}
        outcome = "success" if told.on else "failure"
        try:
            record(AuditAct.COMMITMENT_ANSWERED, by=self.peer.received_as, outcome=outcome, data=data)
        except DatabaseError:
            logger.exception("the trail could not be told how a storage commitment request ended")


_at_work: dict[threading.Thread, _Request] = {}
_reading = threading.BoundedSemaphore(READERS_AT_ONCE)


def asked(event: Event, peer: Peer) -> int:
    """Take the request; the status of the N-ACTION. The answer follows in an N-EVENT-REPORT."""
    if event.action_type != _REQUEST_COMMITMENT:
        return NO_SUCH_ACTION
    try:
        transaction, references = _read(event.action_information)
    except Exception:  # whatever a library says about a peer's data set
        logger.warning("a storage commitment request could not be read")
        return INVALID_ARGUMENT
    if len(_at_work) >= MAX_AT_ONCE:
        logger.warning("a storage commitment request was put off: others wait")
        return RESOURCE_LIMITATION
    request = _Request(event.assoc, event.context, transaction, references, peer)
    thread = threading.Thread(target=request.inside.run, args=(_look_and_tell, request), daemon=True)
    _at_work[thread] = request
    thread.start()
    return SUCCESS


def finish(within_s: float) -> None:
    """The process ends: those who wait to be told are, without pauses, as far as the time goes."""
    telling.ending.set()
    deadline = time.monotonic() + within_s
    requests = list(_at_work.items())
    for thread, _request in requests:
        thread.join(max(deadline - time.monotonic(), 0))
    for _thread, request in requests:
        request.inside.copy().run(request.ended, telling.Told(fault="listener_ended"))


def _look_and_tell(request: _Request) -> None:
    told, failed = telling.Told(fault="error"), None
    try:
        with _reading:
            report = _answer(request.transaction, request.references)
        failed = len(report.get("FailedSOPSequence", ()))
        if not failed:
            complete([reference.sop_instance_uid for reference in request.references])
        connections.close_all()  # not held while a peer is waited for
        told = telling.tell(
            report, theirs=request.association, context=request.context, listens_at=request.peer.listens_at
        )
    except Exception:
        logger.exception("a storage commitment request could not be answered")
    finally:
        request.ended(told, failed)
        connections.close_all()
        del _at_work[threading.current_thread()]


def _answer(transaction: str, references: list[Reference]) -> Dataset:
    """The information of the N-EVENT-REPORT."""
    uids = [reference.sop_instance_uid for reference in references]
    rows = SopInstance.objects.filter(sop_instance_uid__in=uids).only("sop_instance_uid", "sop_class_uid", "sha256")
    known = {row.sop_instance_uid: row for row in rows}
    connections.close_all()  # not held while bytes are read
    committed, failed = [], []
    for reference in references:
        item = Dataset()
        item.ReferencedSOPClassUID = UID(reference.sop_class_uid)
        item.ReferencedSOPInstanceUID = UID(reference.sop_instance_uid)
        reason = _fault(reference, known.get(reference.sop_instance_uid))
        if reason is None:
            committed.append(item)
        else:
            item.FailureReason = reason
            failed.append(item)
    report = Dataset()
    report.TransactionUID = UID(transaction)
    if committed:
        report.ReferencedSOPSequence = committed
    if failed:
        report.FailedSOPSequence = failed
    return report


def _fault(reference: Reference, row: SopInstance | None) -> int | None:
    if row is None:
        return NOT_HERE
    if row.sop_class_uid != reference.sop_class_uid:
        return OTHER_CLASS
    try:
        verified_path(row.sha256)
    except BlobDamaged:
        return DAMAGED
    return None


def _read(information: Dataset) -> tuple[str, list[Reference]]:
    references = [
        Reference(str(item.ReferencedSOPClassUID), str(item.ReferencedSOPInstanceUID))
        for item in information.ReferencedSOPSequence
    ]
    transaction = UID(str(information.TransactionUID))
    if not transaction.is_valid or not 0 < len(references) <= MAX_REFERENCES:
        raise ValueError("not a storage commitment request")
    return str(transaction), references
