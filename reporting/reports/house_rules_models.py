"""The department's settings as rows: one for each version, what it says fixed from the day it was proposed."""

from __future__ import annotations

from django.db import models

from reporting.core.two_people import Proposal
from reporting.reports.house_rules import HouseRules


class HouseRulesVersion(Proposal):
    """``definition``: see ``HouseRules.as_definition``. A report keeps the version it was opened with."""

    number = models.PositiveIntegerField(unique=True)
    definition = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=models.Q(status="active"), name="one_active_house_rules"
            ),
            models.UniqueConstraint(
                fields=["status"], condition=models.Q(status="proposed"), name="one_proposed_house_rules"
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)

    @property
    def rules(self) -> HouseRules:
        return HouseRules(**self.definition)
