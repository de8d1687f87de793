"""Which studies a reader's list holds, in which order, page by page. Reads only.

Pages follow each other by key: the next one begins behind the last row's (suspicion,) time and study, so that the
thousandth page costs what the first one does.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from reporting.accounts.models import User
from reporting.reports.models import CriticalAlert, ReportNote
from reporting.worklist.filters import MACHINE_STATES, Assigned, Machine, Status, WorklistFilter
from reporting.worklist.models import Suspicion, WorklistEntry, WorklistEntryQuerySet
from reporting.worklist.search import search_condition

PAGE_ROWS = 50
MOST_COUNTED = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEWEST_FIRST = ("-received_at", "-study_id")
# Reported studies are looked up, not read next.
ORDERED_BY_SUSPICION = (Status.OPEN, Status.UNREPORTED, Status.DRAFT, Status.PRELIMINARY)


@dataclass(frozen=True)
class WorklistPage:
    entries: tuple[WorklistEntry, ...]
    next_cursor: str


Parts = tuple[WorklistEntryQuerySet, ...]  # without a common row


def matching(user: User, chosen: WorklistFilter, words: str = "") -> Parts:
    """What ``user`` may see and asked to see. ``words`` are those that ``chosen.search`` stands for."""
    parts = [part.filter(_condition(user, chosen)) for part in WorklistEntry.objects.parts_visible_to(user)]
    if not chosen.search:
        return tuple(parts)
    condition = search_condition(words)
    return tuple(part.filter(condition) for part in parts)


def worklist_page(
    parts: Parts,
    chosen: WorklistFilter,
    *,
    before: str = "",
    suspicion_first: bool = False,
    blind: Sequence[uuid.UUID] = (),
) -> WorklistPage:
    """The page behind the cursor ``before``, newest first, or what the machine suspects first.

    ``blind``: studies that this reader reads without the machine; they stand where a study stands that it did not read.
    """
    cursor = _Cursor.parse(before)
    if suspicion_first and chosen.status in ORDERED_BY_SUSPICION:
        found = list(_by_suspicion(parts, cursor, blind))
    else:
        found = _newest([_behind(part, cursor) for part in parts], PAGE_ROWS + 1)
    shown = tuple(found[:PAGE_ROWS])
    more = len(found) > PAGE_ROWS
    rank = _rank(shown[-1], blind) if more and suspicion_first else None
    return WorklistPage(shown, str(_Cursor(shown[-1].received_at, shown[-1].study_id, rank)) if more else "")


def count_up_to(parts: Parts, most: int = MOST_COUNTED) -> int:
    """How many, but never more than ``most``: a number beyond that helps nobody and costs a walk over all of them."""
    found = 0
    for part in parts:
        found += part.order_by()[: most - found].count()
        if found >= most:
            break
    return found


_SHOWN = ("study__patient", "assigned_to")


def _condition(user: User, chosen: WorklistFilter) -> Q:
    condition = _reported(chosen.status)
    if chosen.assigned is Assigned.ME:
        condition &= Q(assigned_to=user)
    elif chosen.assigned is Assigned.NOBODY:
        condition &= Q(assigned_to__isnull=True)
    elif chosen.assigned is Assigned.AUTHOR:
        condition &= Q(report_author=user)
    if chosen.machine is not Machine.ANY:
        condition &= Q(machine_state__in=[state.value for state in MACHINE_STATES[chosen.machine]])
    if chosen.section:
        condition &= Q(section=chosen.section)
    if chosen.referrer:
        condition &= Q(referring_unit=chosen.referrer)
    if chosen.days:
        condition &= Q(received_at__gte=timezone.now() - timedelta(days=int(chosen.days)))
    if chosen.since:
        condition &= Q(study_date__gte=chosen.since)
    if chosen.until:
        condition &= Q(study_date__lte=chosen.until)
    if chosen.overdue:
        condition &= Q(study__in=CriticalAlert.objects.overdue().values("report__study"))
    if chosen.asked:
        # A few of one's own: looked up by key, where a subquery would be tried on row after row of the whole list.
        condition &= Q(study__in=list(ReportNote.objects.waiting_for(user).values_list("report__study", flat=True)))
    return condition


def _reported(status: Status) -> Q:
    if status is Status.ALL:
        return Q()
    if status is Status.OPEN:
        return Q(is_open=True)
    if status is Status.UNREPORTED:
        return Q(report_status="", is_open=True)
    open_too = {"is_open": True} if status in ORDERED_BY_SUSPICION else {}
    return Q(report_status=status.value, **open_too)


@dataclass(frozen=True)
class _Cursor:
    """Where a page ended: the keys of its last row. Holds no more than an id and a time."""

    received_at: datetime
    study_id: uuid.UUID
    rank: int | None = None

    def __str__(self) -> str:
        parts = [str((self.received_at - _EPOCH) // timedelta(microseconds=1)), self.study_id.hex]
        return "-".join(parts if self.rank is None else [*parts, str(self.rank)])

    @classmethod
    def parse(cls, text: str) -> _Cursor | None:
        """Lenient: nonsense is the beginning."""
        moment, _, rest = text.partition("-")
        key, _, rank = rest.partition("-")
        try:
            at = _EPOCH + timedelta(microseconds=int(moment))
            return cls(at, uuid.UUID(key), Suspicion(int(rank)).value if rank else None)
        except (ValueError, OverflowError):
            return None


def _behind(entries: WorklistEntryQuerySet, cursor: _Cursor | None) -> WorklistEntryQuerySet:
    if cursor is None:
        return entries
    # The first condition is the one an index can begin at; an OR alone would walk there from the first row.
    return entries.filter(received_at__lte=cursor.received_at).filter(
        Q(received_at__lt=cursor.received_at) | Q(study_id__lt=cursor.study_id)
    )


def _newest(parts: Sequence[WorklistEntryQuerySet], most: int) -> list[WorklistEntry]:
    """The newest of all parts together; the key decides between studies of one moment, as it does in the database."""
    found = [row for part in parts for row in part.order_by(*_NEWEST_FIRST).select_related(*_SHOWN)[:most]]
    return sorted(found, key=lambda row: (row.received_at, row.study_id), reverse=True)[:most]


def _by_suspicion(parts: Parts, cursor: _Cursor | None, blind: Sequence[uuid.UUID]) -> Iterator[WorklistEntry]:
    """Rank by rank, each read off its index, until the page is full."""
    left = PAGE_ROWS + 1
    first = cursor.rank if cursor is not None and cursor.rank is not None else max(Suspicion)
    for rank in sorted(Suspicion, reverse=True):
        if rank > first:
            continue
        of_rank = [part.filter(_of_rank(rank, blind)) for part in parts]
        if rank == first:
            of_rank = [_behind(part, cursor) for part in of_rank]
        found = _newest(of_rank, left)
        yield from found
        left -= len(found)
        if left <= 0:
            return


def _of_rank(rank: Suspicion, blind: Sequence[uuid.UUID]) -> Q:
    of_rank = Q(suspicion=rank)
    if not blind:
        return of_rank
    hidden = Q(study_id__in=blind)
    return of_rank | hidden if rank is Suspicion.UNKNOWN else of_rank & ~hidden


def _rank(entry: WorklistEntry, blind: Sequence[uuid.UUID]) -> int:
    return Suspicion.UNKNOWN if entry.study_id in blind else entry.suspicion
