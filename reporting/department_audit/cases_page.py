"""The reports behind a number, in words. Names of patients and readers stand in the report, not in this list."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from reporting.accounts.models import User
from reporting.department_audit.charts.dimension_words import value_word
from reporting.department_audit.figures import Case
from reporting.department_audit.models import Fact
from reporting.reports.labels import choice_label, place_label, unit_label
from reporting.reports.models import Report
from reporting.reports.places import Place
from reporting.reports.template import TEMPLATES
from reporting.reports.template.spec import Field, Kind


@dataclass(frozen=True)
class PlaceRow:
    """One place of a report: what the machine said, what was signed, what became of it."""

    label: str
    machine: str
    probability: str
    signed: str
    outcome: str


@dataclass(frozen=True)
class CaseRow:
    report_id: uuid.UUID
    version: int
    accession_number: str
    study_date: date | None
    signed_at: datetime
    places: tuple[PlaceRow, ...]


def case_rows(found: Iterable[Case], user: User) -> list[CaseRow]:
    """Those that this person may see."""
    cases = list(found)
    visible = Report.objects.visible_to(user).filter(pk__in=[case.report_id for case in cases]).select_related("study")
    reports = {report.pk: report for report in visible}
    return [
        CaseRow(
            case.report_id,
            case.version,
            reports[case.report_id].study.accession_number,
            reports[case.report_id].study.study_date,
            case.signed_at,
            tuple(_place(fact) for fact in case.places),
        )
        for case in cases
        if case.report_id in reports
    ]


def _place(fact: Fact) -> PlaceRow:
    template = TEMPLATES[fact.read.template_version]
    spec = template[fact.field]
    probability = "" if fact.machine_probability is None else f"{fact.machine_probability:.2f}"
    return PlaceRow(
        place_label(template, Place(fact.field, fact.level, fact.side, fact.instance)),
        _value(spec, fact.machine_value, fact.machine_number),
        probability,
        _value(spec, fact.value, fact.number),
        value_word("outcome", fact.outcome).label,
    )


def _value(spec: Field, code: str | None, number: float | None) -> str:
    if spec.kind is Kind.NUMBER:
        return "—" if number is None else f"{number:.1f} {unit_label(spec.unit)}"
    if code is None:
        return "—"
    return choice_label(spec.choice(code)) if code in [choice.code for choice in spec.choices] else code
