"""Summaries from all facts: a few thousand reads at a time, so that memory does not grow with the reports.

Cells are counted group by group, so each is whole when it is written; repeats patient by patient. Call it within a
transaction, with the lock of the facts held: until it ends the old summaries answer, and if it is cut off they stay.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from django.db import connection

from reporting.department_audit.cells import Cell, CellKey, cells_of, tallied
from reporting.department_audit.filters import READ_DIMENSIONS
from reporting.department_audit.groups import groups_of, places_numbered
from reporting.department_audit.in_order import load_keys, put_in_order, reads_by_key
from reporting.department_audit.models import SignedRead, SummaryGroup
from reporting.department_audit.repeats import BUCKETS, RepeatKey, Repeats, repeats_of
from reporting.department_audit.summaries import (
    CELL_COLUMNS,
    CELLS,
    REPEAT_COLUMNS,
    REPEATS,
    stored_cell,
    stored_repeats,
)

AT_ONCE = 4000
"""Reads counted at once, or one key of them."""
_READS, _GROUPS = SignedRead._meta.db_table, SummaryGroup._meta.db_table
_DIMENSIONS = ", ".join(d.value for d in READ_DIMENSIONS)
_MONTH = "(12 * extract(year FROM month) + extract(month FROM month) - 1)::int"


def write_all() -> None:
    """Empty the summaries and write them anew."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {CELLS}")
        cursor.execute(f"DELETE FROM {REPEATS}")
    for _groups, cells in cell_batches():
        _copy(CELLS, CELL_COLUMNS, [(*key, *stored_cell(cells[key])) for key in sorted(cells)])
    for _buckets, found in repeat_batches():
        _copy(REPEATS, REPEAT_COLUMNS, [(*key, *stored_repeats(found[key])) for key in sorted(found)])


def _copy(table: str, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def cell_batches() -> Iterator[tuple[list[int], dict[CellKey, Cell]]]:
    """Some groups that have reads, and all their cells."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_GROUPS} (month, {_DIMENSIONS}) SELECT {_MONTH}, {_DIMENSIONS} FROM {_READS}"
            f" WHERE standing = 'current' EXCEPT SELECT month, {_DIMENSIONS} FROM {_GROUPS}"
        )
    put_in_order(
        f"SELECT r.version_id, g.id AS key FROM (SELECT version_id, {_MONTH} AS month, {_DIMENSIONS} FROM {_READS}"
        f" WHERE standing = 'current') r JOIN {_GROUPS} g USING (month, {_DIMENSIONS})"
    )
    for groups in _batches(reads_by_key()):
        reads, facts = load_keys(groups[0], groups[-1])
        of_read = groups_of(reads)
        cells: dict[CellKey, Cell] = {}
        for truth, rows, member in tallied(reads, facts):
            cells.update(cells_of(truth, rows, member, of_read, places_numbered(member.places)))
        yield groups, cells


def _batches(sizes: list[tuple[int, int]]) -> Iterator[list[int]]:
    batch: list[int] = []
    reads = 0
    for key, size in sizes:
        if batch and reads + size > AT_ONCE:
            yield batch
            batch, reads = [], 0
        batch.append(key)
        reads += size
    if batch:
        yield batch


def repeat_batches() -> Iterator[tuple[range, dict[RepeatKey, Repeats]]]:
    """Some buckets, and all that stands in them; all buckets, one after the other."""
    put_in_order(
        f"SELECT version_id, get_byte(uuid_send(patient), 0) AS key FROM {_READS} WHERE standing = 'current' AND"
        f" patient IN (SELECT patient FROM {_READS} WHERE standing = 'current' GROUP BY patient HAVING count(*) > 1)"
    )
    ends = [batch[-1] + 1 for batch in _batches(reads_by_key())]
    for buckets in itertools.starmap(range, itertools.pairwise([0, *ends[:-1], BUCKETS])):
        reads, facts = load_keys(buckets.start, buckets.stop - 1)
        groups = groups_of(reads)
        found: dict[RepeatKey, Repeats] = {}
        for truth, rows, member in tallied(reads, facts):
            places = places_numbered(member.places)
            found.update(repeats_of(rows.kind, truth, reads, member, groups, places))
        yield buckets, found
