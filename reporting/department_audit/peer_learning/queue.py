"""Taking a case, giving it back, answering it; and what follows when enough colleagues have answered."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.department_audit.models import (
    PeerAnswer,
    PeerCase,
    PeerGrade,
    PeerNotice,
    ReferenceRead,
    SignedRead,
)
from reporting.department_audit.peer_models import CaseStatus, Grade
from reporting.department_audit.words import Standing, Truth
from reporting.reports.models import FirstRead, Signature, VersionKind
from reporting.reports.template import CURRENT, TEMPLATES

CLAIM = timedelta(minutes=30)
LONGEST_COMMENT = 500


@transaction.atomic
def take_case(*, by: User) -> PeerCase | None:
    """The case that ``by`` holds already, or the next one; ``None`` when there is none for them now.

    It is theirs for 30 minutes: nobody else is given it meanwhile, and afterwards anybody may be.
    """
    require(by, Act.PEER_REVIEW)
    free = PeerCase.objects.takeable_by(by)
    held = free.filter(claimed_by=by, claimed_until__gt=Now()).first()
    chosen = (held.pk,) if held else free.values_list("pk", flat=True)
    # Another reviewer may be taking the first of them in this moment: skip it instead of waiting.
    row = PeerCase.objects.select_for_update(skip_locked=True).filter(pk__in=list(chosen)).first()
    if row is None or not PeerCase.objects.takeable_by(by).filter(pk=row.pk).exists():
        return None
    if not _counts(row):
        PeerCase.objects.filter(pk=row.pk).update(status=CaseStatus.CLOSED, updated_at=Now())
        return take_case(by=by)
    PeerCase.objects.filter(pk=row.pk).update(claimed_by=by, claimed_until=timezone.now() + CLAIM, updated_at=Now())
    if held is None:
        record(AuditAct.PEER_CASE_TAKEN, by=by, about=row, data={"study": str(row.study_id)})
    row.refresh_from_db()
    return row


@transaction.atomic
def give_case_back(case: PeerCase, *, by: User) -> None:
    """Let others take it at once. Raises :class:`WrongState` if ``by`` does not hold it."""
    require(by, Act.PEER_REVIEW)
    held = PeerCase.objects.filter(pk=case.pk, status=CaseStatus.OPEN, claimed_by=by)
    if not held.update(claimed_by=None, claimed_until=None, updated_at=Now()):
        raise WrongState(_("You do not hold this case"))
    record(AuditAct.PEER_CASE_GIVEN_BACK, by=by, about=case)


@transaction.atomic
def answer_case(case: PeerCase, value: str, *, comment: str = "", by: User) -> PeerAnswer:
    """What ``by`` sees there; an empty ``value`` says that it cannot be told. Settles the case when enough agree.

    Raises:
        NotAllowed: the role may not review, or the reviewer read this report themselves.
        InvalidInput: a value that the field does not have, or a very long comment.
        WrongState: it is not open, its report no longer counts, or somebody else holds it.
    """
    require(by, Act.PEER_REVIEW)
    row = PeerCase.objects.select_for_update(of=("self",)).select_related("version").get(pk=case.pk)
    if str(by.pk) in row.involved:
        raise NotAllowed(_("You read this report yourself"))
    if row.status != CaseStatus.OPEN or not _counts(row):
        raise WrongState(_("This case is not open any more"))
    if row.claimed_by_id != by.pk:
        raise WrongState(_("The case went to a colleague when its time was over; take another one"))
    if value and value not in [code for code, _label in choices_of(row)]:
        raise InvalidInput(_("This is no value of the field"))
    if len(comment) > LONGEST_COMMENT:
        raise InvalidInput(_("A comment has at most 500 characters"))
    if row.answers.filter(reviewer=by).exists():
        raise WrongState(_("You have answered this case"))
    answer = PeerAnswer.objects.create(case=row, reviewer=by, value=value, comment=comment.strip())
    PeerCase.objects.filter(pk=row.pk).update(claimed_by=None, claimed_until=None, updated_at=Now())
    record(AuditAct.PEER_CASE_ANSWERED, by=by, about=row, data={"value": value, "group": row.group})
    _settle(row, by=by)
    return answer


@transaction.atomic
def grade_answer(answer: PeerAnswer, grade: str, *, by: User) -> PeerGrade:
    """RADPEER's grade of the signed value, given once by who answered and after the values were shown.

    Raises:
        NotAllowed: it is another reviewer's answer.
        InvalidInput: no grade, or one that contradicts the answer.
        WrongState: it was graded already, or the reviewer could not tell.
    """
    require(by, Act.PEER_REVIEW)
    row = PeerAnswer.objects.select_for_update(of=("self",)).select_related("case").get(pk=answer.pk)
    if row.reviewer_id != by.pk:
        raise NotAllowed(_("Only who answered may grade"))
    if PeerGrade.objects.filter(answer=row).exists() or not row.value:
        raise WrongState(_("There is nothing to grade here"))
    if grade not in Grade.values or (grade == Grade.CONCUR) != (row.value == row.case.said.get("final")):
        raise InvalidInput(
            _("Grade 1 belongs to an answer that agrees with the signed value, the others to one that differs")
        )
    kept = PeerGrade.objects.create(answer=row, grade=grade)
    record(AuditAct.PEER_ANSWER_GRADED, by=by, about=row.case, data={"grade": grade})
    return kept


@transaction.atomic
def note_notice_seen(notice: PeerNotice, *, by: User) -> None:
    """Raises :class:`NotAllowed` for anybody but the person who is told."""
    require(by, Act.PEER_OWN)
    if notice.person_id != by.pk:
        raise NotAllowed(_("This notice is not for you"))
    if PeerNotice.objects.filter(pk=notice.pk, seen_at__isnull=True).update(seen_at=Now(), updated_at=Now()):
        record(AuditAct.PEER_NOTICE_SEEN, by=by, about=notice)


def choices_of(case: PeerCase) -> list[tuple[str, str]]:
    """(code, code) of the field's values in the template the report was signed with."""
    template = TEMPLATES.get(case.version.template_version, CURRENT)
    return [(choice.code, choice.code) for choice in template[case.field].choices]


def _counts(case: PeerCase) -> bool:
    return SignedRead.objects.filter(version=case.version_id, standing=Standing.CURRENT.value).exists()


def agreed(values: list[str], reviewers: int) -> str | None:
    """What is settled, "" for "cannot be told", ``None`` while a further answer is needed.

    Two who agree settle it; two who differ ask a third; three who all differ leave it untold.
    """
    if len(values) < reviewers:
        return None
    value, times = Counter(values).most_common(1)[0]
    if times == len(values) or times >= 2:
        return value
    return "" if len(values) >= 3 else None


def _settle(case: PeerCase, *, by: User) -> None:
    values = list(case.answers.order_by("created_at").values_list("value", flat=True))
    outcome = agreed(values, case.reviewers)
    if outcome is None:
        return
    reference = _reference(case, outcome, len(values), values.count(outcome), by) if outcome else None
    PeerCase.objects.filter(pk=case.pk).update(
        status=CaseStatus.SETTLED, outcome=outcome, settled_at=Now(), reference=reference, updated_at=Now()
    )
    data = {"outcome": outcome, "answers": len(values), "reference": str(reference.pk) if reference else ""}
    record(AuditAct.PEER_CASE_SETTLED, by=by, about=case, data=data)
    said = _said_by(case)
    PeerNotice.objects.bulk_create(PeerNotice(case=case, person_id=pk, value=value) for pk, value in said.items())


def _reference(case: PeerCase, value: str, answers: int, agreeing: int, by: User) -> ReferenceRead:
    """The next adjudicated statement about the place; an earlier one stays and is superseded."""
    place = {"study": case.study, "field": case.field, "level": case.level, "side": case.side, "instance": 1}
    standing = ReferenceRead.objects.filter(
        **place, source=Truth.ADJUDICATED.value, superseded_by__isnull=True
    ).select_for_update(of=("self",))
    comment = f"peer learning {case.pk}: {agreeing} of {answers} reviewers"
    return ReferenceRead.objects.create(
        **place, value=value, source=Truth.ADJUDICATED.value, by=by, comment=comment, supersedes=standing.first()
    )


def _said_by(case: PeerCase) -> dict[uuid.UUID, str]:
    """Who is told, and what they had said: readers, blind readers and signers, each their latest word."""
    report, said = case.version.report_id, case.said
    told: dict[uuid.UUID, str] = {}
    for reader in FirstRead.objects.filter(report=report).order_by("created_at").values_list("reader", flat=True)[:1]:
        if "blind_first" in said:
            told[reader] = said["blind_first"]
    signed = Signature.objects.filter(report_version__report=report, report_version__number__lte=case.version.number)
    for signer, kind in signed.order_by("report_version__number").values_list("signer", "report_version__kind"):
        word = said.get("prepared") if kind == VersionKind.PRELIMINARY else said.get("final")
        if word is not None:
            told[signer] = word
    return told
