"""The query interface of the audit: a filter and a dimension → figures with counts and intervals.

Groups come in the order of their values; a group without a row is left out.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from reporting.core.errors import InvalidInput
from reporting.department_audit.case_cells import behind
from reporting.department_audit.few_reads import few_reads
from reporting.department_audit.figure_types import (
    AgreementFigure,
    ConfusionFigure,
    OutcomeFigure,
    ProcessFigure,
    SizeFigure,
    SwitchFigure,
)
from reporting.department_audit.filters import PLACE_DIMENSIONS, READ_DIMENSIONS, Dimension, Filter
from reporting.department_audit.groups import all_groups
from reporting.department_audit.kinds import (
    AGREEMENT,
    CONFUSION,
    DECILES,
    KINDS,
    OUTCOME,
    PROBABILITY_BINS,
    PROCESS,
    SCORE,
    SIZE,
    SWITCH,
    TIME_BINS,
)
from reporting.department_audit.measures import PREPARED
from reporting.department_audit.models import Fact, PendingReport, SignedRead
from reporting.department_audit.scores import ScoreFigure
from reporting.department_audit.size_points import size_points
from reporting.department_audit.summaries import counted_groups, summed
from reporting.department_audit.words import Standing, Truth
from reporting.statistics.arrays import Ints
from reporting.statistics.moments import ConfusionMoments
from reporting.statistics.results import Scope

PAGE = 50
FEW = 3000
"""Reads that are looked at one by one rather than all reads from the latest on."""
# The positive class in the words of the template.
POSITIVE_CLASS: Mapping[str, str] = {
    "osteophyte": "present",
    "slip": "present",
    "herniation": "herniation",
    "pll": "thickened",
    "lf": "thickened",
}
UNIT = "level"


def scope_of(finding: str) -> Scope:
    """The positive class of a finding; without one, of whatever each finding's disease is."""
    return Scope(f"{finding}: {POSITIVE_CLASS[finding]}" if finding in POSITIVE_CLASS else "disease", UNIT)


def tables(chosen: Filter, by: Dimension | None = None) -> list[ConfusionFigure]:
    """The machine against ``chosen.truth``: concordance for the final read, accuracy for the others."""
    found = []
    for value, vector in _counted(CONFUSION.name, chosen, by, chosen.truth).items():
        patients = CONFUSION.patients(vector)
        moments = ConfusionMoments(CONFUSION.moments(vector), patients)
        finding = value if by is Dimension.FINDING else chosen.finding
        found.append(ConfusionFigure(value, CONFUSION.reports(vector), patients["any"], moments, scope_of(finding)))
    return found


def outcomes(chosen: Filter, by: Dimension | None = None) -> list[OutcomeFigure]:
    """Accepted, changed, rejected, added, bulk …: of the class fields."""
    found = []
    for value, vector in _counted(OUTCOME.name, chosen, by, Truth.FINAL.value).items():
        moments = OUTCOME.moments(vector)
        counts = {name: round(float(n)) for name, n in zip(OUTCOME.counts, moments.sums, strict=True)}
        found.append(OutcomeFigure(value, OUTCOME.reports(vector), OUTCOME.patients(vector)["any"], counts, moments))
    return found


def scores(chosen: Filter, by: Dimension | None = None) -> list[ScoreFigure]:
    """Probabilities by class: for ROC, calibration and threshold curve. One finding at a time makes sense."""
    found = []
    for value, vector in _counted(SCORE.name, chosen, by, chosen.truth).items():
        plain, patients = SCORE.plain(vector), SCORE.patients(vector)
        bins = 2 * PROBABILITY_BINS
        found.append(
            ScoreFigure(
                value,
                SCORE.reports(vector),
                patients["any"],
                scope_of(value if by is Dimension.FINDING else chosen.finding),
                plain[:PROBABILITY_BINS],
                plain[PROBABILITY_BINS:bins],
                SCORE.moments(vector),
                patients,
                plain[bins : bins + DECILES],
                int(plain[-1]),
            )
        )
    return found


def pairs_mm(chosen: Filter, by: Dimension | None = None) -> list[SizeFigure]:
    """Machine and signed sizes; the points of the plot come along where there is no breakdown."""
    counted = _counted(SIZE.name, chosen, by, Truth.FINAL.value)
    pairs = {value: round(float(SIZE.moments(vector).sums[0])) for value, vector in counted.items()}
    points = size_points(chosen, sum(pairs.values())) if by is None and counted else ()
    return [
        SizeFigure(
            value,
            SIZE.reports(vector),
            SIZE.patients(vector)["any"],
            pairs[value],
            SIZE.moments(vector),
            int(SIZE.plain(vector)[0]),
            points,
        )
        for value, vector in counted.items()
    ]


def process(chosen: Filter, by: Dimension | None = None) -> list[ProcessFigure]:
    """Time to sign, edits per report, share of reports in which every machine value stood.

    Of whole reports: what the filter says of places is left out. Raises :class:`InvalidInput` for a place in ``by``.
    """
    if by in PLACE_DIMENSIONS:
        raise InvalidInput(_("Whole reports cannot be broken down by places"))
    chosen = replace(chosen, finding="", level="", side="")
    found = []
    for value, vector in _counted(PROCESS.name, chosen, by, Truth.FINAL.value).items():
        plain, patients = PROCESS.plain(vector), PROCESS.patients(vector)
        times = plain[:TIME_BINS], plain[TIME_BINS : 2 * TIME_BINS]
        moments = PROCESS.moments(vector)
        found.append(
            ProcessFigure(
                value,
                PROCESS.reports(vector),
                patients["any"],
                moments,
                patients["with_machine"],
                *times,
                plain[2 * TIME_BINS :],
            )
        )
    return found


def switches(chosen: Filter, by: Dimension | None = None) -> list[SwitchFigure]:
    """From blind first read to final read. Right and wrong where ``chosen.truth`` is a reference."""
    found = []
    for value, vector in _counted(SWITCH.name, chosen, by, chosen.truth).items():
        moments, patients = SWITCH.moments(vector), SWITCH.patients(vector)
        counts = {name: round(float(n)) for name, n in zip(SWITCH.counts, moments.sums, strict=True)}
        found.append(SwitchFigure(value, SWITCH.reports(vector), patients["any"], counts, moments, patients["judged"]))
    return found


def readers(chosen: Filter, by: Dimension | None = None, *, first: str = PREPARED) -> list[AgreementFigure]:
    """People against people: what was prepared (or read blind first: ``first="blind"``) against the final read."""
    found = []
    for value, vector in _counted(AGREEMENT.name, chosen, by, first).items():
        moments = AGREEMENT.moments(vector)
        counts = {name: round(float(n)) for name, n in zip(AGREEMENT.counts, moments.sums, strict=True)}
        patients = AGREEMENT.patients(vector)["any"]
        found.append(AgreementFigure(value, AGREEMENT.reports(vector), patients, counts, moments))
    return found


@dataclass(frozen=True)
class Case:
    """One report behind a number. ``places``: its facts that answer the filter."""

    report_id: uuid.UUID
    study_id: uuid.UUID
    version: int
    signed_at: datetime
    places: tuple[Fact, ...]


def cases(chosen: Filter, page: int = 1, *, cell: str = "", per_page: int = PAGE) -> tuple[list[Case], bool]:
    """Reports with a fact that answers the filter, the latest first, and whether there are more.

    ``cell``: what is counted, in the words of ``case_cells``. Raises :class:`InvalidInput` for another word.
    """
    asked = behind(cell, chosen)
    places_of = () if asked.is_whole else ("finding", "level", "side", "outcome")
    facts = Fact.objects.filter(asked.facts, **{name: value for name in places_of if (value := getattr(chosen, name))})
    reads = asked.reads(SignedRead.objects.filter(standing=Standing.CURRENT.value, **_reads_asked_for(chosen)))
    reads = reads if asked.is_whole else reads.filter(pk__in=facts.values("read"))
    few = few_reads(chosen, FEW)
    reads = reads if few is None else reads.filter(pk__in=few)
    start = max(0, page - 1) * per_page
    # First which, for which one index is enough, then the rows.
    keys = list(reads.order_by("-signed_at", "pk").values_list("pk", flat=True)[start : start + per_page + 1])
    more = len(keys) > per_page
    of_keys = SignedRead.objects.filter(pk__in=keys[:per_page])
    wanted = list(of_keys.select_related("report").order_by("-signed_at", "pk"))
    places: dict[uuid.UUID, list[Fact]] = {read.pk: [] for read in wanted}
    of_page = facts.filter(read__in=wanted).select_related("read").order_by("finding", "level", "side", "instance")
    for fact in of_page:
        places[fact.read_id].append(fact)
    return [Case(r.report_id, r.report.study_id, r.number, r.signed_at, tuple(places[r.pk])) for r in wanted], more


def _reads_asked_for(chosen: Filter) -> dict[str, object]:
    asked: dict[str, object] = {d.value: value for d, value in chosen.conditions().items()}
    if chosen.month_from:
        asked["month__gte"] = chosen.month_from
    if chosen.month_to:
        asked["month__lte"] = chosen.month_to
    return asked


def offered() -> dict[str, list[str]]:
    """Values of each dimension that there are: what a filter may be set to. From summaries, however many reads."""
    counted = all_groups().with_reads(counted_groups())
    return {d.value: counted.offered(d) for d in (*READ_DIMENSIONS, Dimension.MONTH)}


@dataclass(frozen=True)
class Freshness:
    """When the newest signature was that is counted, and how many reports wait to be."""

    newest: datetime | None
    waiting: int


def freshness() -> Freshness:
    newest = SignedRead.objects.aggregate(newest=Max("signed_at"))["newest"]
    return Freshness(newest, PendingReport.objects.values("report").distinct().count())


def _counted(kind: str, chosen: Filter, by: Dimension | None, truth: str) -> dict[str, Ints]:
    return summed(KINDS[kind], chosen, by, truth)
