"""When the reading is over by its own rules: limits set in the design, and how far each is. Counts, never answers.

A limit that is reached stops nobody: it is shown to owner and coordinator, and the owner closes the reading.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from reporting.core.errors import InvalidInput
from reporting.reader_studies.models import Assignment, ReaderStudy, Reading
from reporting.reader_studies.words import ReadingState

MOST_MINUTES = 600


@dataclass(frozen=True)
class Limits:
    """``None``: not limited. ``minutes``: of active time that one reading may take."""

    readers: int | None = None
    cases: int | None = None
    until: dt.date | None = None
    minutes: int | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Limits:
        until = stored.get("until")
        day = dt.date.fromisoformat(until) if until else None
        return cls(stored.get("readers"), stored.get("cases"), day, stored.get("minutes"))

    def stored(self) -> dict[str, Any]:
        """As a row or a protocol holds it: what is limited, and nothing else."""
        said = {"readers": self.readers, "cases": self.cases, "minutes": self.minutes}
        said["until"] = self.until.isoformat() if self.until else None  # type: ignore[assignment]
        return {name: value for name, value in said.items() if value is not None}

    def check(self) -> None:
        """Raise :class:`InvalidInput` for a limit that could never be reached, or is at once."""
        for number in (self.readers, self.cases, self.minutes):
            if number is not None and number < 1:
                raise InvalidInput(_("A limit is a whole number from 1 on"))
        if self.minutes is not None and self.minutes > MOST_MINUTES:
            raise InvalidInput(_("A reading may take at most %(most)s minutes") % {"most": MOST_MINUTES})


@dataclass(frozen=True)
class Rule:
    """``done`` of ``planned``, or a day (``until``); ``is_reached``: by this rule the reading may end."""

    key: str
    label: str
    is_reached: bool
    done: int | None = None
    planned: int | None = None
    until: dt.date | None = None


def limits_of(study: ReaderStudy) -> Limits:
    """As amended last."""
    amended = study.protocols.filter(stopping_limits__isnull=False).order_by("-number")
    newest = amended.values_list("stopping_limits", flat=True).first()
    return Limits.of(study.stopping_limits if newest is None else newest)


def rules(study: ReaderStudy, today: dt.date) -> list[Rule]:
    """How far the reading is by each rule, that of having read everything first."""
    limits = limits_of(study)
    counted = _readings(study)
    by_reader: list[Mapping[str, Any]] = list(counted.values("reader").annotate(**_PLANNED_AND_DONE))
    planned, done = (sum(row[name] for row in by_reader) for name in ("planned", "done"))
    found = [
        Rule(
            "all",
            _("Everything is read"),
            0 < planned == done,
            done,
            planned,
        )
    ]
    if limits.readers is not None:
        number = _finished(by_reader)
        found.append(
            Rule("readers", _("Readers who read everything"), number >= limits.readers, number, limits.readers)
        )
    if limits.cases is not None:
        by_case = counted.filter(case__is_training=False).values("case")
        number = _finished(by_case.annotate(**_PLANNED_AND_DONE))
        found.append(
            Rule("cases", _("Cases read by everybody in every arm"), number >= limits.cases, number, limits.cases)
        )
    if limits.until is not None:
        found.append(Rule("until", _("Last day of reading"), today > limits.until, until=limits.until))
    if limits.minutes is not None:
        longer = longer_readings(study, limits.minutes)
        label = _("Readings that took longer than %(minutes)s minutes") % {"minutes": limits.minutes}
        found.append(Rule("minutes", label, longer > 0, longer))
    return found


def longer_readings(study: ReaderStudy, minutes: int) -> int:
    """Begun readings whose active time exceeds the limit, submitted or not."""
    begun = Reading.objects.filter(assignment__reader__reader_study=study)
    return begun.filter(assignment__case__retracted_at__isnull=True, active_ms__gt=minutes * 60_000).count()


def impossible(study: ReaderStudy, today: dt.date) -> Iterator[str]:
    """For the checklist: limits that this design can never reach, or has passed."""
    limits = Limits.of(study.stopping_limits)
    if limits.readers is not None and limits.readers > study.readers.count():
        yield _("The reading is to stop after more readers than there are")
    if limits.cases is not None and limits.cases > study.cases.filter(is_training=False).count():
        yield _("The reading is to stop after more cases than there are")
    if limits.until is not None and limits.until < today:
        yield _("The last day of reading is over")


_PLANNED_AND_DONE = {"planned": Count("pk"), "done": Count("pk", filter=Q(reading__state=ReadingState.SUBMITTED))}


def _readings(study: ReaderStudy) -> QuerySet[Assignment]:
    """Of readers who take part and cases that count; training cases are readings, but no cases."""
    every = Assignment.objects.filter(reader__reader_study=study)
    return every.filter(reader__withdrawn_at__isnull=True, case__retracted_at__isnull=True).order_by()


def _finished(counted: Iterable[Mapping[str, Any]]) -> int:
    return sum(row["planned"] == row["done"] for row in counted)
