"""What a reader does with one place: accept, change, clear, call not evaluable."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, WrongState
from reporting.reports.blind import reads_blind
from reporting.reports.exports.printable import require_printable
from reporting.reports.models import Finding, Report
from reporting.reports.places import Place
from reporting.reports.services.access import changing, require_edit
from reporting.reports.services.herniation_sides import follow_zone
from reporting.reports.services.level_moves import refresh_machine_rows
from reporting.reports.services.reading import load_sheet
from reporting.reports.services.rows import put, row_at, template_of
from reporting.reports.sheet import Sheet, Value
from reporting.reports.states import FindingState, ReportStatus
from reporting.reports.template.spec import Kind, Template
from reporting.reports.values import checked_place, checked_value
from reporting.reports.withholding import DECIDING_FIELDS, STOPS

_DRAFT = (ReportStatus.DRAFT,)


def audit_value(template: Template, place: Place, value: Value) -> Any:
    """What the trail may keep of a value: free text may name a patient, so only its length."""
    if template[place.field].kind is Kind.TEXT and isinstance(value, str):
        return {"characters": len(value)}
    return value


def _require_confirmed_levels(sheet: Sheet) -> None:
    if not sheet.levels_confirmed():
        raise WrongState(_("Confirm the levels first: until then no machine value counts"))


def _turn_machine(report: Report, place: Place) -> None:
    """An operated level, or a reader's word, turns the machine off there; taken back, it is on again."""
    if place.field in DECIDING_FIELDS:
        refresh_machine_rows(report)


def accept_finding(
    report: Report, place: Place, *, by: User, expected_version: int, with_details: bool = False
) -> Finding:
    """Confirm the machine's value, in one event. ``with_details`` takes along zone and side, or direction and grade.

    Raises :class:`WrongState` before the levels are confirmed, or where nothing is suggested.
    """
    require_edit(report, by)
    checked_place(template_of(report), place)
    with changing(report, by=by, expected_version=expected_version, allowed=_DRAFT):
        if reads_blind(report, by):
            raise WrongState(_("You read first without the machine: set the values yourself"))
        sheet = load_sheet(report)
        _require_confirmed_levels(sheet)
        row = row_at(report, place)
        if row.state != FindingState.AI_SUGGESTED.value:
            raise WrongState(_("There is no machine suggestion to accept here"))
        rows = [row]
        if with_details:
            same = report.findings.filter(prediction=row.prediction, state=FindingState.AI_SUGGESTED.value)
            rows += [r for r in same.exclude(pk=row.pk) if sheet.applicable(r.place)]
        for each in rows:
            put(each, report, FindingState.HUMAN_CONFIRMED, each.machine_value, by=by)
        details = [{"key": str(each.place), "value": each.value} for each in rows[1:]]
        for each in rows:
            details += follow_zone(report, each.place, each.value, by=by)
        data: dict[str, Any] = {"key": str(place), "value": row.value, "prediction": row.prediction_id}
        if details:
            data["details"] = details
        record(AuditAct.FINDING_ACCEPTED, by=by, about=report, data=data)
        return row


def change_finding(report: Report, place: Place, value: Any, *, by: User, expected_version: int) -> Finding:
    """Set a human value. The same as the machine's counts as accepting it.

    Raises :class:`InvalidInput` for a place or value the template does not have, :class:`WrongState` for the machine's
    own value before the levels are confirmed. A blind reader needs confirmed levels for every value at a level:
    refusing one value only would tell which is the machine's.
    """
    require_edit(report, by)
    template = template_of(report)
    checked = checked_value(checked_place(template, place), value)
    if template[place.field].kind is Kind.TEXT:
        require_printable(str(checked))
    with changing(report, by=by, expected_version=expected_version, allowed=_DRAFT):
        row = row_at(report, place)
        old = {"state": row.state, "value": audit_value(template, place, row.value)}
        blind = reads_blind(report, by)
        told = row.machine_value is not None and not blind
        differs = told and row.machine_value != checked
        same = told and not differs
        if same or (blind and place.level):
            _require_confirmed_levels(load_sheet(report))
        put(row, report, FindingState.HUMAN_CHANGED if differs else FindingState.HUMAN_CONFIRMED, checked, by=by)
        _turn_machine(report, place)
        new = {"state": row.state, "value": audit_value(template, place, checked)}
        data: dict[str, Any] = {"key": str(place), "old": old, "new": new, "prediction": row.prediction_id}
        if details := follow_zone(report, place, checked, by=by):
            data["details"] = details
        record(AuditAct.FINDING_ACCEPTED if same else AuditAct.FINDING_CHANGED, by=by, about=report, data=data)
        return row


def mark_not_evaluable(report: Report, place: Place, *, by: User, expected_version: int) -> Finding:
    """Say that this cannot be judged on these images; it prints as not assessed."""
    require_edit(report, by)
    template = template_of(report)
    spec = checked_place(template, place)
    if spec.key == "level_status":
        raise InvalidInput(_("The levels are either confirmed or not"))
    with changing(report, by=by, expected_version=expected_version, allowed=_DRAFT):
        row = row_at(report, place)
        old = {"state": row.state, "value": audit_value(template, place, row.value)}
        put(row, report, FindingState.NOT_EVALUABLE, None, by=by)
        _turn_machine(report, place)
        record(AuditAct.FINDING_NOT_EVALUABLE, by=by, about=report, data={"key": str(place), "old": old})
        return row


def clear_finding(report: Report, place: Place, *, by: User, expected_version: int) -> Finding:
    """Undo: back to the machine's suggestion where there is one, otherwise to unset."""
    require_edit(report, by)
    template = template_of(report)
    checked_place(template, place)
    with changing(report, by=by, expected_version=expected_version, allowed=_DRAFT):
        row = row_at(report, place)
        old = {"state": row.state, "value": audit_value(template, place, row.value)}
        if row.machine_note in STOPS:
            row.machine_value = None
        suggested = row.machine_value is not None
        put(row, report, FindingState.AI_SUGGESTED if suggested else FindingState.UNSET, row.machine_value, by=None)
        _turn_machine(report, place)
        record(AuditAct.FINDING_CLEARED, by=by, about=report, data={"key": str(place), "old": old})
        return row
