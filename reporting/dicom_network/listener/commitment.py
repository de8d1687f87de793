"""Storage commitment (PS3.4 J.3): whether objects lie here whole.

The request is answered at once and the objects are read afterwards: thousands of them take longer than a peer waits.
Then the peer is told (``telling``), and the trail says whether it was, and on whose association.
An object is committed to when its row is there and its bytes are read from first to last and still have their digest.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from dataclasses import asdict, dataclass

from django.db import DatabaseError, connections
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

_at_work: set[threading.Thread] = set()

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reference:
    sop_class_uid: str
    sop_instance_uid: str


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
    # In the context of the association: the trail says from where it was asked.
    inside = contextvars.copy_context().run
    request = (event.assoc, event.context, transaction, references, peer)
    thread = threading.Thread(target=inside, args=(_look_and_tell, *request), daemon=True)
    _at_work.add(thread)
    thread.start()
    return SUCCESS


def finish(within_s: float) -> None:
    """The process ends: those who wait to be told are, without pauses, as far as the time goes."""
    telling.ending.set()
    deadline = time.monotonic() + within_s
    for thread in list(_at_work):
        thread.join(max(deadline - time.monotonic(), 0))


def _look_and_tell(
    association: Association,
    context: PresentationContextTuple,
    transaction: str,
    references: list[Reference],
    peer: Peer,
) -> None:
    try:
        report = answer(transaction, references)
        failed = len(report.get("FailedSOPSequence", ()))
        if not failed:
            complete([reference.sop_instance_uid for reference in references])
        connections.close_all()  # not held while a peer is waited for
        told = telling.tell(report, theirs=association, context=context, listens_at=peer.listens_at)
        data = {"objects": len(references), "failed": failed, "told": bool(told.on), **asdict(told)}
        outcome = "success" if told.on else "failure"
        record(AuditAct.COMMITMENT_ANSWERED, by=peer.received_as, outcome=outcome, data=data)
    except DatabaseError:
        logger.exception("a storage commitment request could not be answered")
    finally:
        connections.close_all()
        _at_work.discard(threading.current_thread())


def answer(transaction: str, references: list[Reference]) -> Dataset:
    """The information of the N-EVENT-REPORT."""
    uids = [reference.sop_instance_uid for reference in references]
    known = {row.sop_instance_uid: row for row in SopInstance.objects.filter(sop_instance_uid__in=uids)}
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
