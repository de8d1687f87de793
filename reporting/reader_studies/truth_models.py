"""Rows of the reference standard. No row of a reader points here, and none here at a reading."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from reporting.core.models import TimestampedModel
from reporting.reader_studies.reading_models import Rated, complete_place
from reporting.reader_studies.words import PanelScheme, Seat, TruthSource


class ReferencePanel(TimestampedModel):
    """Who says what is true, by which scheme; people with the part of adjudicators, each on one seat."""

    reader_study = models.OneToOneField("reader_studies.ReaderStudy", on_delete=models.PROTECT, related_name="panel")
    scheme = models.CharField(max_length=24, choices=PanelScheme)
    first = models.ForeignKey("reader_studies.StudyMember", on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey("reader_studies.StudyMember", on_delete=models.PROTECT, related_name="+")
    adjudicator = models.ForeignKey("reader_studies.StudyMember", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(first=models.F("second"))
                & (
                    models.Q(adjudicator__isnull=True)
                    | ~models.Q(adjudicator=models.F("first")) & ~models.Q(adjudicator=models.F("second"))
                ),
                name="a_panel_seats_different_people",
            ),
            models.CheckConstraint(
                condition=models.Q(scheme=PanelScheme.INDEPENDENT, adjudicator__isnull=False)
                | models.Q(scheme=PanelScheme.JUNIOR_SENIOR, adjudicator__isnull=True),
                name="independent_readers_have_an_adjudicator",
            ),
        ]

    def __str__(self) -> str:
        return self.scheme


class TruthStatement(Rated, TimestampedModel):
    """What one member of the panel said from their seat; append-only."""

    case = models.ForeignKey("reader_studies.Case", on_delete=models.PROTECT, related_name="truth_statements")
    member = models.ForeignKey("reader_studies.StudyMember", on_delete=models.PROTECT, related_name="+")
    seat = models.CharField(max_length=16, choices=Seat)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "finding", "level", "side", "seat"], name="a_seat_speaks_once_of_a_place"
            ),
            complete_place("a_stated_place_is_complete"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class TruthImport(TimestampedModel):
    """One file of reference values; append-only. The same bytes are taken once."""

    reader_study = models.ForeignKey(
        "reader_studies.ReaderStudy", on_delete=models.PROTECT, related_name="truth_imports"
    )
    sha256 = models.CharField(max_length=64)
    lines = models.PositiveIntegerField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["reader_study", "sha256"], name="a_file_of_truth_is_taken_once"),
        ]

    def __str__(self) -> str:
        return self.sha256


class ReferenceStandard(Rated, TimestampedModel):
    """What counts as true, with its source; append-only, the highest ``number`` counts.

    ``value`` as in :class:`Rated`, but 0 or 1 for a finding that readers rate by confidence.
    """

    case = models.ForeignKey("reader_studies.Case", on_delete=models.PROTECT, related_name="reference_standards")
    number = models.PositiveSmallIntegerField(default=1)
    source = models.CharField(max_length=24, choices=TruthSource)
    imported = models.ForeignKey(TruthImport, null=True, on_delete=models.PROTECT, related_name="values")
    reason = models.CharField(max_length=500, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "finding", "level", "side", "number"], name="values_of_a_place_are_numbered"
            ),
            models.CheckConstraint(
                condition=models.Q(number=1) | ~models.Q(reason=""), name="a_truth_is_replaced_for_a_reason"
            ),
            complete_place("a_true_place_is_complete"),
        ]

    def __str__(self) -> str:
        return str(self.id)
