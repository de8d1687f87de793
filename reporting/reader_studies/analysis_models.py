"""An analysis that was asked for: a work order while it waits and runs, afterwards the figures, which never change."""

from __future__ import annotations

from django.db import models

from reporting.core.models import TimestampedModel
from reporting.reader_studies.work_models import WorkOrder


class AnalysisRun(WorkOrder):
    """``seed``, ``resamples``: of the bootstrap of cases. ``margin``: of non-inferiority, as a difference of figures.

    ``input_digest``: of everything that was analysed.
    """

    reader_study = models.ForeignKey("reader_studies.ReaderStudy", on_delete=models.PROTECT, related_name="analyses")
    protocol = models.ForeignKey("reader_studies.Protocol", on_delete=models.PROTECT, related_name="+")
    seed = models.PositiveBigIntegerField()
    resamples = models.PositiveIntegerField()
    margin = models.FloatField()
    input_digest = models.CharField(max_length=64, blank=True)

    class Meta(WorkOrder.Meta):
        constraints = [
            models.UniqueConstraint(fields=["reader_study", "number"], name="analyses_are_numbered"),
            models.CheckConstraint(
                condition=models.Q(status="finished", finished_at__isnull=False, done=1) | ~models.Q(status="finished"),
                name="a_finished_analysis_is_whole",
            ),
        ]


class AnalysisPart(TimestampedModel):
    """One part of a finished analysis, kept as it was worked out (``analysis.whole``)."""

    run = models.ForeignKey(AnalysisRun, on_delete=models.PROTECT, related_name="parts")
    name = models.CharField(max_length=64)
    content = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="parts_of_an_analysis_have_names")]

    def __str__(self) -> str:
        return self.name
