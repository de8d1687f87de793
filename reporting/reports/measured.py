"""What the machine measured, a row a level: evidence beside the form that fills no field and never prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from reporting.reports.drafting import Analysis
from reporting.reports.models import LevelMap, Report
from reporting.reports.services.reading import analysis_of, current_level_map, reader_stops
from reporting.vocabulary import DiscLevel, Vertebra

# Name in the analysis (docs/analysis_schema.md), what it is called here, and its unit.
COLUMNS = (
    ("canal_ap", _("Canal, front to back"), "mm"),
    ("sac_ap", _("Thecal sac, front to back"), "mm"),
    ("cord_ap", _("Cord, front to back"), "mm"),
    ("cord_area", _("Cord area"), "mm²"),
    ("mscc_cord", _("Cord compression"), "%"),
)


@dataclass(frozen=True)
class Measured:
    """One number; ``z`` in standard deviations from healthy adults, where a norm is known."""

    value: float
    z: float | None

    @property
    def is_unusual(self) -> bool:
        return self.z is not None and abs(self.z) > 2


@dataclass(frozen=True)
class LevelRow:
    level: str
    cells: tuple[Measured | None, ...]
    is_operated: bool


def levels_in_order() -> tuple[str, ...]:
    """C1, C2, C2/3, C3 … C7, C7/T1, T1: as they lie in the neck."""
    discs = {disc.upper_vertebra: disc.value for disc in DiscLevel}
    return tuple(name for vertebra in Vertebra for name in (vertebra.value, discs.get(vertebra, "")) if name)


def measured_rows(report: Report) -> list[LevelRow]:
    """Levels of which something was measured, under the names that the reader's level map gives them.

    Empty where nothing was read, or where a reader set the machine's values aside.
    """
    stops = reader_stops(report)
    if report.job is None or stops.reasons:
        return []
    numbers = dict(_numbers(report.job.result or {}, analysis_of(report), current_level_map(report)))
    rows = [_row(level, numbers, is_operated=level in stops.levels) for level in levels_in_order()]
    return [row for row in rows if any(cell is not None for cell in row.cells)]


def _numbers(
    result: Mapping[str, Any], analysis: Analysis, level_map: LevelMap
) -> Iterator[tuple[tuple[str, str], float]]:
    for one in result.get("measurements") or []:
        structure, value = str(one.get("level")), one.get("value")
        level = level_map.mapping.get(structure)
        if level is not None and isinstance(value, int | float) and not analysis.is_uncertain(structure):
            yield (str(one.get("name")), level), float(value)


def _row(level: str, numbers: Mapping[tuple[str, str], float], *, is_operated: bool) -> LevelRow:
    cells = tuple(
        Measured(numbers[name, level], numbers.get((f"{name}_z", level))) if (name, level) in numbers else None
        for name, _label, _unit in COLUMNS
    )
    return LevelRow(level, cells, is_operated)
