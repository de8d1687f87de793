"""The end of what came object by object: series described once, one event in the audit trail."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.request_id import remote_address, request_id
from reporting.studies.models import Reception, ReceptionQuerySet, Series, Study
from reporting.studies.services.describing import describe
from reporting.studies.services.filing import lock_study

SILENT_S = 50
"""Shorter than the quiet after which a study counts as complete: what is analysed has been described."""


def end_receptions_of_this_request() -> int:
    """The association is over, however it ended. Returns how many there were; harmless when repeated."""
    return _end_all(Reception.objects.under_way().filter(request_id=request_id.get()))


def end_receptions_of(studies: Iterable[Study]) -> int:
    """Of studies that are said to be complete; what comes all the same opens others."""
    return _end_all(Reception.objects.under_way().filter(study__in=studies))


def end_silent_receptions() -> int:
    """What a receiver that was killed could not end."""
    return _end_all(Reception.objects.silent_for(SILENT_S))


def _end_all(receptions: ReceptionQuerySet) -> int:
    found = list(receptions.select_related("study", "received_by"))
    for reception in found:
        _end(reception)
    return len(found)


@transaction.atomic
def _end(reception: Reception) -> None:
    lock_study(reception.study.study_instance_uid, alone=True)
    ended = Reception.objects.under_way().filter(pk=reception.pk)
    if not ended.update(ended_at=timezone.now(), updated_at=timezone.now()):
        return
    for series in Series.objects.filter(sop_instances__reception=reception).distinct():
        describe(series)
    # The event is about who sent it and from where, also when the clock writes it.
    request, address = request_id.set(reception.request_id), remote_address.set(reception.remote_address)
    try:
        data = {"objects": reception.sop_instances.count(), "new_study": reception.is_new_study}
        record(AuditAct.STUDY_RECEIVED, by=reception.received_by, about=reception.study, data=data)
    finally:
        request_id.reset(request)
        remote_address.reset(address)
