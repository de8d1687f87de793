"""Rows of reading: where a reader stands in a case, and what was submitted, which never changes."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from reporting.core.models import TimestampedModel
from reporting.reader_studies.words import ReadingEventKind, ReadingState


def complete_place(name: str) -> models.CheckConstraint:
    """A place has three coordinates or none."""
    none = models.Q(x_mm__isnull=True, y_mm__isnull=True, z_mm__isnull=True)
    every = models.Q(x_mm__isnull=False, y_mm__isnull=False, z_mm__isnull=False)
    return models.CheckConstraint(condition=none | every, name=name)


class Rated(models.Model):
    """One number for one finding at one level and side; ``value`` in the scale's own numbers.

    Binary 0 or 1; the place of a grade counted from 0; confidence 0 to 100; millimetres; for a place in the image 1
    with patient coordinates (LPS, mm), or 0 for "nowhere".
    """

    finding = models.ForeignKey("reader_studies.RatedFinding", on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=8, blank=True)
    side = models.CharField(max_length=8, blank=True)
    value = models.FloatField()
    x_mm = models.FloatField(null=True)
    y_mm = models.FloatField(null=True)
    z_mm = models.FloatField(null=True)

    class Meta:
        abstract = True


class Reading(TimestampedModel):
    """One act of reading: one assignment, opened once. All times are the server's.

    ``active_ms`` counts while the page was seen to be at work; ``unspent_ms`` is the part of it since the last answer.
    ``version`` is what a change must have seen, so a second window cannot write unseen. ``attempt`` counts re-opens.
    """

    assignment = models.OneToOneField("reader_studies.Assignment", on_delete=models.PROTECT, related_name="reading")
    state = models.CharField(max_length=16, choices=ReadingState, default=ReadingState.OPEN)
    attempt = models.PositiveSmallIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    active_ms = models.PositiveIntegerField(default=0)
    unspent_ms = models.PositiveIntegerField(default=0)
    submitted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state=ReadingState.SUBMITTED, submitted_at__isnull=False)
                | ~models.Q(state=ReadingState.SUBMITTED) & models.Q(submitted_at__isnull=True),
                name="a_submitted_reading_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class DraftRating(Rated, TimestampedModel):
    """What the page saved; it is no answer until it is submitted. ``active_ms``: time that led to it."""

    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="drafts")
    active_ms = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reading", "finding", "level", "side"], name="one_draft_per_place"),
            complete_place("a_draft_place_is_complete"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Submission(TimestampedModel):
    """The final answer of one attempt; append-only. A re-opened reading gets a further one, the first one stays."""

    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="submissions")
    attempt = models.PositiveSmallIntegerField()
    protocol = models.ForeignKey("reader_studies.Protocol", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    submitted_at = models.DateTimeField()
    active_ms = models.PositiveIntegerField()
    wall_ms = models.PositiveBigIntegerField()
    pauses = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["attempt"]
        constraints = [
            models.UniqueConstraint(fields=["reading", "attempt"], name="one_submission_per_attempt"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Rating(Rated):
    """One number of a submission; append-only. Small on purpose: a study may hold millions."""

    id = models.BigAutoField(primary_key=True)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="ratings")
    active_ms = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "finding", "level", "side"], name="one_rating_per_place"),
            complete_place("a_rated_place_is_complete"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ReadingEvent(TimestampedModel):
    """Opened, paused, resumed, submitted, re-opened, refused: append-only, in server time (``created_at``)."""

    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=16, choices=ReadingEventKind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind=ReadingEventKind.REOPENED) | ~models.Q(reason=""),
                name="a_reading_is_reopened_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.kind
