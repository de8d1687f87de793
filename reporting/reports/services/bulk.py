""" "Confirm the rest": one logged act that turns what is left into confirmed normal, and never a machine positive."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import WrongState
from reporting.reports.blind import reads_blind
from reporting.reports.drafting import OTHER_SIZE
from reporting.reports.models import Finding, Report
from reporting.reports.places import Place
from reporting.reports.services.access import changing, require_edit
from reporting.reports.services.drafts import structure_of
from reporting.reports.services.reading import current_level_map, load_sheet
from reporting.reports.sheet import Sheet, Statement, Value
from reporting.reports.states import FindingState, ReportStatus


@dataclass(frozen=True)
class BulkResult:
    """How many places were confirmed, and which still need a decision."""

    count: int
    remaining: tuple[Place, ...]


def rest_of(sheet: Sheet) -> dict[Place, Value]:
    """What "confirm the rest" would set: defaults of unset fields and machine negatives. Pure."""
    rest: dict[Place, Value] = {}
    for spec in sheet.template.fields:
        for place in sheet.places(spec, usual=True):
            statement = sheet.at(place)
            if statement.state is FindingState.UNSET and not _was_seen(statement):
                default = sheet.default_of(place)
                if default is not None:
                    rest[place] = default
    for place, statement in sheet.statements.items():
        negative = statement.state is FindingState.AI_SUGGESTED and sheet.is_default(place, statement.value)
        if negative and sheet.applicable(place):
            rest[place] = statement.value
    return rest


def _was_seen(statement: Statement) -> bool:
    """The machine saw something that it may not suggest: disease, or what another size than the department's is."""
    return statement.machine_positive is True or statement.machine_note == OTHER_SIZE


def undecided(sheet: Sheet) -> tuple[Place, ...]:
    """Machine positives nobody decided: suggested ones, and those that may not suggest but were seen."""
    return tuple(
        place
        for place, s in sorted(sheet.statements.items())
        if sheet.applicable(place)
        and (s.state is FindingState.AI_SUGGESTED or (s.state is FindingState.UNSET and _was_seen(s)))
    )


def confirm_rest(report: Report, *, by: User, expected_version: int, seconds: float | None = None) -> BulkResult:
    """Confirm everything that is left and normal. ``seconds``: how long the reader had the report open, for the log.

    Raises :class:`WrongState` before the levels are confirmed.
    """
    require_edit(report, by)
    with changing(report, by=by, expected_version=expected_version, allowed=(ReportStatus.DRAFT,)):
        blind = reads_blind(report, by)
        sheet = load_sheet(report, blind=blind)
        if not sheet.levels_confirmed():
            raise WrongState(_("Confirm the levels first: until then no machine value counts"))
        rest, now = rest_of(sheet), timezone.now()
        level_map = current_level_map(report)
        existing = {row.place: row for row in report.findings.all()}
        new: list[Finding] = []
        for place, value in rest.items():
            row = existing.get(place) or Finding(
                report=report,
                field=place.field,
                structure=structure_of(level_map, place.level),
                level=place.level,
                side=place.side,
                instance=place.instance,
                unit=sheet.template[place.field].unit,
            )
            row.state, row.value, row.bulk = FindingState.HUMAN_CONFIRMED.value, value, True
            row.set_by, row.set_at, row.report_version = by, now, report.version
            if place not in existing:
                new.append(row)
        Finding.objects.bulk_create(new)
        columns = ["state", "value", "bulk", "set_by", "set_at", "report_version"]
        Finding.objects.bulk_update([existing[p] for p in rest if p in existing], columns)
        remaining = undecided(load_sheet(report, blind=blind))
        data = {"count": len(rest), "seconds": seconds, "keys": [str(p) for p in rest], "remaining": len(remaining)}
        record(AuditAct.FINDINGS_CONFIRMED_IN_BULK, by=by, about=report, data=data)
        return BulkResult(len(rest), remaining)
