"""How much of the reference standard is there, by source: counts, never values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet

from reporting.reader_studies.models import ReaderStudy, ReferencePanel, ReferenceStandard, TruthStatement
from reporting.reader_studies.places import places_of
from reporting.reader_studies.words import Seat, TruthSource


@dataclass(frozen=True)
class TruthProgress:
    """``by_source``: (label, places); ``by_seat``: (label, cases spoken of). Retracted cases are left out."""

    places: int
    known: int
    by_source: tuple[tuple[str, int], ...]
    by_seat: tuple[tuple[str, int], ...]


def truth_progress(study: ReaderStudy) -> TruthProgress:
    cases = set(study.cases.filter(retracted_at__isnull=True).values_list("pk", flat=True))
    per_case = sum(len(list(places_of(finding))) for finding in study.findings.all())
    sources = Counter(dict(_counting(cases).values_list("source").annotate(places=Count("pk"))))
    seats: list[tuple[str, int]] = []
    if ReferencePanel.objects.filter(reader_study=study).exists():
        said = TruthStatement.objects.filter(case__in=cases)
        counted = Counter(seat for seat, _case in said.values_list("seat", "case").distinct())
        seats = [(str(Seat(seat).label), counted[seat]) for seat in Seat.values]
    return TruthProgress(
        places=len(cases) * per_case,
        known=sources.total(),
        by_source=tuple((str(TruthSource(key).label), sources[key]) for key in TruthSource.values if sources[key]),
        by_seat=tuple(seats),
    )


def _counting(cases: set[UUID]) -> QuerySet[ReferenceStandard]:
    """Of each place the value with the highest number; they are numbered without gaps."""
    place = {name: OuterRef(name) for name in ("case", "finding", "level", "side")}
    later = ReferenceStandard.objects.filter(**place, number=OuterRef("number") + 1)
    return ReferenceStandard.objects.filter(~Exists(later), case__in=cases).order_by()
