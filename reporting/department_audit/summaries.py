"""Summary cells in the database: kept up to date with the facts, and asked instead of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.db import connection

from reporting.department_audit.cells import EVERYTHING, Cells
from reporting.department_audit.filters import PLACE_DIMENSIONS, Dimension, Filter, month_text
from reporting.department_audit.kinds import Kind
from reporting.department_audit.rows import month_number, month_of
from reporting.statistics.arrays import Ints

_NAMES = (
    *("kind", "truth", "finding", "level", "side", "dimension_1", "value_1", "dimension_2", "value_2"),
    *("month_low", "month_high"),
)
_TABLE = "department_audit_summarycell"
_COLUMNS = ", ".join(_NAMES)
AT_ONCE = 5000
MOST_CONDITIONS = 2
"""A place and a read's dimensions that one cell can name; what asks for more is counted from the facts."""
_LITTLE_ENDIAN = np.dtype("<i8")

Key = tuple[str | int, ...]


def apply(change: Cells) -> None:
    """Add what changed; cells that become all zero go. The caller holds the lock of the facts."""
    batch: list[tuple[Key, Ints]] = []
    for names, months, vector in change.rows():
        batch.append(((*names, *months), vector))
        if len(batch) == AT_ONCE:
            _apply(batch)
            batch = []
    if batch:
        _apply(batch)


def _apply(batch: list[tuple[Key, Ints]]) -> None:
    columns = list(zip(*(key for key, _vector in batch), strict=True))
    matched = " AND ".join(f"c.{name} = w.{name}" for name in _NAMES)
    arrays = "%s::text[], " * 9 + "%s::int[], %s::int[]"
    wanted = f"unnest({arrays}) AS w({_COLUMNS})"
    parameters = [list(column) for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_qualified()}, c.vector FROM {_TABLE} c JOIN {wanted} ON {matched}", parameters)
        there = {row[:-1]: vector_of(row[-1]) for row in cursor.fetchall()}
        after = {key: vector + there[key] if key in there else vector for key, vector in batch}
        gone = [key for key, vector in after.items() if not vector.any()]
        kept = [(*key, bytes_of(vector)) for key, vector in after.items() if vector.any()]
        if gone:
            cursor.execute(f"DELETE FROM {_TABLE} c USING {wanted} WHERE {matched}", _transposed(gone))
        if kept:
            cursor.execute(
                f"INSERT INTO {_TABLE} ({_COLUMNS}, vector)"
                f" SELECT * FROM unnest({arrays}, %s::bytea[])"
                f" ON CONFLICT ON CONSTRAINT one_summary_cell_per_place DO UPDATE SET vector = EXCLUDED.vector",
                _transposed(kept),
            )


def _qualified() -> str:
    return ", ".join(f"c.{name}" for name in _NAMES)


def _transposed(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def replace_all(cells: Cells) -> None:
    """Empty the table and write these cells."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {_TABLE}")
        with cursor.copy(f"COPY {_TABLE} ({_COLUMNS}, vector) FROM STDIN") as copy:
            for names, months, vector in cells.rows():
                copy.write_row((*names, *months, bytes_of(vector)))


def bytes_of(vector: Ints) -> bytes:
    return vector.astype(_LITTLE_ENDIAN).tobytes()


def vector_of(stored: bytes | memoryview) -> Ints:
    return np.frombuffer(stored, dtype=_LITTLE_ENDIAN).astype(np.int64)


def answers(chosen: Filter, by: Dimension | None) -> bool:
    """Whether cells can name what is asked for."""
    asked = {*chosen.conditions(), *([by] if by not in (None, Dimension.MONTH, *PLACE_DIMENSIONS) else [])}
    at_level = bool(chosen.level or chosen.side or by in (Dimension.LEVEL, Dimension.SIDE))
    # Without a finding levels are told apart, sides are not.
    sideless = bool(chosen.finding) or by is Dimension.FINDING or not (chosen.side or by is Dimension.SIDE)
    return len(asked) + at_level <= MOST_CONDITIONS and sideless


def summed(kind: Kind, chosen: Filter, by: Dimension | None, truth: str) -> dict[str, Ints]:
    """Value of ``by`` → vector, from the cells; call only where :func:`answers` says so."""
    asked = _asked(chosen, by, places=kind.name != "process")
    asked |= {"kind": kind.name, "truth": truth}
    conditions = [f"{name} = %s" for name in asked]
    parameters: list[Any] = list(asked.values())
    group = "''"
    if by is Dimension.MONTH:
        group = "month_low"
        conditions.append("month_low = month_high")
    elif by in PLACE_DIMENSIONS and by is not None:
        group = by.value
        conditions.append(f"{by.value} <> ''")
    elif by is not None:
        group = "value_1" if asked["dimension_1"] == by.value else "value_2"
    for bound, month in (("month_low >=", chosen.month_from), ("month_high <=", chosen.month_to)):
        if month is not None:
            conditions.append(f"{bound} %s")
            parameters.append(month_number(month))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {group}, vector FROM {_TABLE} WHERE {' AND '.join(conditions)}", parameters)
        return _sums(cursor.fetchall(), by)


def _asked(chosen: Filter, by: Dimension | None, *, places: bool) -> dict[str, object]:
    """Columns that one cell must have. The one that groups is left open, unless the filter narrows it too."""
    found: dict[str, object] = {}
    for dimension in PLACE_DIMENSIONS:
        if dimension is not by or (places and getattr(chosen, dimension.value)):
            found[dimension.value] = getattr(chosen, dimension.value) if places else ""
    named: dict[Dimension, str | None] = dict(chosen.conditions())
    if by is not None and by not in (Dimension.MONTH, *PLACE_DIMENSIONS):
        named[by] = named.get(by)
    order = [d for d in _READ_ORDER if d in named]
    for place, (dimension_column, value_column) in enumerate((("dimension_1", "value_1"), ("dimension_2", "value_2"))):
        there = order[place] if place < len(order) else None
        found[dimension_column] = there.value if there else EVERYTHING[0]
        value = named[there] if there else ""
        if value is not None:
            found[value_column] = value
    return found


_READ_ORDER = [d for d in Dimension if d not in (*PLACE_DIMENSIONS, Dimension.MONTH)]


def _sums(rows: Iterable[tuple[str | int, memoryview]], by: Dimension | None) -> dict[str, Ints]:
    parts: dict[str | int, list[bytes]] = {}
    for group, vector in rows:
        parts.setdefault(group, []).append(bytes(vector))
    found = {}
    for group in sorted(parts):
        pieces = parts[group]
        stacked = np.frombuffer(b"".join(pieces), dtype=_LITTLE_ENDIAN).reshape(len(pieces), -1)
        name = month_text(month_of(int(group))) if by is Dimension.MONTH else str(group)
        found[name] = stacked.sum(axis=0).astype(np.int64)
    return found
