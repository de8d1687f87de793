"""A case is read: opened in its turn, saved, paused, resumed, submitted. All times are the server's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import Incomplete, InvalidInput, NotAllowed, StaleVersion, WrongState
from reporting.reader_studies.answers import Answer, check_answer, place_name
from reporting.reader_studies.desk import next_step
from reporting.reader_studies.models import DraftRating, Rating, Reader, ReaderStudy, Reading, ReadingEvent, Submission
from reporting.reader_studies.permissions import StudyAct, require_in_study
from reporting.reader_studies.places import places_of
from reporting.reader_studies.services.changing import said_reason
from reporting.reader_studies.words import ArmKind, ReadingEventKind, ReadingState, StudyStatus

IDLE = dt.timedelta(seconds=60)
"""A page at work is heard of more often than this; a longer silence is a pause and no working time."""


def open_reading(reader: Reader, *, by: User) -> Reading:
    """The reading whose turn it is, begun or gone on with. Raises :class:`WrongState` in the washout and at the end."""
    study = reader.reader_study
    with transaction.atomic():
        require_reader(reader, by)
        _require_running(study)
        Reader.objects.select_for_update().get(pk=reader.pk)  # two windows open one reading
        now = timezone.now()
        step = next_step(reader, now)
        if step.assignment is None:
            raise WrongState(
                _("The washout lasts until %(moment)s") % {"moment": f"{step.waits_until:%Y-%m-%d %H:%M} UTC"}
                if step.waits_until
                else _("You have read everything")
            )
        reading = Reading.objects.filter(assignment=step.assignment).first()
        if reading is None:
            reading = Reading.objects.create(assignment=step.assignment, opened_at=now, seen_at=now)
            if step.assignment.arm.kind == ArmKind.AIDED_AFTER_UNAIDED:
                _begin_with_first_answers(reading)
            _note(reading, ReadingEventKind.OPENED, by)
            record(AuditAct.READING_OPENED, by=by, about=reading)
        elif reading.state == ReadingState.PAUSED:
            reading = resume_reading(reading, by=by)
    return reading


def save_rating(reading: Reading, answer: Answer, *, by: User, expected_version: int) -> Reading:
    """Keep one answer, or take it back (``value`` ``None``). It is a draft: nothing counts until it is submitted."""

    def save(held: Reading) -> None:
        finding = held.assignment.reader.reader_study.findings.filter(key=answer.finding).first()
        if finding is None:
            raise InvalidInput(_("There is no such finding"))
        check_answer(finding, answer)
        where: dict[str, Any] = {"reading": held, "finding": finding, "level": answer.level, "side": answer.side}
        draft = DraftRating.objects.filter(**where).first()
        spent = held.unspent_ms + (draft.active_ms if draft else 0)
        held.unspent_ms = 0
        if answer.value is None:
            DraftRating.objects.filter(**where).delete()
            return
        x, y, z = answer.place_lps_mm or (None, None, None)
        said = {"value": answer.value, "x_mm": x, "y_mm": y, "z_mm": z, "active_ms": spent}
        DraftRating.objects.update_or_create(**where, defaults=said)

    return _change(reading, save, by=by, expected_version=expected_version)


def pause_reading(reading: Reading, *, by: User, expected_version: int) -> Reading:
    """Stop the clock; what was saved stays."""

    def pause(held: Reading) -> None:
        held.state = ReadingState.PAUSED
        _note(held, ReadingEventKind.PAUSED, by)

    return _change(reading, pause, by=by, expected_version=expected_version)


def resume_reading(reading: Reading, *, by: User) -> Reading:
    """Go on where the reader was."""
    with transaction.atomic():
        held = _held(reading, by)
        if held.state == ReadingState.PAUSED:
            held.state, held.seen_at = ReadingState.OPEN, timezone.now()
            held.version += 1
            held.save()
            _note(held, ReadingEventKind.RESUMED, by)
    return held


def see_reading(reading: Reading, *, by: User) -> Reading:
    """The page is at work: let the time since it was last heard of count. Says the version that stands."""
    with transaction.atomic():
        held = _held(reading, by)
        if held.state == ReadingState.OPEN:
            _spend(held, by)
            held.save(update_fields=["active_ms", "unspent_ms", "seen_at", "updated_at"])
    return held


def submit_reading(reading: Reading, *, by: User, expected_version: int) -> Submission:
    """Make the drafts the answer. Raises :class:`Incomplete` with the places that are not answered."""
    found: list[Submission] = []

    def submit(held: Reading) -> None:
        study = held.assignment.reader.reader_study
        _require_running(ReaderStudy.objects.select_for_update().get(pk=study.pk))  # it is not closed meanwhile
        drafts = {(d.finding_id, d.level, d.side): d for d in held.drafts.all()}
        places = [(one, level, side) for one in study.findings.all() for level, side in places_of(one)]
        missing = [place_name(*place) for place in places if (place[0].pk, place[1], place[2]) not in drafts]
        if missing:
            raise Incomplete(_("Not everything is rated yet"), details=missing)
        now = timezone.now()
        events = held.events.filter(kind=ReadingEventKind.PAUSED, created_at__gte=held.opened_at)
        newest = study.protocols.order_by("-number").defer("content").first()
        assert newest is not None  # a running study was locked
        submission = Submission.objects.create(
            reading=held,
            attempt=held.attempt,
            protocol=newest,
            opened_at=held.opened_at,
            submitted_at=now,
            active_ms=held.active_ms,
            wall_ms=max(0, round((now - held.opened_at) / dt.timedelta(milliseconds=1))),
            pauses=events.count(),
        )
        Rating.objects.bulk_create([_final(submission, drafts[one.pk, level, side]) for one, level, side in places])
        held.state, held.submitted_at = ReadingState.SUBMITTED, now
        _note(held, ReadingEventKind.SUBMITTED, by)
        record(AuditAct.READING_SUBMITTED, by=by, about=held)
        found.append(submission)

    _change(reading, submit, by=by, expected_version=expected_version)
    return found[0]


def reopen_reading(reading: Reading, *, reason: str, by: User) -> Reading:
    """Let the reader answer once more. The first answer stays; the next one says that it is a second attempt."""
    reason = said_reason(reason)
    with transaction.atomic():
        held = Reading.objects.select_for_update(of=("self",)).select_related("assignment__reader__reader_study")
        one = held.get(pk=reading.pk)
        study = one.assignment.reader.reader_study
        require_in_study(study, by, StudyAct.RUN)
        _require_running(study)
        if one.state != ReadingState.SUBMITTED:
            raise WrongState(_("Only a submitted reading can be re-opened"))
        if one.assignment.reader.withdrawn_at or one.assignment.case.retracted_at:
            raise WrongState(_("The reader has withdrawn, or the case was retracted"))
        now = timezone.now()
        one.state, one.submitted_at, one.attempt = ReadingState.PAUSED, None, one.attempt + 1
        one.opened_at = one.seen_at = now
        one.active_ms = one.unspent_ms = 0
        one.version += 1
        one.save()
        one.drafts.update(active_ms=0)
        ReadingEvent.objects.create(reading=one, kind=ReadingEventKind.REOPENED, by=by, reason=reason)
        record(AuditAct.READING_REOPENED, by=by, about=one, data={"reason": reason, "attempt": one.attempt})
    return one


def require_reader(reader: Reader, by: User) -> None:
    """Raise :class:`NotAllowed` unless ``by`` is this reader, still takes part and has no rights on patients."""
    require_in_study(reader.reader_study, by, StudyAct.READ)
    if reader.member.user_id != by.pk:
        raise NotAllowed(_("This is another reader's"))


def _change(reading: Reading, act: Callable[[Reading], None], *, by: User, expected_version: int) -> Reading:
    try:
        with transaction.atomic():
            held = _held(reading, by)
            if held.state != ReadingState.OPEN:
                raise WrongState(_("This reading is paused; go on with it first"))
            if held.version != expected_version:
                raise StaleVersion(_("This case was changed in another window; load the page again"))
            _spend(held, by)
            held.version += 1
            act(held)
            held.save()
    except (StaleVersion, WrongState) as refused:
        ReadingEvent.objects.create(reading=reading, kind=ReadingEventKind.REFUSED, by=by, reason=refused.code)
        raise
    return held


def _held(reading: Reading, by: User) -> Reading:
    """The row, locked, if it can still be read. Raises :class:`WrongState`."""
    rows = Reading.objects.select_for_update(of=("self",))
    held = rows.select_related("assignment__reader__reader_study", "assignment__reader__member").get(pk=reading.pk)
    require_reader(held.assignment.reader, by)
    _require_running(held.assignment.reader.reader_study)
    if held.state == ReadingState.SUBMITTED:
        raise WrongState(_("This reading is submitted; only the owner of the study can re-open it"))
    if held.assignment.case.retracted_at is not None:
        raise WrongState(_("This case was retracted; go on with the next one"))
    return held


def _require_running(study: ReaderStudy) -> None:
    if study.status != StudyStatus.RUNNING:
        raise WrongState(_("The reader study is closed; nothing can be read any more"))


def _spend(held: Reading, by: User) -> None:
    """Count the time since the page was last heard of; a long silence was a pause. A clock set back costs nothing."""
    now = timezone.now()
    gap = now - held.seen_at
    if dt.timedelta(0) < gap <= IDLE:
        spent = round(gap / dt.timedelta(milliseconds=1))
        held.active_ms += spent
        held.unspent_ms += spent
    elif gap > IDLE:
        _note(held, ReadingEventKind.PAUSED, by, reason="silence")
    held.seen_at = now


def _note(reading: Reading, kind: ReadingEventKind, by: User, reason: str = "") -> None:
    ReadingEvent.objects.create(reading=reading, kind=kind, by=by, reason=reason)


def _begin_with_first_answers(reading: Reading) -> None:
    """In a sequential design the aided look begins with what the reader said unaided."""
    assignment = reading.assignment
    first = Submission.objects.filter(
        reading__assignment__reader=assignment.reader_id,
        reading__assignment__case=assignment.case_id,
        reading__assignment__arm__kind=ArmKind.UNAIDED,
    ).last()
    if first is not None:
        DraftRating.objects.bulk_create(
            [DraftRating(reading=reading, **_said(rating)) for rating in first.ratings.all()]
        )


def _final(submission: Submission, draft: DraftRating) -> Rating:
    return Rating(submission=submission, active_ms=draft.active_ms, **_said(draft))


def _said(rated: Rating | DraftRating) -> dict[str, object]:
    names = ("finding_id", "level", "side", "value", "x_mm", "y_mm", "z_mm")
    return {name: getattr(rated, name) for name in names}
