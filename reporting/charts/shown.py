"""A table's cells as the page shows them: numbers with intervals, reasons where there is none, labels of codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.charts.reasons import reason_text
from reporting.charts.tables import Cell, Column, Kind, Table, Word
from reporting.statistics.results import Estimate

DIGITS = 2  # of a number that is neither share nor count


@dataclass(frozen=True)
class ShownCell:
    """``note``: why a number or its interval is missing; ``cases``: query of the reports behind the cell."""

    text: str
    is_number: bool
    note: str = ""
    cases: str = ""


def shown_rows(table: Table) -> list[list[ShownCell]]:
    return [
        [
            _cell(cell, column, cases)
            for cell, column, cases in zip(
                row.cells, table.columns, row.cases or ("",) * len(table.columns), strict=True
            )
        ]
        for row in table.rows
    ]


def number_text(value: float, kind: Kind, digits: int = DIGITS) -> str:
    """ "86.2 %" for a share, "1,204" for a count, "0.71" for another number."""
    if kind is Kind.SHARE:
        return f"{100 * value:.1f} %"
    if kind is Kind.COUNT:
        return f"{value:,.0f}"
    return f"{value:.{digits}f}"


def estimate_text(estimate: Estimate, kind: Kind, digits: int = DIGITS) -> str:
    """ "86.2 % (81.0–90.3)"; the value alone without an interval; words where there is no value."""
    if estimate.value is None:
        return _("not estimable")
    text = number_text(estimate.value, kind, digits)
    if estimate.low is None or estimate.high is None:
        return text
    scale, digits = {Kind.SHARE: (100, 1), Kind.COUNT: (1, 0)}.get(kind, (1, digits))
    grouped = "," if kind is Kind.COUNT else ""
    dash = " … " if estimate.low < 0 else "–"  # a dash before a minus would be read as one
    return f"{text} ({scale * estimate.low:{grouped}.{digits}f}{dash}{scale * estimate.high:{grouped}.{digits}f})"


def _cell(cell: Cell, column: Column, cases: str) -> ShownCell:
    is_number = column.kind is not Kind.TEXT
    if isinstance(cell, Estimate):
        return ShownCell(estimate_text(cell, column.kind, column.digits), is_number, reason_text(cell.note), cases)
    if cell is None:
        return ShownCell("—", is_number, "", cases)
    if isinstance(cell, Word):
        return ShownCell(cell.label, is_number, "", cases)
    if isinstance(cell, datetime):
        return ShownCell(f"{timezone.localtime(cell):%Y-%m-%d %H:%M}", is_number, "", cases)
    if isinstance(cell, date):
        return ShownCell(cell.isoformat(), is_number, "", cases)
    text = number_text(cell, column.kind, column.digits) if isinstance(cell, int | float) and is_number else str(cell)
    return ShownCell(text, is_number, "", cases)
