"""What a reader does next, and how far they are. The order was drawn at the lock; the washout is the server's."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet

from reporting.reader_studies.models import Assignment, Reader, ReaderStudy, Submission
from reporting.reader_studies.words import ReadingState


@dataclass(frozen=True)
class NextStep:
    """The next assignment, or until when the washout lasts, or (neither) that all is read."""

    assignment: Assignment | None = None
    waits_until: dt.datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.assignment is None and self.waits_until is None


@dataclass(frozen=True)
class SessionProgress:
    """Submitted of assigned; a saved draft is not progress. Retracted cases are in neither number."""

    number: int
    assigned: int
    submitted: int
    blocks: int


def washout_of(study: ReaderStudy) -> dt.timedelta:
    """As amended last."""
    newest = study.protocols.order_by("-number").values_list("washout_days", flat=True).first()
    return dt.timedelta(days=study.washout_days if newest is None else newest)


def unfinished(reader: Reader) -> QuerySet[Assignment]:
    """What is still to be read, in its order; a re-opened reading is unfinished again."""
    left = reader.assignments.filter(case__retracted_at__isnull=True)
    left = left.exclude(reading__state=ReadingState.SUBMITTED)
    return left.select_related("case", "arm", "session", "reading").order_by("session__number", "position")


def next_step(reader: Reader, now: dt.datetime) -> NextStep:
    """The one reading that may be opened now. The washout counts from the last first submission of earlier sessions."""
    assignment = unfinished(reader).first()
    if assignment is None:
        return NextStep()
    if hasattr(assignment, "reading"):
        return NextStep(assignment)
    earlier = Submission.objects.filter(
        attempt=1,
        reading__assignment__reader=reader,
        reading__assignment__session__number__lt=assignment.session.number,
    )
    last = earlier.aggregate(last=Max("submitted_at"))["last"]
    ends = last and last + washout_of(reader.reader_study)
    if ends is not None and now < ends:
        return NextStep(waits_until=ends)
    return NextStep(assignment)


def progress(reader: Reader) -> list[SessionProgress]:
    """By session."""
    return _by_reader(reader.assignments.all())[reader.pk]


def _by_reader(assignments: QuerySet[Assignment]) -> dict[uuid.UUID, list[SessionProgress]]:
    counted = (
        assignments.filter(case__retracted_at__isnull=True)
        .values("reader", "session__number")
        .annotate(
            assigned=Count("pk"),
            submitted=Count("pk", filter=Q(reading__state=ReadingState.SUBMITTED)),
            blocks=Max("block"),
        )
        .order_by("reader", "session__number")
    )
    found: dict[uuid.UUID, list[SessionProgress]] = defaultdict(list)
    for row in counted:
        one = SessionProgress(row["session__number"], row["assigned"], row["submitted"], row["blocks"])
        found[row["reader"]].append(one)
    return found


@dataclass(frozen=True)
class Standing:
    """Where a reader is: ``last`` submission of all, ``waits_until`` as :class:`NextStep` says."""

    sessions: tuple[SessionProgress, ...]
    last: dt.datetime | None
    waits_until: dt.datetime | None


def standings(study: ReaderStudy, now: dt.datetime) -> dict[uuid.UUID, Standing]:
    """Of every reader, in as many questions to the database for thirty as for one."""
    every = Assignment.objects.filter(reader__reader_study=study)
    sessions = _by_reader(every)
    ended: dict[uuid.UUID, dict[int, dt.datetime]] = defaultdict(dict)  # by session: the last first submission
    last: dict[uuid.UUID, dt.datetime] = {}
    submitted = Submission.objects.filter(reading__assignment__reader__reader_study=study).order_by()
    path = "reading__assignment__"
    rows = submitted.values_list(f"{path}reader", f"{path}session__number").annotate(
        Max("submitted_at"), first=Max("submitted_at", filter=Q(attempt=1))
    )
    for reader, number, newest, first in rows:
        ended[reader][number] = first
        last[reader] = max(newest, last.get(reader, newest))
    left = every.filter(case__retracted_at__isnull=True).exclude(reading__state=ReadingState.SUBMITTED)
    ahead = left.order_by("reader", "session__number", "position").distinct("reader")
    next_of = {row[0]: row[1:] for row in ahead.values_list("reader", "session__number", "reading")}
    washout = washout_of(study)

    def waits(reader: uuid.UUID) -> dt.datetime | None:
        number, begun = next_of.get(reader, (0, None))
        earlier = [moment for session, moment in ended[reader].items() if session < number]
        ends = max(earlier) + washout if earlier and begun is None else None
        return ends if ends is not None and now < ends else None

    return {
        reader: Standing(tuple(sessions[reader]), last.get(reader), waits(reader))
        for reader in study.readers.values_list("pk", flat=True)
    }
