"""Puts the rows of a report where a new level map has their structures. Nothing is deleted, nothing is overwritten."""

from __future__ import annotations

from collections.abc import Collection

from reporting.reports.level_line import Line, own_structure
from reporting.reports.models import Finding, LevelMap, Report
from reporting.reports.places import Place
from reporting.reports.services.drafts import machine_rows
from reporting.reports.services.reading import OUTSIDE, current_level_map
from reporting.reports.sheet import Value
from reporting.reports.states import FindingState
from reporting.reports.withholding import STOPS

LEVEL_VALUED = ("signal_level_from", "signal_level_to")
"""Fields of the whole study whose value is the name of a level."""


def own_structures(rows: Collection[Finding], level_map: LevelMap) -> set[str]:
    """The reader's own structures that something was said of, also those that only a value names."""
    named = {row.structure for row in rows if row.structure.startswith("@")}
    line = level_map.line()
    values = (row.value for row in rows if row.field in LEVEL_VALUED and row.level == "")
    named |= {own_structure(level_map.version, v) for v in values if isinstance(v, str) and line.at(v) is None}
    return named


def move_rows(report: Report, rows: list[Finding], old: Line, new: Line, version: int) -> None:
    """``old`` and ``new`` name all own structures; ``version`` is the old map's."""
    moved = [row for row in rows if row.structure and row.field not in LEVEL_VALUED and _relevel(row, new)]
    taken = {row.place for row in rows}
    for row in rows:
        if row.field in LEVEL_VALUED and _revalue(row, old, new, version, taken):
            moved.append(row)
    for row in moved:
        row.report_version = report.version
    columns = ["structure", "level", "value", "report_version"]
    Finding.objects.bulk_update(moved, columns, batch_size=len(moved) + 1)


def _relevel(row: Finding, new: Line) -> bool:
    level = new.level_of(row.structure) or f"{OUTSIDE}{row.structure}"
    changed = row.level != level
    row.level = level
    return changed


def _revalue(row: Finding, old: Line, new: Line, version: int, taken: set[Place]) -> bool:
    """A value that names a level follows its structure; while that has none the row waits outside, value and all."""
    waits = row.level.startswith(OUTSIDE)
    if not waits and not isinstance(row.value, str):
        return False
    structure = row.structure if waits else old.at(str(row.value)) or own_structure(version, str(row.value))
    level = new.level_of(structure)
    before = (row.level, row.value)
    if level is not None and not (waits and Place(row.field, "", row.side, row.instance) in taken):
        row.structure, row.level, row.value = "", "", level
    elif level is None:
        row.structure, row.level = structure, f"{OUTSIDE}{structure}"
    return before != (row.level, row.value)


def refresh_machine_rows(report: Report) -> None:
    """Machine statements whose structure has a level only now get their row; those that lost their say, or have it
    again, are shown so, with what they brought along (the zone of a herniation).

    What a person decided stays decided; beside it stands what the machine says now. Where a reader turned the machine
    off, what it had said when it was accepted stays on record.
    """
    level_map = current_level_map(report)
    rows = {row.place: row for row in report.findings.all()}
    fresh_rows = {fresh.place: fresh for fresh in machine_rows(report, level_map)}
    notes = {fresh.prediction_id: fresh.machine_note for fresh in fresh_rows.values() if fresh.machine_value is None}
    for place, fresh in fresh_rows.items():
        row = rows.get(place)
        if row is None:
            fresh.save(force_insert=True)
        elif row.prediction_id == fresh.prediction_id and row.machine_note != fresh.machine_note:
            _tell(row, report, fresh.machine_value, fresh.machine_note)
    for place, row in rows.items():
        silenced = notes.get(row.prediction_id) if place not in fresh_rows else None
        if silenced is not None and row.machine_note != silenced:
            _tell(row, report, None, silenced)


def _tell(row: Finding, report: Report, value: Value, note: str) -> None:
    """What the machine says at a row from now on."""
    row.machine_note = note
    undecided = row.state in (FindingState.UNSET.value, FindingState.AI_SUGGESTED.value)
    if undecided or note not in STOPS:
        row.machine_value = value
    if undecided:
        row.state = (FindingState.UNSET if value is None else FindingState.AI_SUGGESTED).value
        row.value = value
    row.report_version = report.version
    row.save()
