"""Facts of signed reports: what the machine said and what people signed, a row a field, without patient names or ids.

Everything but :class:`ReferenceRead` is derived: ``manage.py facts rebuild`` makes it again from the signed versions.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from reporting.core.models import TimestampedModel
from reporting.department_audit.monitoring_models import Alarm, AlarmEvent, Baseline, DailyFigure
from reporting.department_audit.peer_models import PeerAnswer, PeerCase, PeerDraw, PeerGrade, PeerNotice
from reporting.department_audit.summary_models import SummaryCell, SummaryGroup, SummaryPlace, SummaryRepeat
from reporting.department_audit.words import (
    REFERENCES,
    AgeBand,
    Comparison,
    Outcome,
    Protocol,
    ReaderGroup,
    Standing,
    Truth,
)
from reporting.reports.models import Report, ReportVersion, VersionKind
from reporting.studies.models import Study

GROUPED_BY = ("month", "vendor", "age_band", "sex", "reader_group", "protocol", "field_strength", "algorithm")


class SignedRead(models.Model):
    """One signed version of a report, with what all its facts share. Its key is the version's: T10's ``read_id``.

    ``patient`` and ``accession_hash`` are keyed hashes: they join rows of one patient and name nobody.
    """

    version = models.OneToOneField(ReportVersion, primary_key=True, on_delete=models.PROTECT, related_name="+")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=VersionKind)
    standing = models.CharField(max_length=16, choices=Standing)
    amended = models.BooleanField(default=False)  # words were added later that leave its values as they are
    patient = models.UUIDField()
    study_instance_uid = models.CharField(max_length=64)
    accession_hash = models.CharField(max_length=32, blank=True)
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=16)
    reading_context = models.CharField(max_length=16, default="routine")
    algorithm_name = models.CharField(max_length=64, blank=True)
    algorithm_version = models.CharField(max_length=32, blank=True)
    weights_sha256 = models.CharField(max_length=64, blank=True)
    template_version = models.CharField(max_length=16)
    vocabulary_version = models.CharField(max_length=16)
    # What figures are broken down by.
    algorithm = models.CharField(max_length=97)  # name and version
    vendor = models.CharField(max_length=16)
    field_strength = models.CharField(max_length=8)
    sex = models.CharField(max_length=8)
    age_band = models.CharField(max_length=8, choices=AgeBand)
    protocol = models.CharField(max_length=8, choices=Protocol)
    reader_group = models.CharField(max_length=16, choices=ReaderGroup)
    month = models.DateField()  # first day of the month of signing, in the department's time zone
    signed_at = models.DateTimeField()
    shown_at = models.DateTimeField(null=True)  # first opened on the page or through the API before it was signed
    received_to_signed_s = models.PositiveIntegerField(null=True)
    shown_to_signed_s = models.PositiveIntegerField(null=True)
    sources = models.JSONField(default=list)  # [series instance UID, SOP instance UID, frame] that facts point to

    class Meta:
        ordering = ["signed_at", "version"]
        constraints = [models.UniqueConstraint(fields=["report", "number"], name="one_signed_read_per_version")]
        indexes = [
            models.Index(fields=["patient"], name="read_by_patient"),
            # The latest that answer a filter, without looking at the rows; and the few that a narrow one takes in.
            models.Index(fields=["-signed_at", "version"], include=["standing", *GROUPED_BY], name="read_by_time"),
            models.Index(fields=[*GROUPED_BY, "version"], condition=models.Q(standing="current"), name="read_by_group"),
            # The newest of one version of an algorithm, which may be long gone.
            models.Index(
                fields=["algorithm", "-signed_at"], condition=models.Q(standing="current"), name="read_by_algorithm"
            ),
        ]

    def __str__(self) -> str:
        return str(self.version_id)


_RARE = [one.value for one in Outcome if one not in (Outcome.ACCEPTED, Outcome.BULK)]


class Fact(models.Model):
    """One field of one signed version that the machine speaks of: what it said, what was signed (template.md T10)."""

    read = models.ForeignKey(SignedRead, on_delete=models.CASCADE, related_name="facts", db_index=False)
    comparison = models.CharField(max_length=8, choices=Comparison)
    finding = models.CharField(max_length=16)  # whose statement it is held against
    field = models.CharField(max_length=32)
    level = models.CharField(max_length=24)  # as the reader named it: after the level map
    side = models.CharField(max_length=8, blank=True)
    instance = models.PositiveSmallIntegerField(default=1)
    value = models.CharField(max_length=64, null=True)
    number = models.FloatField(null=True)
    unit = models.CharField(max_length=16, blank=True)
    state = models.CharField(max_length=16)
    bulk = models.BooleanField(default=False)
    positive = models.BooleanField(null=True)  # whether what was signed is the disease; classes only
    outcome = models.CharField(max_length=16, choices=Outcome)
    machine_level = models.CharField(max_length=8, blank=True)  # the machine's own name of the level
    machine_value = models.CharField(max_length=64, null=True)
    machine_number = models.FloatField(null=True)
    machine_note = models.CharField(max_length=64, blank=True)
    machine_counts = models.BooleanField(default=False)  # it said something, and that was not withheld
    machine_probability = models.FloatField(null=True)
    machine_threshold = models.FloatField(null=True)
    machine_positive = models.BooleanField(null=True)
    source = models.PositiveSmallIntegerField(null=True)  # place in the read's ``sources``
    first_touched_at = models.DateTimeField(null=True)
    set_at = models.DateTimeField(null=True)
    active_ms = models.PositiveIntegerField(null=True)  # null: nothing measures it
    blind_first_value = models.CharField(max_length=64, null=True)
    blind_first_positive = models.BooleanField(null=True)
    prepared_value = models.CharField(max_length=64, null=True)  # in the preliminary version before
    prepared_positive = models.BooleanField(null=True)
    truth_value = models.CharField(max_length=64, null=True)
    truth_source = models.CharField(
        max_length=16, blank=True
    )  # the strongest there is: surgery, adjudicated, follow-up
    adjudicated_positive = models.BooleanField(null=True)
    follow_up_positive = models.BooleanField(null=True)
    surgery_positive = models.BooleanField(null=True)
    change_reason = models.CharField(max_length=200, null=True)  # null: nobody is asked for one

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["read", "field", "level", "side", "instance"], name="one_fact_per_place"),
        ]
        indexes = [
            # What the lists of cases look for: a cell of a matrix, against the final read or another truth.
            models.Index(
                fields=["finding", "machine_positive", "positive", "level", "read"],
                condition=models.Q(comparison="class"),
                name="fact_by_cell",
            ),
            models.Index(fields=["finding", "read"], condition=models.Q(comparison="size"), name="fact_with_size"),
            models.Index(
                fields=["outcome", "finding", "read"],
                condition=models.Q(comparison="class", outcome__in=_RARE),
                name="fact_with_rare_outcome",
            ),
            *(
                models.Index(
                    fields=["finding", "read"],
                    condition=models.Q(**{f"{truth}_positive__isnull": False}),
                    name=f"fact_judged_{truth}",
                )
                for truth in ("blind_first", "adjudicated", "follow_up", "surgery")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.read_id} {self.field}@{self.level}:{self.side}#{self.instance}"

    @property
    def is_relabelled(self) -> bool:
        return bool(self.machine_level) and self.machine_level != self.level

    @property
    def image(self) -> tuple[str, str, int | None]:
        """Series instance UID, SOP instance UID and frame the machine's statement was made of; empty for none."""
        if self.source is None:
            return "", "", None
        series, sop, frame = self.read.sources[self.source]
        return series, sop, frame


class ReferenceRead(TimestampedModel):
    """What is held to be true at one place of a study, from where, by whom. Append-only: a correction supersedes."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="reference_reads")
    field = models.CharField(max_length=32)
    level = models.CharField(max_length=8, blank=True)
    side = models.CharField(max_length=8, blank=True)
    instance = models.PositiveSmallIntegerField(default=1)
    value = models.CharField(max_length=64)
    source = models.CharField(max_length=16, choices=[(t.value, t.label) for t in REFERENCES])
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    comment = models.CharField(max_length=500, blank=True)
    supersedes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="superseded_by")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(source__in=[t.value for t in REFERENCES]), name="reference_source_is_known"
            ),
            models.CheckConstraint(condition=~models.Q(value=""), name="reference_says_something"),
            # A place has one first statement per source; every other one says what it replaces.
            models.UniqueConstraint(
                fields=["study", "field", "level", "side", "instance", "source"],
                condition=models.Q(supersedes__isnull=True),
                name="one_first_reference_per_place",
                violation_error_message=_("There is already a reference at this place: supersede it"),
            ),
        ]
        indexes = [models.Index(fields=["study"], name="reference_by_study")]

    def __str__(self) -> str:
        return str(self.id)


class PendingReport(models.Model):
    """A report whose facts must be made (again), once per reason; written by the database (migration ``0002``)."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="+", db_index=False)
    since = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.report_id)


__all__ = [
    "AgeBand",
    "Alarm",
    "AlarmEvent",
    "Baseline",
    "Comparison",
    "DailyFigure",
    "Fact",
    "Outcome",
    "PeerAnswer",
    "PeerCase",
    "PeerDraw",
    "PeerGrade",
    "PeerNotice",
    "PendingReport",
    "Protocol",
    "ReaderGroup",
    "ReferenceRead",
    "SignedRead",
    "Standing",
    "SummaryCell",
    "SummaryGroup",
    "SummaryPlace",
    "SummaryRepeat",
    "Truth",
]
