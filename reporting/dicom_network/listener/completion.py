"""A peer says that a study is complete, and inference starts at once instead of after a quiet minute.

It is said by who acquired it (Modality Performed Procedure Step, N-SET "COMPLETED": PS3.4 F.7), by who keeps it
(Instance Availability Notification, N-CREATE: PS3.4 R.3), and by a storage commitment that is answered whole.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from django.db import DatabaseError
from django.db.models.functions import Now
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.events import Event
from pynetdicom.sop_class import InstanceAvailabilityNotification, ModalityPerformedProcedureStep

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.dicom_network.models import ProcedureStep, StepStatus
from reporting.predictions.services import request_inference_for_new_studies
from reporting.studies.models import SopInstance, Study
from reporting.studies.services import end_receptions_of

SUCCESS = 0x0000
INVALID_VALUE = 0x0106
PROCESSING_FAILURE = 0x0110
DUPLICATE = 0x0111
UNKNOWN = 0x0112
INVALID_ARGUMENT = 0x0115
COMPLETION_CLASSES = (ModalityPerformedProcedureStep, InstanceAvailabilityNotification)
MAX_NAMED = 10_000

logger = logging.getLogger(__name__)


def created(event: Event, by: User) -> tuple[int, Dataset | None]:
    """Answer of an N-CREATE: what a notification names is looked up, a procedure step is kept as begun."""
    if event.request.AffectedSOPClassUID == ModalityPerformedProcedureStep:
        return _begun(event, by)
    try:
        named = list(_named(event.attribute_list, "ReferencedSeriesSequence", "ReferencedSOPSequence"))
    except Exception:  # whatever a library says about a peer's data set
        return _not_understood()
    _said(named, "notification", by)
    return SUCCESS, Dataset()


def _begun(event: Event, by: User) -> tuple[int, Dataset | None]:
    try:
        uid = UID(str(event.request.AffectedSOPInstanceUID or ""))
        status = str(event.attribute_list.get("PerformedProcedureStepStatus", ""))
    except Exception:  # whatever a library says about a peer's data set
        return _not_understood()
    if not uid.is_valid:
        return _not_understood()
    if status != StepStatus.IN_PROGRESS:
        return INVALID_VALUE, None
    try:
        _step, is_new = ProcedureStep.objects.get_or_create(sop_instance_uid=uid, defaults={"said_by": by})
    except DatabaseError:
        logger.exception("a procedure step could not be kept")
        return PROCESSING_FAILURE, None
    return (SUCCESS, Dataset()) if is_new else (DUPLICATE, None)


def changed(event: Event, by: User) -> tuple[int, Dataset | None]:
    """Answer of an N-SET: a step that has ended names the images it made, and is not spoken of again."""
    try:
        uid = str(event.request.RequestedSOPInstanceUID)
        said = event.modification_list
        status = str(said.get("PerformedProcedureStepStatus", StepStatus.IN_PROGRESS))
        named = list(_named(said, "PerformedSeriesSequence", "ReferencedImageSequence"))
    except Exception:  # whatever a library says about a peer's data set
        return _not_understood()
    if status not in StepStatus.values:
        return INVALID_VALUE, None
    try:
        in_progress = ProcedureStep.objects.filter(sop_instance_uid=uid, status=StepStatus.IN_PROGRESS)
        if not in_progress.update(status=status, updated_at=Now()):
            is_known = ProcedureStep.objects.filter(sop_instance_uid=uid).exists()
            return (PROCESSING_FAILURE if is_known else UNKNOWN), None
    except DatabaseError:
        logger.exception("a procedure step could not be kept")
        return PROCESSING_FAILURE, None
    if status == StepStatus.COMPLETED:
        _said(named, "procedure_step", by)
    return SUCCESS, Dataset()


def _said(sop_instance_uids: list[str], how: str, by: User) -> None:
    studies = complete(sop_instance_uids)
    data = {"how": how, "objects": len(set(sop_instance_uids)), "complete_studies": len(studies)}
    try:
        record(AuditAct.COMPLETION_SAID, by=by, about=studies[0] if len(studies) == 1 else None, data=data)
    except DatabaseError:
        logger.exception("that a peer said a study is complete could not be written into the trail")


def complete(sop_instance_uids: list[str]) -> list[Study]:
    """Ask for inference on the studies of these objects, where all of them are here and none beside them.

    Otherwise, and when the database is away, the quiet minute decides as it does without a word from anybody. What
    comes later is analysed again.
    """
    uids = set(sop_instance_uids)
    try:
        here = SopInstance.objects.filter(sop_instance_uid__in=uids)
        if not 0 < len(uids) <= MAX_NAMED or here.count() != len(uids):
            return []
        others = SopInstance.objects.exclude(sop_instance_uid__in=uids).values("series__study")
        studies = list(Study.objects.filter(series_set__sop_instances__in=here).exclude(pk__in=others).distinct())
        end_receptions_of(studies)  # what is analysed has been described
        request_inference_for_new_studies(studies, by=None)
    except DatabaseError:
        logger.exception("a study that was said to be complete waits for its quiet minute")
        return []
    return studies


def _named(said: Dataset, series: str, objects: str) -> Iterator[str]:
    for one in said.get(series) or ():
        for item in one.get(objects) or ():
            yield str(item.ReferencedSOPInstanceUID)


def _not_understood() -> tuple[int, None]:
    logger.warning("a notification of a peer could not be read")
    return INVALID_ARGUMENT, None
