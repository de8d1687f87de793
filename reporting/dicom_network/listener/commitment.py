"""Storage commitment (PS3.4 J.3): whether objects lie here whole, answered on the association it was asked on.

The request is answered at once and the objects are read afterwards: thousands of them take longer than a peer waits.
A peer that leaves before it was told is not told; it has to ask again, and the trail says so.
An object is committed to when its row is there and its bytes are read from first to last and still have their digest.
"""

from __future__ import annotations

import contextvars
import logging
import threading
from dataclasses import dataclass

from django.db import DatabaseError, connections
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.dicom_network.listener.completion import complete
from reporting.studies.blobs import BlobDamaged, verified_path
from reporting.studies.models import SopInstance

SUCCESS = 0x0000
NO_SUCH_ACTION = 0x0123
INVALID_ARGUMENT = 0x0115
_REQUEST_COMMITMENT = 1
_ALL_COMMITTED, _SOME_FAILED = 1, 2
NOT_HERE = 0x0112
OTHER_CLASS = 0x0119
DAMAGED = 0x0110
MAX_REFERENCES = 10_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reference:
    sop_class_uid: str
    sop_instance_uid: str


def asked(event: Event, by: User) -> int:
    """Take the request; the status of the N-ACTION. The answer follows in an N-EVENT-REPORT."""
    if event.action_type != _REQUEST_COMMITMENT:
        return NO_SUCH_ACTION
    try:
        transaction, references = _read(event.action_information)
    except Exception:  # whatever a library says about a peer's data set
        logger.warning("a storage commitment request could not be read")
        return INVALID_ARGUMENT
    told_of = (event.assoc, transaction, references, by)
    # In the context of the association: the trail says from where it was asked.
    inside = contextvars.copy_context().run
    threading.Thread(target=inside, args=(_look_and_tell, *told_of), daemon=True).start()
    return SUCCESS


def _look_and_tell(association: Association, transaction: str, references: list[Reference], by: User) -> None:
    try:
        report = answer(transaction, references)
        failed = len(report.get("FailedSOPSequence", ()))
        if not failed:
            complete([reference.sop_instance_uid for reference in references])
        was_told = _tell(association, report)
        data = {"objects": len(references), "failed": failed, "told": was_told}
        record(AuditAct.COMMITMENT_ANSWERED, by=by, outcome="success" if was_told else "failure", data=data)
    except DatabaseError:
        logger.exception("a storage commitment request could not be answered")
    finally:
        connections.close_all()


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


def _tell(association: Association, report: Dataset) -> bool:
    """Whether the peer took it."""
    kind = _SOME_FAILED if "FailedSOPSequence" in report else _ALL_COMMITTED
    try:
        status, _reply = association.send_n_event_report(
            report, kind, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
        )
    except (RuntimeError, ValueError):
        logger.warning("the peer left before its storage commitment was answered")
        return False
    return "Status" in status
