"""What a reader does next, and how far they are. The order was drawn at the lock; the washout is the server's."""

from __future__ import annotations

import datetime as dt
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
    counted = (
        reader.assignments.filter(case__retracted_at__isnull=True)
        .values("session__number")
        .annotate(
            assigned=Count("pk"),
            submitted=Count("pk", filter=Q(reading__state=ReadingState.SUBMITTED)),
            blocks=Max("block"),
        )
        .order_by("session__number")
    )
    return [SessionProgress(r["session__number"], r["assigned"], r["submitted"], r["blocks"]) for r in counted]
