"""Summaries from all facts: a few thousand reads at a time, so that memory does not grow with the reports.

Cells are counted group by group, so each is whole when it is written; repeats patient by patient. Call it within a
transaction, with the lock of the facts held: until it ends the old summaries answer, and if it is cut off they stay.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from django.db import connection

from reporting.department_audit.cells import Cell, CellKey, cells_of, tallied
from reporting.department_audit.filters import READ_DIMENSIONS
from reporting.department_audit.groups import groups_of, places_numbered
from reporting.department_audit.models import SignedRead, SummaryGroup
from reporting.department_audit.repeats import BUCKETS, RepeatKey, Repeats, repeats_of
from reporting.department_audit.rows import load
from reporting.department_audit.summaries import (
    CELL_COLUMNS,
    CELLS,
    REPEAT_COLUMNS,
    REPEATS,
    stored_cell,
    stored_repeats,
)

AT_ONCE = 4000
"""Reads counted at once, or one group."""
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
    for groups in _batches(_grouped_reads()):
        reads, facts = load(
            "r.version_id IN (SELECT c.version_id FROM counted_read c WHERE c.group_id = ANY(%s))", [groups]
        )
        of_read = groups_of(reads)
        cells: dict[CellKey, Cell] = {}
        for truth, rows, member in tallied(reads, facts):
            cells.update(cells_of(truth, rows, member, of_read, places_numbered(member.places)))
        yield groups, cells


def _grouped_reads() -> list[tuple[int, int]]:
    """Makes ``counted_read``, the group of each current read; returns how many reads each has."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_GROUPS} (month, {_DIMENSIONS}) SELECT {_MONTH}, {_DIMENSIONS} FROM {_READS}"
            f" WHERE standing = 'current' EXCEPT SELECT month, {_DIMENSIONS} FROM {_GROUPS}"
        )
        cursor.execute("DROP TABLE IF EXISTS counted_read")
        cursor.execute(
            f"CREATE TEMP TABLE counted_read ON COMMIT DROP AS SELECT r.version_id, g.id AS group_id FROM"
            f" (SELECT version_id, {_MONTH} AS month, {_DIMENSIONS} FROM {_READS} WHERE standing = 'current') r"
            f" JOIN {_GROUPS} g USING (month, {_DIMENSIONS})"
        )
        cursor.execute("CREATE INDEX ON counted_read (group_id)")
        cursor.execute("ANALYZE counted_read")
        cursor.execute("SELECT group_id, count(*) FROM counted_read GROUP BY group_id ORDER BY group_id")
        return list(cursor.fetchall())


def _batches(sizes: list[tuple[int, int]]) -> Iterator[list[int]]:
    batch: list[int] = []
    reads = 0
    for group, size in sizes:
        if batch and reads + size > AT_ONCE:
            yield batch
            batch, reads = [], 0
        batch.append(group)
        reads += size
    if batch:
        yield batch


def repeat_batches() -> Iterator[tuple[range, dict[RepeatKey, Repeats]]]:
    """Some buckets, and all that stands in them."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS counted_again")
        cursor.execute(
            f"CREATE TEMP TABLE counted_again ON COMMIT DROP AS SELECT patient, count(*) AS reads FROM {_READS}"
            " WHERE standing = 'current' GROUP BY patient HAVING count(*) > 1"
        )
        cursor.execute("CREATE INDEX ON counted_again (patient)")
        cursor.execute("ANALYZE counted_again")
        cursor.execute("SELECT COALESCE(sum(reads), 0)::int FROM counted_again")
        several = int(cursor.fetchone()[0])
    step = max(1, BUCKETS * AT_ONCE // max(1, several)) if several else BUCKETS
    for first in range(0, BUCKETS, step):
        buckets = range(first, min(BUCKETS, first + step))
        condition = "r.patient IN (SELECT patient FROM counted_again WHERE patient >= %s AND patient <= %s)"
        low = uuid.UUID(int=buckets.start << 120)
        high = uuid.UUID(int=(buckets.stop << 120) - 1)
        reads, facts = load(condition, [low, high])
        groups = groups_of(reads)
        found: dict[RepeatKey, Repeats] = {}
        for truth, rows, member in tallied(reads, facts):
            places = places_numbered(member.places)
            found.update(repeats_of(rows.kind, truth, reads, member, groups, places))
        yield buckets, found
