"""A table as it is shown, drawn and exported: one object for all three, so that they cannot differ.

A cell may be an :class:`Estimate`; on the page one cell (value and interval), in a file three columns and its note.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from reporting.statistics.results import Estimate


class Kind(StrEnum):
    """How a column's numbers are shown; files always hold plain numbers, shares between 0 and 1."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    NUMBER = "number"


class Word(NamedTuple):
    """A coded word: files hold the code, the page the label in the reader's language."""

    code: str
    label: str


Cell = str | Word | int | float | date | datetime | Estimate | None
FlatCell = str | int | float | None


@dataclass(frozen=True)
class Column:
    """``with_interval``: its cells are estimates (``key``, ``key_low``, ``key_high``, ``key_note`` in files).

    ``digits``: of a number on the page.
    """

    key: str
    label: str
    kind: Kind = Kind.TEXT
    with_interval: bool = False
    digits: int = 2


@dataclass(frozen=True)
class Row:
    """``cases``: per cell the query that lists the reports behind it; empty where a cell opens none."""

    cells: tuple[Cell, ...]
    cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.cells) != len(self.columns) or len(row.cases) not in (0, len(self.columns)):
                raise ValueError("a row does not fit the columns")

    def column(self, key: str) -> list[Cell]:
        """All cells of one column, in the order of the rows."""
        place = [column.key for column in self.columns].index(key)
        return [row.cells[place] for row in self.rows]

    def flat_columns(self) -> list[Column]:
        """The columns of a file."""
        found = []
        for column in self.columns:
            found.append(Column(column.key, column.label, column.kind))
            if column.with_interval:
                found += [Column(f"{column.key}_{end}", column.label, column.kind) for end in ("low", "high")]
                found.append(Column(f"{column.key}_note", column.label))
        return found

    def flat_rows(self) -> list[list[FlatCell]]:
        """The rows of a file: codes instead of labels, an estimate spread over its four columns."""
        return [
            [
                flat
                for column, cell in zip(self.columns, row.cells, strict=True)
                for flat in _flat(cell, column.with_interval)
            ]
            for row in self.rows
        ]


def values(cells: Sequence[Cell]) -> list[float | None]:
    """Numbers of a column as they are drawn; what is undefined is not drawn."""
    return [value if isinstance(value := _point(cell), int | float) else None for cell in cells]


def labels(cells: Sequence[Cell]) -> list[str]:
    return [cell.label if isinstance(cell, Word) else str(cell) for cell in cells]


def _point(cell: Cell) -> FlatCell:
    if isinstance(cell, Estimate):
        return cell.value
    if isinstance(cell, Word):
        return cell.code
    if isinstance(cell, date):  # moments too
        return cell.isoformat()
    return cell


def _flat(cell: Cell, with_interval: bool) -> list[FlatCell]:
    if not with_interval:
        return [_point(cell)]
    if isinstance(cell, Estimate):
        return [cell.value, cell.low, cell.high, cell.note or None]
    return [_point(cell), None, None, None]
