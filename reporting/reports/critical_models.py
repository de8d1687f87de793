"""The department's critical list as rows: one for each version, what it says fixed from the day it was proposed."""

from __future__ import annotations

from typing import Any

from django.db import models

from reporting.core.two_people import Proposal
from reporting.reports.critical import CriticalRules, Trigger
from reporting.reports.critical.grammar import parsed
from reporting.reports.template import TEMPLATES


class CriticalList(Proposal):
    """Triggers and clocks. The first one is what ships; each later one was proposed and activated by two people.

    ``definition``: {"template": version its expressions were read with, "minutes": {"1": 60, …}, "triggers": [{code,
    category, en, zh, when, superseded_by}]}, gravest first. A report keeps the list it was opened with.
    """

    number = models.PositiveIntegerField(unique=True)
    definition = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=models.Q(status="active"), name="one_active_critical_list"
            ),
            models.UniqueConstraint(
                fields=["status"], condition=models.Q(status="proposed"), name="one_proposed_critical_list"
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)

    @property
    def rules(self) -> CriticalRules:
        template = TEMPLATES[self.definition["template"]]
        triggers = tuple(
            Trigger(
                code=one["code"],
                category=one["category"],
                en=one["en"],
                zh=one["zh"],
                when=parsed(one["when"], template),
                superseded_by=tuple(one["superseded_by"]),
            )
            for one in self.definition["triggers"]
        )
        return CriticalRules(triggers, {int(c): m for c, m in self.definition["minutes"].items()})


def as_definition(rules: CriticalRules, template_version: str) -> dict[str, Any]:
    """The list as plain data, as it is stored."""
    triggers = sorted(rules.triggers, key=lambda trigger: trigger.category)
    return {
        "template": template_version,
        "minutes": {str(category): minutes for category, minutes in sorted(rules.minutes.items())},
        "triggers": [
            {
                "code": one.code,
                "category": one.category,
                "en": one.en,
                "zh": one.zh,
                "when": str(one.when),
                "superseded_by": list(one.superseded_by),
            }
            for one in triggers
        ],
    }
