"""Who sits where on the panel, and what each may say now: nobody sees the other seat before its turn."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from reporting.accounts.models import User
from reporting.reader_studies.models import Case, RatedFinding, ReferencePanel, ReferenceStandard, TruthStatement
from reporting.reader_studies.places import places_of
from reporting.reader_studies.truth import TruthValue, agreed
from reporting.reader_studies.words import PanelScheme, Seat

Unit = tuple[RatedFinding, str, str]
"""Finding, level, side."""


def seat_of(panel: ReferencePanel, user: User) -> Seat | None:
    seats = {Seat.FIRST: panel.first, Seat.SECOND: panel.second, Seat.ADJUDICATOR: panel.adjudicator}
    return next((seat for seat, member in seats.items() if member is not None and member.user_id == user.pk), None)


def statements_of(case: Case, seat: Seat) -> dict[Unit, TruthValue]:
    """What was said from that seat."""
    rows = TruthStatement.objects.filter(case=case, seat=seat).select_related("finding")
    return {(row.finding, row.level, row.side): _value(row) for row in rows}


def units_to_state(panel: ReferencePanel, case: Case, seat: Seat) -> list[Unit]:
    """What this seat may say of the case now; empty before its turn, and when it has spoken."""
    if case.retracted_at is not None or TruthStatement.objects.filter(case=case, seat=seat).exists():
        return []
    every = [(one, *place) for one in case.reader_study.findings.all() for place in places_of(one)]
    if seat is Seat.FIRST:
        return every
    first = statements_of(case, Seat.FIRST)
    if seat is Seat.SECOND:
        return every if panel.scheme == PanelScheme.INDEPENDENT or first else []
    second = statements_of(case, Seat.SECOND)
    if not first or not second:
        return []
    return [unit for unit in every if agreed(unit[0], first[unit], second[unit]) is None]


def waiting_cases(panel: ReferencePanel, seat: Seat) -> QuerySet[Case]:
    """Cases in which :func:`units_to_state` finds something, asked in one question."""

    def said(by: Seat) -> Exists:
        return Exists(TruthStatement.objects.filter(case=OuterRef("pk"), seat=by))

    cases = Case.objects.filter(~said(seat), reader_study=panel.reader_study_id, retracted_at__isnull=True)
    if seat is Seat.SECOND and panel.scheme == PanelScheme.JUNIOR_SENIOR:
        cases = cases.filter(said(Seat.FIRST))
    if seat is Seat.ADJUDICATOR:
        same = {name: OuterRef(name) for name in ("case", "finding", "level", "side")}
        open_places = TruthStatement.objects.filter(~Exists(ReferenceStandard.objects.filter(**same)))
        open_places = open_places.filter(case=OuterRef("pk"), seat=Seat.FIRST)
        cases = cases.filter(said(Seat.FIRST), said(Seat.SECOND), Exists(open_places))
    return cases.order_by("code")


@dataclass(frozen=True)
class Shown:
    """What the others said, where this seat may see it; in the order of ``seats``."""

    seats: tuple[Seat, ...]
    said: tuple[dict[Unit, TruthValue], ...]


def shown_to(panel: ReferencePanel, case: Case, seat: Seat) -> Shown:
    """A senior sees the junior's values, an adjudicator both; independent readers see nothing."""
    if seat is Seat.ADJUDICATOR:
        seats: tuple[Seat, ...] = (Seat.FIRST, Seat.SECOND)
    elif seat is Seat.SECOND and panel.scheme == PanelScheme.JUNIOR_SENIOR:
        seats = (Seat.FIRST,)
    else:
        seats = ()
    return Shown(seats, tuple(statements_of(case, one) for one in seats))


def _value(row: TruthStatement) -> TruthValue:
    if row.x_mm is None or row.y_mm is None or row.z_mm is None:
        return TruthValue(row.value)
    return TruthValue(row.value, (row.x_mm, row.y_mm, row.z_mm))
