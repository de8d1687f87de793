"""Studies that can become cases, with what may be known of them without knowing whose they are."""

from __future__ import annotations

import math
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from reporting.reader_studies.case_facts import positives, protocols_of
from reporting.reader_studies.models import ReaderStudy
from reporting.reports.models import Report
from reporting.studies.models import Series, Study, StudyQuerySet
from reporting.studies.scanners import field_strengths, protocol_fit, vendor_pattern
from reporting.vocabulary import MachineFinding


def may_become_cases() -> StudyQuerySet:
    """Studies with a signed report that stands."""
    return Study.objects.filter(Exists(Report.objects.final().filter(study=OuterRef("pk"))))


@dataclass(frozen=True)
class CaseFilter:
    """Ages and years of examination, both ends included; empty or ``None`` asks for nothing.

    ``finding``, ``level``: what the signed report says is there; a level alone asks for any finding at it.
    ``clear``: the signed report finds nothing of the kind. ``protocol``: ``inside``, ``outside`` or ``unknown``.
    """

    sex: str = ""
    youngest: int | None = None
    oldest: int | None = None
    from_year: int | None = None
    to_year: int | None = None
    finding: str = ""
    level: str = ""
    clear: bool = False
    vendor: str = ""
    field_strength: str = ""
    protocol: str = ""

    def apply(self, studies: StudyQuerySet) -> StudyQuerySet:
        if self.sex:
            studies = studies.filter(patient__sex=self.sex)
        if self.youngest is not None:
            studies = studies.filter(age_years__gte=self.youngest)
        if self.oldest is not None:
            studies = studies.filter(age_years__lt=self.oldest + 1)
        if self.from_year is not None:
            studies = studies.filter(study_date__year__gte=self.from_year)
        if self.to_year is not None:
            studies = studies.filter(study_date__year__lte=self.to_year)
        return self._by_protocol(self._by_scanner(self._by_report(studies)))

    def _by_report(self, studies: StudyQuerySet) -> StudyQuerySet:
        if not (self.finding or self.level or self.clear):
            return studies
        said = positives(MachineFinding(self.finding) if self.finding else None, self.level)
        is_there = Exists(said.filter(report__study=OuterRef("pk")))
        return studies.filter(~is_there if self.clear else is_there)

    def _by_scanner(self, studies: StudyQuerySet) -> StudyQuerySet:
        wanted = Q()
        if self.vendor:
            wanted &= Q(protocol__manufacturer__iregex=vendor_pattern(self.vendor))
        if self.field_strength:
            above, up_to = field_strengths()[self.field_strength]
            wanted &= Q(protocol__field_t__gt=above)
            if up_to != math.inf:
                wanted &= Q(protocol__field_t__lte=up_to)
        return studies.filter(Exists(Series.objects.filter(wanted, study=OuterRef("pk")))) if wanted else studies

    def _by_protocol(self, studies: StudyQuerySet) -> StudyQuerySet:
        """Judged series by series, so asked last, of what is left."""
        if not self.protocol:
            return studies
        keys = list(studies.values_list("pk", flat=True))
        of_study = protocols_of(keys)
        # By their keys alone: counted and cut into pages afterwards, and the other conditions hold for each.
        return Study.objects.filter(
            pk__in=[key for key in keys if protocol_fit(of_study.get(key, ())) == self.protocol]
        )


def candidates(study: ReaderStudy, wanted: CaseFilter) -> StudyQuerySet:
    """What fits the filter and is no case yet. In the order of random keys, which say nothing about the time."""
    free = may_become_cases().exclude(pk__in=study.cases.values("study"))
    return wanted.apply(free).order_by("pk")


@dataclass(frozen=True)
class Shown:
    """One study as a designer sees it: no name, number, date or exact age."""

    key: str
    sex: str
    decade: str
    series: int


def shown(studies: Iterable[uuid.UUID]) -> list[Shown]:
    """In the order given, which holds each once; ``series`` are counted where they are."""
    keys = list(studies)
    rows = Study.objects.filter(pk__in=keys).values_list("pk", "patient__sex", "age_years", Count("series_set"))
    found = {pk: Shown(str(pk), sex, decade_of(age), series) for pk, sex, age, series in rows.order_by()}
    return [found[key] for key in keys]


def decade_of(age: float | None) -> str:
    """``50–59``; nobody is told apart beyond 89."""
    if age is None:
        return "–"
    low = int(age) // 10 * 10
    return f"{low}–{low + 9}" if low < 90 else "90+"


def case_mix(study: ReaderStudy) -> list[tuple[str, int, int, int]]:
    """Of the chosen cases: decade, women, men, of unknown or other sex; youngest first."""
    people = study.cases.order_by().values_list("study__age_years", "study__patient__sex")
    counted = Counter((decade_of(age), sex) for age, sex in people)
    rows = []
    for decade in sorted({decade for decade, _sex in counted}, key=lambda text: (len(text) == 1, text)):
        women, men = counted[decade, "F"], counted[decade, "M"]
        total = sum(number for (other, _sex), number in counted.items() if other == decade)
        rows.append((decade, women, men, total - women - men))
    return rows
