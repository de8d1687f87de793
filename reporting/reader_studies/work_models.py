"""What a worker is asked for: a row is the order, whatever becomes of the message that announces it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from reporting.core.models import TimestampedModel
from reporting.reader_studies.words import AnalysisStatus


class WorkOrder(TimestampedModel):
    """``done``: share of the work, 0 to 1. ``fault``: a stable code. ``attempt``: which worker may write."""

    number = models.PositiveIntegerField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=16, choices=AnalysisStatus, default=AnalysisStatus.WAITING)
    attempt = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    done = models.FloatField(default=0)
    finished_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=64, blank=True)

    class Meta:
        abstract = True
        ordering = ["-number"]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def percent(self) -> int:
        return round(100 * self.done)

    @property
    def is_under_way(self) -> bool:
        return self.status in (AnalysisStatus.WAITING, AnalysisStatus.RUNNING)
