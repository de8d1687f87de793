"""Confirm the levels, or move them: every suggestion, value and sentence moves along; predictions stay as they are."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput
from reporting.reports.models import Finding, LevelMap, Report
from reporting.reports.places import Place
from reporting.reports.services.access import changing, require_edit
from reporting.reports.services.drafts import IDENTITY
from reporting.reports.services.findings import put, row_at
from reporting.reports.services.reading import OUTSIDE, current_level_map
from reporting.reports.states import FindingState, ReportStatus
from reporting.vocabulary import DiscLevel, Vertebra

_DRAFT = (ReportStatus.DRAFT,)
_VERTEBRAE, _DISCS = [v.value for v in Vertebra], [d.value for d in DiscLevel]
LevelMapping = Mapping[str, str | None]
# Values that name a level themselves.
_LEVEL_VALUED = ("signal_level_from", "signal_level_to")


def confirm_levels(report: Report, *, by: User, expected_version: int) -> Report:
    """Say that the levels shown are right. From here on machine values may be accepted."""
    require_edit(report, by)
    with changing(report, by=by, expected_version=expected_version, allowed=_DRAFT):
        level_map = current_level_map(report)
        value = "confirmed" if level_map.mapping == IDENTITY else "shifted"
        put(row_at(report, Place("level_status")), report, FindingState.HUMAN_CONFIRMED, value, by=by)
        record(AuditAct.LEVELS_CONFIRMED, by=by, about=report, data={"value": value, "level_map": level_map.version})
        return report


def relabel_levels(
    report: Report,
    *,
    by: User,
    expected_version: int,
    shift: int = 0,
    mapping: LevelMapping | None = None,
) -> Report:
    """Shift all levels (``+1``: what was C4 is C5), or set structure → level. The levels must then be confirmed again.

    Nothing is lost: what leaves the reported range is kept and comes back with the opposite shift.
    Raises :class:`InvalidInput` for a map that is not one to one and in order.
    """
    require_edit(report, by)
    with changing(report, by=by, expected_version=expected_version, allowed=_DRAFT):
        old = current_level_map(report)
        new = shifted(old.mapping, shift) if mapping is None else checked_mapping(mapping)
        if new == old.mapping:
            raise InvalidInput(_("This changes no level"))
        version = old.version + 1
        LevelMap.objects.create(report=report, version=version, mapping=new, set_by=by)
        Report.objects.filter(pk=report.pk).update(level_map_version=version)
        report.refresh_from_db(fields=["level_map_version"])
        _move(report, old.mapping, new)
        status = row_at(report, Place("level_status"))
        if status.state != FindingState.UNSET.value:
            put(status, report, FindingState.UNSET, None, by=None)
        data = {"level_map": version, "moved": {s: m for s, m in new.items() if old.mapping.get(s) != m}}
        record(AuditAct.LEVELS_RELABELLED, by=by, about=report, data=data)
        return report


def shifted(mapping: LevelMapping, shift: int) -> dict[str, str | None]:
    """The map after moving all structures by ``shift`` levels. Raises :class:`InvalidInput` if none would be left."""
    result: dict[str, str | None] = {}
    for order in (_VERTEBRAE, _DISCS):
        offsets = {order.index(level) - order.index(s) for s in order if (level := mapping.get(s)) is not None}
        for structure in order:
            level = mapping.get(structure)
            if level is not None:
                position = order.index(level) + shift
            elif len(offsets) == 1:  # a plain shift so far: what fell off may come back
                position = order.index(structure) + next(iter(offsets)) + shift
            else:
                position = -1
            result[structure] = order[position] if 0 <= position < len(order) else None
    if not any(result.values()):
        raise InvalidInput(_("No level would be left"))
    return result


def checked_mapping(mapping: LevelMapping) -> dict[str, str | None]:
    """A whole map: known names, vertebrae to vertebrae and discs to discs, one to one, from the skull down."""
    result: dict[str, str | None] = {}
    if set(mapping) - set(IDENTITY):
        raise InvalidInput(_("The level map names an unknown structure"))
    for order in (_VERTEBRAE, _DISCS):
        last = -1
        for structure in order:
            level = mapping.get(structure)
            result[structure] = level
            if level is None:
                continue
            if level not in order or order.index(level) <= last:
                raise InvalidInput(_("The level map must be one to one and run from the skull down"))
            last = order.index(level)
    return result


def _move(report: Report, old: LevelMapping, new: LevelMapping) -> None:
    """Put every row at its structure's new level, all in one statement."""
    rows = list(report.findings.all())
    taken: set[Place] = set()
    moved: list[Finding] = []
    for row in rows:
        if row.structure and not row.structure.startswith("@"):
            level = new.get(row.structure) or f"{OUTSIDE}{row.structure}"
            if row.level != level:
                row.level, row.report_version = level, report.version
                moved.append(row)
        if row.place in taken:
            raise InvalidInput(_("Two values would stand at %(key)s: clear one first") % {"key": str(row.place)})
        taken.add(row.place)
    Finding.objects.bulk_update(moved, ["level", "report_version"], batch_size=len(moved) + 1)
    backwards = {level: structure for structure, level in old.items() if level is not None}
    for row in rows:
        if row.field in _LEVEL_VALUED and isinstance(row.value, str):
            named = new.get(backwards.get(row.value, ""))
            if named is None:
                put(row, report, FindingState.UNSET, None, by=None)
            elif named != row.value:
                row.value, row.report_version = named, report.version
                row.save(update_fields=["value", "report_version", "updated_at"])
