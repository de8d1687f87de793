"""Confirm the levels, or correct them: every suggestion, value, sentence and thumbnail moves along.

Predictions stay as they are and name structures; a correction writes the next level map, and what is shown reads
through it. Each act is one audit event and can be undone by one undo, which writes a map as well.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, WrongState
from reporting.reports.level_line import DISCS, MACHINE_STRUCTURES, Line, NotALine
from reporting.reports.models import LevelAct, LevelMap, Report
from reporting.reports.places import Place
from reporting.reports.services.access import changing, require_edit
from reporting.reports.services.level_moves import move_rows, own_structures, refresh_machine_rows
from reporting.reports.services.reading import current_level_map
from reporting.reports.services.rows import put, row_at, template_of
from reporting.reports.states import FindingState, ReportStatus
from reporting.studies.models import SopInstance
from reporting.vocabulary import DiscLevel, SeriesRole

_DRAFT = (ReportStatus.DRAFT,)
_SAGITTAL = (SeriesRole.SAGITTAL_T1.value, SeriesRole.SAGITTAL_T2.value, SeriesRole.SAGITTAL_STIR.value)
LevelMapping = Mapping[str, str | None]
Slices = dict[str, dict[str, Any]]


def confirm_levels(report: Report, *, by: User, expected_version: int) -> Report:
    """Say that the levels shown are right. From here on machine values may be accepted."""
    require_edit(report, by)
    with changing(report, by=by, expected_version=expected_version, allowed=_DRAFT):
        level_map = current_level_map(report)
        value = "confirmed" if level_map.is_as_found else "shifted"
        put(row_at(report, Place("level_status")), report, FindingState.HUMAN_CONFIRMED, value, by=by)
        record(AuditAct.LEVELS_CONFIRMED, by=by, about=report, data={"value": value, "level_map": level_map.version})
        return report


def shift_levels(report: Report, shift: int, *, by: User, expected_version: int) -> Report:
    """Move all levels (``+1``: what was C4 is C5). What leaves the report comes back with the opposite shift."""
    return _relabel(report, LevelAct.SHIFT, lambda line: line.shifted(shift), by=by, expected_version=expected_version)


def set_level_mapping(report: Report, mapping: LevelMapping, *, by: User, expected_version: int) -> Report:
    """Set machine structure → level for all of them at once; one to one and from the skull down."""
    return _relabel(
        report, LevelAct.MAPPING, lambda line: line.set_to(mapping), by=by, expected_version=expected_version
    )


def move_level(report: Report, level: str, to: str, *, by: User, expected_version: int) -> Report:
    """What is called ``level`` is ``to``. What would then be out of order is no level any more."""

    def move(line: Line) -> Line:
        return line.moved(_structure_at(line, level), _known(to))

    return _relabel(report, LevelAct.MOVE, move, by=by, expected_version=expected_version)


def insert_level(report: Report, disc: str, *, by: User, expected_version: int, is_block: bool = False) -> Report:
    """A level was missed above ``disc``: it and all below move down. ``is_block``: because two bodies are fused."""
    _known_disc(disc)
    act, fused = (LevelAct.INSERT_BLOCK, disc) if is_block else (LevelAct.INSERT, "")
    return _relabel(
        report, act, lambda line: line.inserted(disc), fused=fused, by=by, expected_version=expected_version
    )


def remove_level(report: Report, disc: str, *, by: User, expected_version: int) -> Report:
    """What is called ``disc`` is no disc: what was said of it is kept aside, and all below moves up."""
    _known_disc(disc)
    return _relabel(report, LevelAct.REMOVE, lambda line: line.without(disc), by=by, expected_version=expected_version)


def set_level_slice(
    report: Report, level: str, instance_id: uuid.UUID, frame: int, *, by: User, expected_version: int
) -> Report:
    """The axial slice of ``level`` is this one. What the machine said of the other slice is no suggestion any more."""
    instance = (
        SopInstance.objects.select_related("series").filter(pk=instance_id, series__study_id=report.study_id).first()
    )
    if instance is None or not 1 <= frame <= instance.number_of_frames:
        raise InvalidInput(_("This slice is not of this study"))
    if instance.series.role in _SAGITTAL:
        raise InvalidInput(_("This is a sagittal slice"))
    _known_disc(level)

    def with_slice(line: Line, slices: Slices) -> Slices:
        chosen = {"sop_instance_uid": instance.sop_instance_uid, "frame_number": frame}
        return {**slices, _structure_at(line, level): chosen}

    return _relabel(report, LevelAct.SLICE, lambda line: line, with_slice, by=by, expected_version=expected_version)


def undo_relabel(report: Report, *, by: User, expected_version: int) -> Report:
    """Take the last correction back that is not taken back yet. Raises :class:`WrongState` when there is none."""
    require_edit(report, by)
    with changing(report, by=by, expected_version=expected_version, allowed=_DRAFT):
        old = current_level_map(report)
        undone, target = last_correction(report)
        rows = list(report.findings.all())
        own = own_structures(rows, old)
        before = old.line().with_own(own, old.version)
        after = target.line().with_own(own, target.version).carrying(before)
        _store(report, old, before, after, target.slices, LevelAct.UNDO, by=by, undoes=undone.version)
        if undone.act == LevelAct.INSERT_BLOCK:
            _forget_block_vertebra(report)
        return report


def last_correction(report: Report) -> tuple[LevelMap, LevelMap]:
    """The correction an undo would take back, and the map it would go back to."""
    stack: list[LevelMap] = []
    for level_map in report.level_maps.order_by("version"):
        if level_map.act == LevelAct.UNDO:
            stack.pop()
        else:
            stack.append(level_map)
    if len(stack) < 2:
        raise WrongState(_("No correction of the levels is left to undo"))
    # The map in force before it, which may itself have been made by an undo: it knows what was said by then.
    return stack[-1], report.level_maps.get(version=stack[-1].version - 1)


def can_undo_relabel(report: Report) -> bool:
    acts = list(report.level_maps.values_list("act", flat=True))
    return len(acts) - 1 > 2 * acts.count(LevelAct.UNDO.value)


def _relabel(
    report: Report,
    act: LevelAct,
    move: Callable[[Line], Line],
    choose: Callable[[Line, Slices], Slices] | None = None,
    *,
    fused: str = "",
    by: User,
    expected_version: int,
) -> Report:
    """Raises :class:`InvalidInput` for a map out of order, without any level, or that changes nothing."""
    require_edit(report, by)
    with changing(report, by=by, expected_version=expected_version, allowed=_DRAFT):
        old = current_level_map(report)
        before = old.line().with_own(own_structures(list(report.findings.all()), old), old.version)
        try:
            after = move(before)
        except NotALine as error:
            raise InvalidInput(_("The level map must be one to one and run from the skull down")) from error
        slices = choose(before, old.slices) if choose is not None else old.slices
        if (after, slices) == (before, old.slices):
            raise InvalidInput(_("This changes no level"))
        if not any(after.level_of(structure) for structure in MACHINE_STRUCTURES):
            raise InvalidInput(_("No level would be left"))
        _store(report, old, before, after, slices, act, by=by)
        if fused:
            _note_block_vertebra(report, fused, by)
        return report


def _store(
    report: Report,
    old: LevelMap,
    before: Line,
    after: Line,
    slices: Slices,
    act: LevelAct,
    *,
    by: User,
    undoes: int | None = None,
) -> None:
    """The next map, the rows where it has them, the confirmation taken back, and the one audit event."""
    version = old.version + 1
    mapping = after.mapping()
    LevelMap.objects.create(
        report=report,
        version=version,
        mapping=mapping,
        places=dict(after.places),
        slices=slices,
        act=act,
        undoes=undoes,
        set_by=by,
    )
    Report.objects.filter(pk=report.pk).update(level_map_version=version)
    report.refresh_from_db(fields=["level_map_version"])
    move_rows(report, list(report.findings.all()), before, after, old.version)
    refresh_machine_rows(report)
    status = row_at(report, Place("level_status"))
    if status.state != FindingState.UNSET.value:
        put(status, report, FindingState.UNSET, None, by=None)
    data: dict[str, Any] = {
        "act": act.value,
        "level_map": version,
        "moved": {s: level for s, level in mapping.items() if before.level_of(s) != level},
    }
    if slices != old.slices:
        data["slices"] = slices
    if undoes is not None:
        data["undoes"] = undoes
    name = AuditAct.LEVELS_RELABELLED if undoes is None else AuditAct.LEVELS_RELABEL_UNDONE
    record(name, by=by, about=report, data=data)


def _note_block_vertebra(report: Report, disc: str, by: User) -> None:
    """The missed disc lies between the two bodies that are fused."""
    level = DiscLevel(disc)
    fused = [level.upper_vertebra.value, level.lower_vertebra.value]
    for key, value in (("numbering_anomaly", "block_vertebra"), ("block_vertebra_levels", fused)):
        if key in template_of(report).by_key:
            row = row_at(report, Place(key))
            if row.state == FindingState.UNSET.value:
                put(row, report, FindingState.HUMAN_CONFIRMED, value, by=by)


def _forget_block_vertebra(report: Report) -> None:
    if row_at(report, Place("numbering_anomaly")).human_value == "block_vertebra":
        for row in report.findings.filter(field__in=("numbering_anomaly", "block_vertebra_levels")):
            put(row, report, FindingState.UNSET, None, by=None)


def _known(level: str) -> str:
    if level not in MACHINE_STRUCTURES:
        raise InvalidInput(_("This is no level of the cervical spine"))
    return level


def _known_disc(level: str) -> str:
    if level not in DISCS:
        raise InvalidInput(_("This is no disc of the cervical spine"))
    return level


def _structure_at(line: Line, level: str) -> str:
    structure = line.at(_known(level))
    if structure is None or structure.startswith("@"):
        message = _("The machine found nothing at %(level)s") % {"level": level}
        raise InvalidInput(message)
    return structure
