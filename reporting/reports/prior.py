"""The last signed report of the same patient beside today's, level by level, and what the difference suggests.

Read from the signed version, not from rows; levels are matched by the names that each report gave them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from reporting.accounts.models import User
from reporting.reports.models import Report, ReportVersion, VersionKind
from reporting.reports.places import Place
from reporting.reports.sheet import Sheet
from reporting.reports.signing import version_fault
from reporting.reports.states import ReportStatus
from reporting.reports.template.spec import Template
from reporting.vocabulary import DiscLevel

# Fields of a disc level whose values have an order, from the best to the worst.
SEVERITY: dict[str, tuple[str, ...]] = {
    "disc_class": ("normal", "bulge", "herniation"),
    "hern_form": ("protrusion", "extrusion", "sequestration"),
    "pll": ("not_thickened", "thickened"),
    "lf": ("not_thickened", "thickened"),
    "canal_grade": ("0", "1", "2", "3"),
    "foramen": ("0", "1", "2"),
    "disc_height": ("normal", "mildly_reduced", "clearly_reduced"),
    "nerve_root": ("not_contacted", "contacted", "displaced", "compressed"),
}


@dataclass(frozen=True)
class Prior:
    """The report compared with: of another study of the same patient, seen by somebody who may see it."""

    version: ReportVersion
    study_date: date | None
    values: Mapping[Place, Any]


@dataclass(frozen=True)
class PriorValue:
    """One place then and now; ``None`` is "nothing said"."""

    place: Place
    before: Any
    now: Any

    @property
    def worse(self) -> int:
        """1 worse, -1 better, 0 the same; needs both values."""
        order = SEVERITY.get(self.place.field, ())
        if self.before not in order or self.now not in order:
            return 0
        return (order.index(self.now) > order.index(self.before)) - (order.index(self.now) < order.index(self.before))

    @property
    def is_abnormal(self) -> bool:
        """Then or now; what nobody spoke of is not."""
        normal = SEVERITY[self.place.field][0]
        return any(value is not None and value != normal for value in (self.before, self.now))


@dataclass(frozen=True)
class LevelThenAndNow:
    level: str
    values: tuple[PriorValue, ...]
    suggestion: str  # a value of the field ``change``, or nothing

    @property
    def is_abnormal(self) -> bool:
        """Levels that were and are normal need no word about change."""
        return any(value.is_abnormal for value in self.values)


def prior_of(report: Report, user: User) -> Prior | None:
    """The newest earlier report that is signed, verifies, and that ``user`` may see."""
    return _newest(report, Report.objects.visible_to(user))


def said_before(report: Report) -> Mapping[Place, Any]:
    """What the newest earlier report of the patient says, whoever may read it: whether a finding is new asks this."""
    prior = _newest(report, Report.objects.all())
    return {} if prior is None else prior.values


def _newest(report: Report, known: QuerySet[Report]) -> Prior | None:
    signed = known.filter(study__patient=report.study.patient_id, status=ReportStatus.FINAL.value)
    signed = signed.exclude(study=report.study_id)
    if report.study.study_date is not None:
        signed = signed.filter(study__study_date__lte=report.study.study_date)
    versions = ReportVersion.objects.filter(report__in=signed, kind=VersionKind.FINAL)
    versions = versions.select_related("report__study", "signature").order_by(
        "-report__study__study_date", "-created_at"
    )
    version = versions.first()
    if version is None or version_fault(version) is not None:
        return None
    findings = json.loads(version.content)["findings"]
    values = {Place.parse(entry["key"]): entry["value"] for entry in findings if entry["value"] is not None}
    return Prior(version, version.report.study.study_date, values)


def levels_then_and_now(sheet: Sheet, prior: Prior) -> list[LevelThenAndNow]:
    """Every disc level of which either report says something, with what a comparison of human values suggests."""
    levels = []
    for level in DiscLevel:
        values = tuple(_values_at(sheet.template, level.value, sheet, prior))
        if values:
            levels.append(LevelThenAndNow(level.value, values, suggested_change(values)))
    return levels


def _values_at(template: Template, level: str, sheet: Sheet, prior: Prior) -> list[PriorValue]:
    values = []
    for key in SEVERITY:
        if key not in template.by_key or level not in template[key].levels:
            continue
        for side in reversed(template[key].sides):
            place = Place(key, level, side)
            before, now = prior.values.get(place), sheet.human(place)
            if before is not None or now is not None:
                values.append(PriorValue(place, before, now))
    return values


def suggested_change(values: tuple[PriorValue, ...]) -> str:
    """New, progressed, unchanged or improved; nothing where the levels went both ways or too little was said today."""
    compared = [value for value in values if value.before is not None and value.now is not None]
    if not compared or len(compared) < len([value for value in values if value.before is not None]):
        return ""
    moves = {value.worse for value in compared}
    if moves == {0}:
        return "unchanged"
    if {1, -1} <= moves:
        return ""
    if -1 in moves:
        return "improved"
    was_normal = all(value.before == SEVERITY[value.place.field][0] for value in compared)
    return "new" if was_normal else "progressed"
