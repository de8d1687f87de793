"""First read, machine and final read of the same place side by side: who changed what after the machine was shown.

Right or wrong is not said here: that takes a truth. With one, a switch is right→wrong or wrong→right.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reporting.reports.models import Finding, FirstRead, Report
from reporting.reports.places import Place


class Switch(StrEnum):
    KEPT = "kept"
    TOWARD_MACHINE = "toward_machine"
    AWAY_FROM_MACHINE = "away_from_machine"
    OTHER = "other"  # changed, and the machine had said neither


@dataclass(frozen=True)
class ThreeReadings:
    """One place; ``None`` is "said nothing". ``place`` has the level's present name."""

    place: Place
    structure: str
    first: Any
    machine: Any
    machine_positive: bool | None
    final: Any

    @property
    def switch(self) -> Switch:
        if self.first == self.final:
            return Switch.KEPT
        if self.machine is not None and self.final == self.machine:
            return Switch.TOWARD_MACHINE
        if self.machine is not None and self.first == self.machine:
            return Switch.AWAY_FROM_MACHINE
        return Switch.OTHER


def three_readings(first: FirstRead) -> Iterator[ThreeReadings]:
    """Every place at which the reader, the machine or the report says something. ``final`` is the report as it is."""
    report: Report = first.report
    kept = {_key(entry): entry for entry in json.loads(first.values)["values"]}
    now = {_key_of(row): row for row in report.findings.select_related("prediction")}
    for key in sorted(kept.keys() | now.keys()):
        entry, row = kept.get(key), now.get(key)
        machine: dict[str, Any] = entry["machine"] if entry else {}
        readings = ThreeReadings(
            place=row.place if row is not None else Place(key[0], "", key[2], key[3]),
            structure=key[1],
            first=entry["value"] if entry else None,
            machine=machine.get("value"),
            machine_positive=machine.get("positive"),
            final=row.human_value if row is not None else None,
        )
        if not (readings.first is None and readings.machine is None and readings.final is None):
            yield readings


_Key = tuple[str, str, str, int]


def _key(entry: dict[str, Any]) -> _Key:
    return (entry["field"], entry["structure"], entry["side"], entry["instance"])


def _key_of(row: Finding) -> _Key:
    return (row.field, row.structure, row.side, row.instance)
