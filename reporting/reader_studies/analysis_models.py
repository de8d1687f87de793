"""An analysis that was asked for: a work order while it waits and runs, afterwards the figures, which never change."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from reporting.core.models import TimestampedModel
from reporting.reader_studies.words import AnalysisStatus


class AnalysisRunQuerySet(models.QuerySet["AnalysisRun"]):
    def due(self) -> AnalysisRunQuerySet:
        """Waiting, or taken by a worker that was not heard of again; the longest wait first."""
        lost = models.Q(status=AnalysisStatus.RUNNING, lease_expires_at__lt=Now())
        return self.filter(models.Q(status=AnalysisStatus.WAITING) | lost).order_by("created_at")

    def owned_by(self, run: AnalysisRun) -> AnalysisRunQuerySet:
        """The row while this attempt still holds it."""
        return self.filter(pk=run.pk, status=AnalysisStatus.RUNNING, attempt=run.attempt)


class AnalysisRun(TimestampedModel):
    """``seed``, ``resamples``: of the bootstrap of cases. ``margin``: of non-inferiority, as a difference of figures.

    ``done``: share of the work, 0 to 1. ``input_digest``: of everything that was analysed. ``fault``: a stable code.
    """

    reader_study = models.ForeignKey("reader_studies.ReaderStudy", on_delete=models.PROTECT, related_name="analyses")
    number = models.PositiveIntegerField()
    protocol = models.ForeignKey("reader_studies.Protocol", on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seed = models.PositiveBigIntegerField()
    resamples = models.PositiveIntegerField()
    margin = models.FloatField()
    status = models.CharField(max_length=16, choices=AnalysisStatus, default=AnalysisStatus.WAITING)
    attempt = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    done = models.FloatField(default=0)
    input_digest = models.CharField(max_length=64, blank=True)
    finished_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=64, blank=True)

    objects = AnalysisRunQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["reader_study", "number"], name="analyses_are_numbered"),
            models.CheckConstraint(
                condition=models.Q(status="finished", finished_at__isnull=False, done=1) | ~models.Q(status="finished"),
                name="a_finished_analysis_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def percent(self) -> int:
        return round(100 * self.done)


class AnalysisPart(TimestampedModel):
    """One part of a finished analysis, kept as it was worked out (``analysis.whole``)."""

    run = models.ForeignKey(AnalysisRun, on_delete=models.PROTECT, related_name="parts")
    name = models.CharField(max_length=64)
    content = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="parts_of_an_analysis_have_names")]

    def __str__(self) -> str:
        return self.name
