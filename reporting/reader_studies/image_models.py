"""De-identified copies of a case's images: new UIDs, drawn for this reader study alone; made once, before the lock."""

from __future__ import annotations

from django.db import models

from reporting.core.models import TimestampedModel
from reporting.studies.models import Series, SopInstance
from reporting.vocabulary import SeriesRole


class CaseSeries(TimestampedModel):
    """A copied series. ``source`` is where it came from; nothing of it is ever told to a reader."""

    case = models.ForeignKey("reader_studies.Case", on_delete=models.CASCADE, related_name="series_set")
    source = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    series_instance_uid = models.CharField(max_length=64)
    role = models.CharField(max_length=16, choices=[(one.value, one.value) for one in SeriesRole])
    completeness = models.JSONField(default=dict)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="copied_series_are_numbered"),
            models.UniqueConstraint(fields=["case", "source"], name="a_series_is_copied_once"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def series_number(self) -> int:
        return self.number

    @property
    def description(self) -> str:
        """What the scanner called it may say more than the image."""
        return ""

    @property
    def role_reason(self) -> str:
        return ""


class CaseObject(TimestampedModel):
    """A copied object; its bytes lie under ``sha256``, and ``header`` is that of the copy."""

    series = models.ForeignKey(CaseSeries, on_delete=models.CASCADE, related_name="objects_set")
    source = models.ForeignKey(SopInstance, on_delete=models.PROTECT, related_name="+")
    sop_instance_uid = models.CharField(max_length=64)
    number_of_frames = models.PositiveIntegerField(default=1)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    header = models.JSONField(default=dict)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["series", "source"], name="an_object_is_copied_once"),
        ]

    def __str__(self) -> str:
        return str(self.id)
