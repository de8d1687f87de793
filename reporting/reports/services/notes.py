"""Words between colleagues about a report: a second opinion, and a report returned to its author."""

from __future__ import annotations

from django.utils.translation import gettext as _

from reporting.accounts.models import Role, User
from reporting.accounts.permissions import Act
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.reports.models import NoteKind, Report, ReportNote
from reporting.reports.places import Place
from reporting.reports.services.access import changing, require_act, require_edit
from reporting.reports.services.rows import template_of
from reporting.reports.states import ReportStatus
from reporting.reports.text_hygiene import checked_text
from reporting.reports.values import checked_place
from reporting.studies.services import share_study

_ALIVE = (ReportStatus.DRAFT, ReportStatus.PRELIMINARY, ReportStatus.FINAL)
MAX_TEXT = 2000


def _checked(text: str) -> str:
    if not text.strip():
        raise InvalidInput(_("The note is empty"))
    if len(text) > MAX_TEXT:
        raise InvalidInput(_("The note is longer than %(n)d characters") % {"n": MAX_TEXT})
    return checked_text(text)


def ask_colleague(
    report: Report, *, colleague: User, text: str, by: User, expected_version: int, place: str = ""
) -> ReportNote:
    """Ask a named colleague for a second opinion; from then on the colleague may see the study.

    ``place``: the field it is about. Raises :class:`InvalidInput` unless ``colleague`` is another active radiologist.
    """
    require_act(report, by, Act.REPORT_CONSULT)
    words = _checked(text)
    if colleague.pk == by.pk or not colleague.is_active or Role(colleague.role) not in (Role.JUNIOR, Role.SENIOR):
        raise InvalidInput(_("Ask another active radiologist"))
    if place:
        checked_place(template_of(report), _place(place))
    with changing(report, by=by, expected_version=expected_version, allowed=_ALIVE, becomes_author=False):
        note = ReportNote.objects.create(
            report=report,
            kind=NoteKind.CONSULT,
            text=words,
            place=place,
            by=by,
            to=colleague,
            report_version=report.version,
        )
        share_study(report.study, to=colleague, by=by)
        data = {"note": note.pk, "colleague": colleague.pk, "place": place, "characters": len(words)}
        record(AuditAct.CONSULT_ASKED, by=by, about=report, data=data)
        return note


def answer_colleague(note: ReportNote, *, text: str, by: User, expected_version: int) -> ReportNote:
    """Answer a question one was asked. Raises :class:`NotAllowed` for anybody else."""
    report = note.report
    require_act(report, by, Act.REPORT_CONSULT)
    if note.to_id != by.pk:
        raise NotAllowed(_("This question is for somebody else"))
    if note.kind != NoteKind.CONSULT:
        raise WrongState(_("This is no question"))
    words = _checked(text)
    with changing(report, by=by, expected_version=expected_version, allowed=_ALIVE, becomes_author=False):
        answer = ReportNote.objects.create(
            report=report,
            kind=NoteKind.ANSWER,
            text=words,
            place=note.place,
            by=by,
            to=note.by,
            answers=note,
            report_version=report.version,
        )
        record(AuditAct.CONSULT_ANSWERED, by=by, about=report, data={"note": answer.pk, "characters": len(words)})
        return answer


def return_report(report: Report, *, text: str, by: User, expected_version: int, place: str = "") -> ReportNote:
    """Give a preliminary report back to its author with a comment; what was handed over stays as a version."""
    require_act(report, by, Act.REPORT_REOPEN)
    words = _checked(text)
    if place:
        checked_place(template_of(report), _place(place))
    with changing(
        report,
        by=by,
        expected_version=expected_version,
        allowed=(ReportStatus.PRELIMINARY,),
        status=ReportStatus.DRAFT.value,
    ):
        note = ReportNote.objects.create(
            report=report,
            kind=NoteKind.RETURN,
            text=words,
            place=place,
            by=by,
            to=report.author,
            report_version=report.version,
        )
        data = {"note": note.pk, "to": report.author_id, "place": place, "characters": len(words)}
        record(AuditAct.REPORT_RETURNED, by=by, about=report, data=data)
        return note


def resolve_comment(note: ReportNote, *, by: User, expected_version: int, text: str = "") -> ReportNote:
    """Say that a comment of a returned report is dealt with, as the one who writes the report. The comment stays.

    ``text``: how, or why not; it may be empty.

    Raises :class:`NotAllowed` for who may not write it, :class:`WrongState` for what is no open comment.
    """
    report = note.report
    require_edit(report, by)
    words = _checked(text) if text.strip() else ""
    with changing(report, by=by, expected_version=expected_version, allowed=(ReportStatus.DRAFT,)):
        if note.kind != NoteKind.RETURN or note.answered_by.filter(kind=NoteKind.RESOLVED).exists():
            raise WrongState(_("This is no open comment"))
        done = ReportNote.objects.create(
            report=report,
            kind=NoteKind.RESOLVED,
            text=words,
            place=note.place,
            by=by,
            to=note.by,
            answers=note,
            report_version=report.version,
        )
        data = {"note": note.pk, "place": note.place, "characters": len(words)}
        record(AuditAct.COMMENT_RESOLVED, by=by, about=report, data=data)
        return done


def _place(text: str) -> Place:
    try:
        return Place.parse(text)
    except ValueError as error:
        raise InvalidInput(_("This is no place in a report")) from error
