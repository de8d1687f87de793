"""Drawing marks for training, and deciding about them: two people for each, nothing rewritten."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, NotAllowed, StaleVersion, WrongState
from reporting.reports.blind import reads_blind
from reporting.reports.correction_models import (
    MARK_TRANSITIONS,
    Correction,
    CorrectionDecision,
    MarkKind,
    MarkOrigin,
    MarkState,
)
from reporting.reports.corrections.machine import machine_contour
from reporting.reports.corrections.placing import frame_of, placed, require_plane
from reporting.reports.corrections.rules import MAX_MARKS, RULES, SIDES, MarkRules, has_sides
from reporting.reports.models import Report
from reporting.reports.services.access import require_act
from reporting.reports.states import ReportStatus
from reporting.reports.text_hygiene import checked_text
from reporting.studies.models import SopInstance, Study
from reporting.vocabulary import Structure

# Of a signed report too: marks are about images, usually drawn when the reading is done, and change nothing signed.
MAY_BE_MARKED = (ReportStatus.DRAFT, ReportStatus.PRELIMINARY, ReportStatus.FINAL)
MAX_COMMENT = 500


def draw_correction(
    report: Report,
    *,
    by: User,
    level_map_version: int,
    instance: SopInstance,
    frame: int,
    kind: MarkKind,
    structure: Structure,
    level: str = "",
    side: str = "",
    says: str,
    points: Sequence[Sequence[float]] = (),
    machine_outline: int | None = None,
) -> Correction:
    """Store a mark on a frame of the report's study; with ``machine_outline`` (a number) the points are the machine's.

    Raises :class:`StaleVersion` where the levels have been named anew since, :class:`InvalidInput` for what the kind
    does not allow or what lies outside the image, :class:`WrongState` for a closed report, and while reading blind for
    taking over what the machine outlined.
    """
    require_act(report, by, Act.CORRECTION_DRAW)
    rules = RULES[kind]
    _require_words(rules, structure, level, side, says)
    if instance.series.study_id != report.study_id:
        raise InvalidInput(_("There is no such image in this study"))
    at = frame_of(instance, frame)
    require_plane(at, rules)
    taken = machine_outline is not None
    if machine_outline is not None:
        if kind is not MarkKind.CONTOUR or points:
            raise InvalidInput(_("Only a contour can be taken from the machine, without points of your own"))
        if reads_blind(report, by):
            raise WrongState(_("You read this study without the machine: its outlines are not shown"))
        points = machine_contour(report, at, structure, machine_outline)
    where = placed(at, points, rules)
    with transaction.atomic():
        current = _locked(report, level_map_version)
        mark = Correction.objects.create(
            study=current.study,
            report=current,
            level_map_version=current.level_map_version,
            instance=instance,
            frame=frame,
            kind=kind,
            structure=structure.value,
            level=level,
            side=side,
            says=says,
            points=where.points,
            points_lps_mm=where.points_lps_mm,
            frame_of_reference_uid=where.frame_of_reference_uid,
            diameter_px=rules.diameter_px,
            origin=MarkOrigin.MACHINE if taken else MarkOrigin.DRAWN,
            job=current.job if taken else None,
            author=by,
        )
        data = {"study": mark.study_id, "kind": mark.kind, "origin": mark.origin}
        record(AuditAct.CORRECTION_DRAWN, by=by, about=mark, data=data)
        return mark


def retract_correction(mark: Correction, *, by: User, expected_version: int) -> Correction:
    """Take back a mark of one's own that nobody has decided about."""
    require_act(mark.report, by, Act.CORRECTION_DRAW)
    if mark.author_id != by.pk:
        raise NotAllowed(_("This mark is somebody else's"))
    return _decide(mark, MarkState.RETRACTED, AuditAct.CORRECTION_RETRACTED, by=by, expected_version=expected_version)


def accept_correction(mark: Correction, *, by: User, expected_version: int) -> Correction:
    """As a second person, a senior, let training use a mark. One of each subject (``Correction.subject``)."""
    _require_review(mark, by)
    return _decide(mark, MarkState.ACCEPTED, AuditAct.CORRECTION_ACCEPTED, by=by, expected_version=expected_version)


def reject_correction(mark: Correction, *, by: User, expected_version: int, comment: str) -> Correction:
    """As a second person, a senior, say why a mark is wrong."""
    _require_review(mark, by)
    words = comment.strip()
    if not words or len(words) > MAX_COMMENT:
        raise InvalidInput(_("Say why, in at most %(n)d characters") % {"n": MAX_COMMENT})
    checked = checked_text(words)
    act = AuditAct.CORRECTION_REJECTED
    return _decide(mark, MarkState.REJECTED, act, by=by, expected_version=expected_version, comment=checked)


def reopen_correction(mark: Correction, *, by: User, expected_version: int) -> Correction:
    """Take a decision back: the mark waits again."""
    _require_review(mark, by)
    return _decide(mark, MarkState.OPEN, AuditAct.CORRECTION_REOPENED, by=by, expected_version=expected_version)


def amend_correction(
    mark: Correction,
    *,
    by: User,
    expected_version: int,
    points: Sequence[Sequence[float]],
    level: str | None = None,
    side: str | None = None,
    says: str | None = None,
) -> Correction:
    """Put another mark in the place of one that waits: moved, or saying something else. Returns the new one.

    Who drew it may, and a senior as the second person: where they differ the senior's mark stands, so that one is
    accepted at once (two people have looked). An author's own new mark waits as the old one did.
    """
    require_act(mark.report, by, Act.CORRECTION_DRAW)
    is_own = mark.author_id == by.pk
    if not is_own:
        _require_review(mark, by)
    kind, structure = MarkKind(mark.kind), Structure(mark.structure)
    rules = RULES[kind]
    new = {
        "level": mark.level if level is None else level,
        "side": mark.side if side is None else side,
        "says": mark.says if says is None else says,
    }
    _require_words(rules, structure, **new)
    where = placed(frame_of(mark.instance, mark.frame), points, rules)
    as_drawn = where.points == mark.points
    with transaction.atomic():
        _decide(mark, MarkState.AMENDED, AuditAct.CORRECTION_AMENDED, by=by, expected_version=expected_version)
        amended = Correction.objects.create(
            study=mark.study,
            report=mark.report,
            level_map_version=mark.report.level_map_version if level is not None else mark.level_map_version,
            instance=mark.instance,
            frame=mark.frame,
            kind=kind,
            structure=structure.value,
            points=where.points,
            points_lps_mm=where.points_lps_mm,
            frame_of_reference_uid=where.frame_of_reference_uid,
            diameter_px=rules.diameter_px,
            origin=mark.origin if as_drawn else MarkOrigin.DRAWN,
            job=mark.job if as_drawn else None,
            author=by,
            replaces=mark,
            **new,
        )
        record(AuditAct.CORRECTION_DRAWN, by=by, about=amended, data={"study": mark.study_id, "replaces": mark.pk})
        if not is_own:
            _decide(amended, MarkState.ACCEPTED, AuditAct.CORRECTION_ACCEPTED, by=by, expected_version=1)
        return amended


def _require_words(rules: MarkRules, structure: Structure, level: str, side: str, says: str) -> None:
    if structure not in rules.structures or says not in rules.says:
        raise InvalidInput(_("This kind of mark cannot say that"))
    if level not in rules.levels and (level or rules.needs_level):
        raise InvalidInput(_("This kind of mark needs a level that exists"))
    sided = has_sides(structure) and rules.needs_level
    if (side not in SIDES) if sided else (side not in ("", *SIDES)):
        raise InvalidInput(_("Say on which side of the patient"))
    if side and not has_sides(structure):
        raise InvalidInput(_("This structure has no side"))
    if not level and says not in ("level", "outline"):
        raise InvalidInput(_("Without a level nothing can be said of a disc"))


def _require_review(mark: Correction, by: User) -> None:
    require_act(mark.report, by, Act.CORRECTION_REVIEW)
    if mark.author_id == by.pk:
        raise NotAllowed(_("Two people are needed: somebody else reviews your own mark"))


def _locked(report: Report, level_map_version: int) -> Report:
    """The report, held together with its study's marks until the transaction ends."""
    study = Study.objects.select_for_update().get(pk=report.study_id)
    current = Report.objects.select_related("job", "study").get(pk=report.pk)
    if ReportStatus(current.status) not in MAY_BE_MARKED:
        status = {"status": current.get_status_display()}
        raise WrongState(_("This is not possible while the report is %(status)s") % status)
    if current.level_map_version != level_map_version:
        message = _("The levels have been named anew since: look again and send the mark once more")
        raise StaleVersion(message, details={"level_map_version": current.level_map_version})
    if Correction.objects.of_study(study).count() >= MAX_MARKS:
        raise WrongState(_("A study holds at most %(n)d marks") % {"n": MAX_MARKS})
    return current


def _decide(
    mark: Correction, state: MarkState, act: AuditAct, *, by: User, expected_version: int, comment: str = ""
) -> Correction:
    """One more decision about a mark that is at the version the caller saw; the mark as it is then."""
    with transaction.atomic():
        # Decisions about one study come one after the other: two marks of one subject cannot both be accepted.
        Study.objects.select_for_update().get(pk=mark.study_id)
        now = Correction.objects.get(pk=mark.pk)
        if now.version != expected_version:
            raise StaleVersion(_("Somebody decided about this mark meanwhile"), details={"version": now.version})
        MARK_TRANSITIONS.check(now.state, state)
        if state is MarkState.ACCEPTED:
            _require_alone(now)
        CorrectionDecision.objects.create(correction=now, number=expected_version, state=state, comment=comment, by=by)
        record(act, by=by, about=now, data={"study": now.study_id, "from": now.state.value})
        return Correction.objects.get(pk=mark.pk)


def _require_alone(mark: Correction) -> None:
    if mark.kind == MarkKind.CONTOUR:
        return
    accepted = Correction.objects.of_study(mark.study).accepted().filter(instance=mark.instance_id, frame=mark.frame)
    if any(other.subject == mark.subject for other in accepted):
        raise WrongState(_("Another mark says the same place already and was accepted: reopen that one first"))
