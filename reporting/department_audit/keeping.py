"""Summaries follow the facts: by what a few patients change, or all anew. The caller holds the lock of the facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from django.db import connection

from reporting.department_audit.cells import Cell, CellKey, cells_of, tallied
from reporting.department_audit.groups import groups_of, places_numbered
from reporting.department_audit.kinds import KINDS
from reporting.department_audit.repeats import RepeatKey, Repeats, of_several, patient_numbers, repeats_of
from reporting.department_audit.rows import Facts, Reads
from reporting.department_audit.summaries import (
    CELL_COLUMNS,
    CELLS,
    REPEAT_COLUMNS,
    REPEATS,
    Stored,
    cell_of,
    repeats_from,
    stored_cell,
    stored_repeats,
)

AT_ONCE = 2000
_TYPES = {"group_id": "int", "place_id": "int", "bucket": "int"}
Key = tuple[Any, ...]


class Counted:
    """Cells and repeats of some reads: of whole patients."""

    def __init__(self, reads: Reads, facts: Facts) -> None:
        self.cells: dict[CellKey, Cell] = {}
        self.repeats: dict[RepeatKey, Repeats] = {}
        self.patients = set(patient_numbers(reads).tolist())
        groups = groups_of(reads)
        for truth, rows, member in tallied(reads, facts):
            places = places_numbered(member.places)
            self.cells.update(cells_of(truth, rows, member, groups, places))
            if of_several(reads).any():
                self.repeats.update(repeats_of(rows.kind, truth, reads, member, groups, places))


def move(before: Counted, after: Counted) -> None:
    """Take out what these patients had, add what they have. Cells that become empty go."""
    changed = {key: _difference(before.cells.get(key), after.cells.get(key)) for key in before.cells | after.cells}
    for keys in _batches([key for key, (where, _values) in changed.items() if len(where)]):
        there = _stored(CELLS, CELL_COLUMNS, 4, keys)
        _write(
            CELLS,
            CELL_COLUMNS,
            4,
            {key: _added(cell_of(there[key]), changed[key]) if key in there else changed[key] for key in keys},
        )
    patients = np.array(sorted(before.patients | after.patients), dtype=np.uint64)
    for keys in _batches([key for key in before.repeats | after.repeats if _differ(before, after, key)]):
        there = _stored(REPEATS, REPEAT_COLUMNS, 4, keys)
        _write(
            REPEATS,
            REPEAT_COLUMNS,
            4,
            {key: _replaced(key, there.get(key), after.repeats.get(key), patients) for key in keys},
        )


_NOTHING: Cell = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


def _difference(before: Cell | None, after: Cell | None) -> Cell:
    where, values = before or _NOTHING
    return _added((where, -values), after or _NOTHING)


def _added(one: Cell, other: Cell) -> Cell:
    where, of_each = np.unique(np.concatenate([one[0], other[0]]), return_inverse=True)
    values = np.zeros(len(where), dtype=np.int64)
    np.add.at(values, of_each.reshape(-1), np.concatenate([one[1], other[1]]))
    there = np.flatnonzero(values)
    return where[there], values[there]


def _differ(before: Counted, after: Counted, key: RepeatKey) -> bool:
    one, other = before.repeats.get(key), after.repeats.get(key)
    return one is None or other is None or stored_repeats(one) != stored_repeats(other)


def _replaced(key: RepeatKey, stored: Stored | None, new: Repeats | None, patients: np.ndarray) -> Repeats:
    """A bucket without these patients, then with what they have now; patients in order."""
    parts = [] if new is None else [new]
    if stored is not None:
        old = repeats_from(KINDS[key[0]], stored)
        others = ~np.isin(old[0], patients)
        parts.append((old[0][others], old[1][others], old[2][others]))
    patient, group, counts = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(patient, kind="stable")
    return patient[order], group[order], counts[order]


def _batches(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]


def _wanted(columns: Sequence[str], keys: Iterable[Key]) -> tuple[str, list[list[Any]]]:
    arrays = ", ".join(f"%s::{_TYPES.get(name, 'text')}[]" for name in columns)
    return f"unnest({arrays}) AS w({', '.join(columns)})", [list(column) for column in zip(*keys, strict=True)]


def _stored(table: str, columns: Sequence[str], n: int, keys: Sequence[Key]) -> dict[Key, Stored]:
    """What stands under these keys, the first ``n`` columns."""
    wanted, parameters = _wanted(columns[:n], keys)
    matched = " AND ".join(f"t.{name} = w.{name}" for name in columns[:n])
    named = ", ".join(f"t.{name}" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {named} FROM {wanted} JOIN {table} t ON {matched}", parameters)
        return {row[:n]: tuple(bytes(piece) for piece in row[n:]) for row in cursor.fetchall()}


def stored_under(table: str, column: str, numbers: Sequence[int], *, without: bool = False) -> dict[Key, Stored]:
    """Rows with (or without) one of these numbers in a column."""
    columns = CELL_COLUMNS if table == CELLS else REPEAT_COLUMNS
    condition = f"{column} <> ALL(%s)" if without else f"{column} = ANY(%s)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE {condition}", [list(numbers)])
        return {row[:4]: tuple(bytes(piece) for piece in row[4:]) for row in cursor.fetchall()}


def _write(table: str, columns: Sequence[str], n: int, rows: Mapping[Key, Cell | Repeats]) -> None:
    gone = [key for key, row in rows.items() if not len(row[0])]
    kept = [(*key, *_bytes(table, row)) for key, row in rows.items() if len(row[0])]
    with connection.cursor() as cursor:
        if gone:
            wanted, parameters = _wanted(columns[:n], gone)
            matched = " AND ".join(f"t.{name} = w.{name}" for name in columns[:n])
            cursor.execute(f"DELETE FROM {table} t USING {wanted} WHERE {matched}", parameters)
        if kept:
            arrays = [f"%s::{_TYPES.get(name, 'text')}[]" for name in columns[:n]]
            arrays += ["%s::bytea[]"] * (len(columns) - n)
            updated = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns[n:])
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({', '.join(arrays)})"
                f" ON CONFLICT ({', '.join(columns[:n])}) DO UPDATE SET {updated}",
                [list(column) for column in zip(*kept, strict=True)],
            )


def _bytes(table: str, row: Any) -> Stored:
    return stored_cell(row) if table == CELLS else stored_repeats(row)
