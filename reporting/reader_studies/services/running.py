"""After the lock: amendments, a reader who leaves, a case that counts no more, the end."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, WrongState
from reporting.reader_studies.models import Case, Protocol, Reader, ReaderStudy
from reporting.reader_studies.permissions import StudyAct
from reporting.reader_studies.services.changing import begin_change, said_reason
from reporting.reader_studies.stopping import Limits
from reporting.reader_studies.words import STUDY_TRANSITIONS, StudyStatus
from reporting.reports.content import canonical, sha256_of

AMENDABLE = frozenset({"washout_days", "stopping_rule", "stopping_limits"})


def amend_study(
    study: ReaderStudy, changes: dict[str, Any], *, reason: str, by: User, expected_version: int
) -> Protocol:
    """The next version of the protocol. Only :data:`AMENDABLE` fields; cases, arms and order never change."""
    if not changes or set(changes) - AMENDABLE:
        raise InvalidInput(_("Only the washout and the stopping rule can be amended"))
    if not 1 <= changes.get("washout_days", 1) <= 365:
        raise InvalidInput(_("A washout lasts between 1 and 365 days"))
    Limits.of(changes.get("stopping_limits", {})).check()
    with transaction.atomic():
        _running(study, by, expected_version)
        return _amended(study, changes, reason, by)


def withdraw_reader(reader: Reader, *, reason: str, by: User, expected_version: int) -> Protocol:
    """The reader reads no more and sees the study no more; what they submitted stays."""
    study = reader.reader_study
    with transaction.atomic():
        _running(study, by, expected_version)
        moment = timezone.now()
        left = study.readers.filter(pk=reader.pk, withdrawn_at__isnull=True)
        if not left.update(withdrawn_at=moment, withdrawal_reason=said_reason(reason)):
            raise WrongState(_("This reader has withdrawn already"))
        study.members.filter(pk=reader.member_id).update(ended_at=moment)
        record(AuditAct.READER_WITHDRAWN, by=by, about=reader)
        return _amended(study, {"withdrawn": [*_content(study).get("withdrawn", []), reader.code]}, reason, by)


def retract_case(case: Case, *, reason: str, by: User, expected_version: int) -> Protocol:
    """The case is handed out no more and counts in no analysis; its readings stay."""
    study = case.reader_study
    with transaction.atomic():
        _running(study, by, expected_version)
        left = study.cases.filter(pk=case.pk, retracted_at__isnull=True)
        if not left.update(retracted_at=timezone.now(), retraction_reason=said_reason(reason)):
            raise WrongState(_("This case was retracted already"))
        record(AuditAct.CASE_RETRACTED, by=by, about=case)
        return _amended(study, {"retracted": [*_content(study).get("retracted", []), case.code]}, reason, by)


def close_study(study: ReaderStudy, *, by: User, expected_version: int) -> None:
    """Nobody reads any more. There is no way back."""
    STUDY_TRANSITIONS.check(StudyStatus(study.status), StudyStatus.CLOSED)
    with transaction.atomic():
        _running(study, by, expected_version, status_after=StudyStatus.CLOSED)
        record(AuditAct.READER_STUDY_CLOSED, by=by, about=study)


def abandon_study(study: ReaderStudy, *, reason: str, by: User, expected_version: int) -> None:
    """Give a study up, in design or while it is read. Nothing is deleted."""
    status = StudyStatus(study.status)
    STUDY_TRANSITIONS.check(status, StudyStatus.ABANDONED)
    with transaction.atomic():
        begin_change(
            study,
            StudyAct.RUN,
            by=by,
            expected_version=expected_version,
            status=status,
            setting=_end(StudyStatus.ABANDONED),
        )
        record(AuditAct.READER_STUDY_ABANDONED, by=by, about=study, data={"reason": said_reason(reason)})


def _running(study: ReaderStudy, by: User, expected_version: int, status_after: StudyStatus | None = None) -> None:
    setting = None if status_after is None else _end(status_after)
    begin_change(
        study,
        StudyAct.RUN,
        by=by,
        expected_version=expected_version,
        status=StudyStatus.RUNNING,
        setting=setting,
    )


def _end(status: StudyStatus) -> dict[str, Any]:
    return {"status": status, "closed_at": timezone.now()}


def _content(study: ReaderStudy) -> dict[str, Any]:
    newest = study.protocols.order_by("-number").first()
    assert newest is not None  # a running study was locked
    found: dict[str, Any] = json.loads(newest.content)
    return found


def _amended(study: ReaderStudy, changes: dict[str, Any], reason: str, by: User) -> Protocol:
    newest = study.protocols.order_by("-number").first()
    assert newest is not None
    text = canonical({**json.loads(newest.content), **changes, "amends": newest.digest})
    protocol = Protocol.objects.create(
        reader_study=study,
        number=newest.number + 1,
        content=text,
        digest=sha256_of(text),
        washout_days=changes.get("washout_days", newest.washout_days),
        stopping_limits=changes.get("stopping_limits", newest.stopping_limits),
        reason=said_reason(reason),
        made_by=by,
    )
    data = {"number": protocol.number, "digest": protocol.digest, "changed": sorted(changes)}
    record(AuditAct.READER_STUDY_AMENDED, by=by, about=study, data=data)
    return protocol
