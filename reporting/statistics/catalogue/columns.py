"""Columns of a CSV file: numbers or codes, read in blocks so that ten million rows fit. Bad files are named."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from reporting.statistics.arrays import Bools, Floats, Ints, floats

MISSING = ("", "NA", "NaN", "nan")
_BLOCK = 100_000


class InputError(ValueError):
    """What is wrong with a file or a parameter, for the person who gave it."""


@dataclass
class Codes:
    """A column of codes as numbers into ``names``, −1 where the cell is empty."""

    numbers: Ints
    names: tuple[str, ...]

    def of(self, kept: Bools) -> Codes:
        return Codes(self.numbers[kept], self.names)


@dataclass
class _Growing:
    """A column while it is read."""

    name: str
    numeric: bool
    blocks: list[Floats | Ints] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def add(self, cells: Sequence[str], first_row: int, path: Path) -> None:
        if self.numeric:
            self.blocks.append(self._numbers(cells, first_row, path))
            return
        places = self.places
        found = [-1 if (cell := text.strip()) in MISSING else places.setdefault(cell, len(places)) for text in cells]
        self.blocks.append(np.array(found, dtype=np.int64))

    def _numbers(self, cells: Sequence[str], first_row: int, path: Path) -> Floats:
        try:
            values = np.array(cells, dtype=np.float64)  # no cell is empty, all are numbers: the fast road
        except ValueError:
            values = np.array([self._number(cell, first_row + at, path) for at, cell in enumerate(cells)])
        wrong = np.flatnonzero(np.isinf(values))
        if len(wrong):
            raise InputError(f"{path}: row {first_row + int(wrong[0])}, column {self.name}: infinite")
        return values

    def _number(self, cell: str, row: int, path: Path) -> float:
        text = cell.strip()
        if text in MISSING:
            return math.nan
        try:
            return float(text)
        except ValueError:
            raise InputError(f"{path}: row {row}, column {self.name}: {text[:40]!r} is not a number") from None

    def finished(self) -> Floats | Codes:
        values = np.concatenate(self.blocks)
        return floats(values) if self.numeric else Codes(values.astype(np.int64), tuple(self.places))


def read_columns(path: Path, wanted: Mapping[str, bool]) -> dict[str, Floats | Codes]:
    """The columns named in ``wanted`` (true: numbers, false: codes), other columns skipped. Row 1 is the header.

    Raises:
        InputError: no such file, not text, empty, no such column, two alike, a row with too few or many cells, a cell
            that is not a number.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(path, csv.reader(file, strict=True), wanted)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text") from error
    except csv.Error as error:
        raise InputError(f"{path}: is not CSV: {error}") from error


def _read(path: Path, rows: Iterator[list[str]], wanted: Mapping[str, bool]) -> dict[str, Floats | Codes]:
    header = next(rows, None)
    if not header:
        raise InputError(f"{path}: is empty")
    names = [name.strip() for name in header]
    for name in wanted:
        if name not in names:
            raise InputError(f"{path}: has no column {name!r}; its columns are {', '.join(names)}")
        if names.count(name) > 1:
            raise InputError(f"{path}: has two columns {name!r}")
    growing = [(names.index(name), _Growing(name, numeric)) for name, numeric in wanted.items()]
    first = 2
    while block := list(islice(rows, _BLOCK)):
        for at, row in enumerate(block):
            if len(row) != len(names):
                raise InputError(f"{path}: row {first + at} has {len(row)} cells, the header {len(names)}")
        cells = list(zip(*block, strict=True))
        for place, column in growing:
            column.add(cells[place], first, path)
        first += len(block)
    if first == 2:
        raise InputError(f"{path}: has a header and no rows")
    return {column.name: column.finished() for _, column in growing}
