"""Operating points that the department moved: a change per row, what it says fixed from the day it was proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from reporting.core.two_people import Proposal, ProposalStatus

if TYPE_CHECKING:
    from reporting.predictions.models import Algorithm

LOWEST, HIGHEST = 0.001, 0.999
DIGITS = 3


class ThresholdChangeQuerySet(models.QuerySet["ThresholdChange"]):
    def in_force(self, algorithm: Algorithm) -> dict[str, ThresholdChange]:
        """Finding → the change that holds for what is read from now on."""
        return {row.finding: row for row in self.filter(algorithm=algorithm, status=ProposalStatus.ACTIVE)}


class ThresholdChange(Proposal):
    """Another operating point for one finding of one algorithm version; its own stays in ``Algorithm.thresholds``.

    ``number`` counts an algorithm's changes. ``before``: what held when it was proposed. ``evidence``: what the bench
    showed then (counts, drafts that would have changed).
    """

    algorithm = models.ForeignKey("predictions.Algorithm", on_delete=models.PROTECT, related_name="threshold_changes")
    finding = models.CharField(max_length=16)
    number = models.PositiveIntegerField()
    threshold = models.FloatField()
    before = models.FloatField()
    evidence = models.JSONField(default=dict)

    objects = ThresholdChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["algorithm", "number"], name="threshold_change_number_is_unique"),
            models.UniqueConstraint(
                fields=["algorithm", "finding"], condition=models.Q(status="active"), name="one_threshold_in_force"
            ),
            models.UniqueConstraint(
                fields=["algorithm", "finding"], condition=models.Q(status="proposed"), name="one_proposed_threshold"
            ),
            models.CheckConstraint(
                condition=models.Q(threshold__gt=0, threshold__lt=1), name="threshold_lies_between_0_and_1"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding} {self.threshold:g}"
