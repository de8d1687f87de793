"""Studies that can become cases, with what may be known of them without knowing whose they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from reporting.reader_studies.models import ReaderStudy
from reporting.reports.models import Report
from reporting.studies.models import Study, StudyQuerySet


def may_become_cases() -> StudyQuerySet:
    """Studies with a signed report that stands."""
    return Study.objects.filter(Exists(Report.objects.final().filter(study=OuterRef("pk"))))


@dataclass(frozen=True)
class CaseFilter:
    """Ages in years, both ends included; empty or ``None`` asks for nothing."""

    sex: str = ""
    youngest: int | None = None
    oldest: int | None = None

    def apply(self, studies: StudyQuerySet) -> StudyQuerySet:
        if self.sex:
            studies = studies.filter(patient__sex=self.sex)
        if self.youngest is not None:
            studies = studies.filter(age_years__gte=self.youngest)
        if self.oldest is not None:
            studies = studies.filter(age_years__lt=self.oldest + 1)
        return studies


def candidates(study: ReaderStudy, wanted: CaseFilter) -> StudyQuerySet:
    """What fits the filter and is no case yet. In the order of random keys, which say nothing about the time."""
    free = may_become_cases().exclude(pk__in=study.cases.values("study"))
    return wanted.apply(free).select_related("patient").order_by("pk")


@dataclass(frozen=True)
class Shown:
    """One study as a designer sees it: no name, number, date or exact age."""

    key: str
    sex: str
    decade: str
    series: int

    @classmethod
    def of(cls, study: Study) -> Shown:
        return cls(str(study.pk), study.patient.sex, decade_of(study.age_years), len(study.series_set.all()))


def decade_of(age: float | None) -> str:
    """``50–59``; nobody is told apart beyond 89."""
    if age is None:
        return "–"
    low = int(age) // 10 * 10
    return f"{low}–{low + 9}" if low < 90 else "90+"


def case_mix(studies: Iterable[Study]) -> list[tuple[str, int, int, int]]:
    """Decade, women, men, of unknown or other sex; youngest first."""
    counted = Counter((decade_of(one.age_years), one.patient.sex) for one in studies)
    rows = []
    for decade in sorted({decade for decade, _sex in counted}, key=lambda text: (len(text) == 1, text)):
        women, men = counted[decade, "F"], counted[decade, "M"]
        total = sum(number for (other, _sex), number in counted.items() if other == decade)
        rows.append((decade, women, men, total - women - men))
    return rows
