"""The reference standard is made: a panel is seated, its members say what is true, what they agree on is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import Incomplete, InvalidInput, NotAllowed, WrongState
from reporting.reader_studies.answers import Answer, place_name
from reporting.reader_studies.models import (
    Case,
    RatedFinding,
    ReaderStudy,
    ReferencePanel,
    ReferenceStandard,
    StudyMember,
    TruthStatement,
)
from reporting.reader_studies.panel import Unit, seat_of, statements_of, units_to_state
from reporting.reader_studies.permissions import StudyAct, require_in_study
from reporting.reader_studies.services.changing import begin_change
from reporting.reader_studies.truth import TruthValue, agreed, check_truth
from reporting.reader_studies.words import PanelScheme, Seat, StudyRole, StudyStatus, TruthSource


def seat_panel(
    study: ReaderStudy,
    scheme: PanelScheme,
    *,
    first: StudyMember,
    second: StudyMember,
    adjudicator: StudyMember | None,
    by: User,
    expected_version: int,
) -> ReferencePanel:
    """Who says what is true. Raises :class:`WrongState` once somebody has said something."""
    people = [first, second, *([adjudicator] if adjudicator else [])]
    if len({one.pk for one in people}) != len(people):
        raise InvalidInput(_("Each seat needs a person of its own"))
    if any(
        one.reader_study_id != study.pk or one.role != StudyRole.ADJUDICATOR or one.ended_at is not None
        for one in people
    ):
        raise InvalidInput(_("Only people with the part of an adjudicator sit on the panel"))
    if (scheme is PanelScheme.INDEPENDENT) != (adjudicator is not None):
        raise InvalidInput(_("Two independent readers need an adjudicator; a senior who reviews needs none"))
    with transaction.atomic():
        status = StudyStatus.DESIGN if study.is_in_design else StudyStatus.RUNNING
        begin_change(study, StudyAct.SET_TRUTH, by=by, expected_version=expected_version, status=status)
        if TruthStatement.objects.filter(case__reader_study=study).exists():
            raise WrongState(_("The panel has begun; its seats stay as they are"))
        seats = {"scheme": scheme, "first": first, "second": second, "adjudicator": adjudicator}
        panel, _made = ReferencePanel.objects.update_or_create(reader_study=study, defaults=seats)
        record(AuditAct.REFERENCE_PANEL_SEATED, by=by, about=study, data={"scheme": scheme.value})
    return panel


def state_truth(case: Case, answers: Sequence[Answer], *, by: User) -> None:
    """Say what is true of a case from one's seat: every place that is asked, once.

    What two independent readers agree on, an adjudicator decides or a senior reviews becomes the reference standard.
    Raises :class:`NotAllowed` without a seat, :class:`WrongState` out of turn, :class:`Incomplete` with what lacks.
    """
    study = case.reader_study
    with transaction.atomic():
        require_in_study(study, by, StudyAct.JUDGE)
        require_standing(study)
        Case.objects.select_for_update().get(pk=case.pk)  # the last of two readers sees what the first said
        panel = ReferencePanel.objects.filter(reader_study=study).first()
        seat = seat_of(panel, by) if panel is not None else None
        if panel is None or seat is None:
            raise NotAllowed(_("You have no seat on the panel"))
        asked = units_to_state(panel, case, seat)
        if not asked:
            raise WrongState(_("Nothing of this case is yours to say now"))
        said = _checked(asked, answers)
        member = study.members.get(user=by)
        _keep(case, seat, member, said)
        _conclude(panel, case, seat, by, said)
        record(AuditAct.TRUTH_STATED, by=by, about=case, data={"seat": seat.value, "places": len(said)})


def require_standing(study: ReaderStudy) -> None:
    """Raise :class:`WrongState` unless the study is locked and not given up."""
    if study.locked_at is None or study.status == StudyStatus.ABANDONED:
        raise WrongState(_("What is true is said of a locked study"))


def next_number(case: Case, finding: RatedFinding, level: str, side: str) -> int:
    """Of a further value of the same place."""
    there = ReferenceStandard.objects.filter(case=case, finding=finding, level=level, side=side)
    return there.count() + 1


def _checked(asked: Sequence[Unit], answers: Iterable[Answer]) -> dict[Unit, TruthValue]:
    given = {(one.finding, one.level, one.side): one for one in answers}
    missing = [place_name(*unit) for unit in asked if (unit[0].key, unit[1], unit[2]) not in given]
    if missing:
        raise Incomplete(_("Not everything is rated yet"), details=missing)
    return {unit: check_truth(unit[0], given[unit[0].key, unit[1], unit[2]]) for unit in asked}


def _keep(case: Case, seat: Seat, member: StudyMember, said: dict[Unit, TruthValue]) -> None:
    rows = [
        TruthStatement(case=case, member=member, seat=seat, **_columns(unit, value)) for unit, value in said.items()
    ]
    try:
        with transaction.atomic():
            TruthStatement.objects.bulk_create(rows)
    except IntegrityError as error:
        raise WrongState(_("Nothing of this case is yours to say now")) from error


def _conclude(panel: ReferencePanel, case: Case, seat: Seat, by: User, said: dict[Unit, TruthValue]) -> None:
    if seat is Seat.ADJUDICATOR:
        _settle(case, said, TruthSource.ADJUDICATION, by)
    elif panel.scheme == PanelScheme.JUNIOR_SENIOR:
        if seat is Seat.SECOND:
            _settle(case, said, TruthSource.SENIOR_REVIEW, by)
    else:
        other = statements_of(case, Seat.SECOND if seat is Seat.FIRST else Seat.FIRST)
        both = {unit: agreed(unit[0], value, other[unit]) for unit, value in said.items() if unit in other}
        _settle(case, {unit: value for unit, value in both.items() if value}, TruthSource.AGREEMENT, by)


def _settle(case: Case, values: dict[Unit, TruthValue], source: TruthSource, by: User) -> None:
    ReferenceStandard.objects.bulk_create(
        [
            ReferenceStandard(
                case=case,
                number=(number := next_number(case, *unit)),
                reason="" if number == 1 else str(source.label),
                source=source,
                made_by=by,
                **_columns(unit, value),
            )
            for unit, value in values.items()
        ]
    )


def _columns(unit: Unit, value: TruthValue) -> dict[str, Any]:
    finding, level, side = unit
    x, y, z = value.place_lps_mm or (None, None, None)
    return {
        "finding": finding,
        "level": level,
        "side": side,
        "value": value.value,
        "x_mm": x,
        "y_mm": y,
        "z_mm": z,
    }
