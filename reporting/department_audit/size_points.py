"""Pairs of sizes to draw: some of them, chosen by the key of their read, so the same ones every time."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence

import numpy as np
from django.db import connection

from reporting.department_audit.few_reads import number_of_reads, reads_between
from reporting.department_audit.filters import Filter
from reporting.department_audit.kinds import TENTHS

MOST_POINTS = 2000
_SPARE = 1.2  # slices are about as large, not exactly
_MOST_READS = 20_000  # at once
Point = tuple[float, float]


def size_points(chosen: Filter, pairs: int) -> tuple[Point, ...]:
    """Up to ``MOST_POINTS`` of the ``pairs`` that there are: (mean, machine − signed) in mm."""
    found: tuple[Point, ...] = ()
    # Some reads after the other: the database cannot know how soon there are enough pairs, and would sort them all.
    for reads in _some_after_the_other(chosen, pairs):
        found += _points(chosen, reads, MOST_POINTS - len(found))
        if len(found) == MOST_POINTS:
            break
    return found


def _some_after_the_other(chosen: Filter, pairs: int) -> Iterator[list[uuid.UUID]]:
    """Current reads that the filter takes in, in order of their keys, which are random: the first slice should do."""
    slices = max(1, round(pairs / (_SPARE * MOST_POINTS)), -(-number_of_reads(chosen) // _MOST_READS))
    for first, following in itertools.pairwise(2**128 * number // slices for number in range(slices + 1)):
        yield reads_between(chosen, uuid.UUID(int=first), uuid.UUID(int=following - 1))


def _points(chosen: Filter, reads: Sequence[uuid.UUID], most: int) -> tuple[Point, ...]:
    given = {f"f.{name}": value for name in ("finding", "level", "side") if (value := getattr(chosen, name))}
    places = "".join(f" AND {column} = %s" for column in given)
    with connection.cursor() as cursor:
        cursor.execute(  # column names are ours, values are parameters
            "SELECT f.machine_number, f.number FROM department_audit_fact f"
            " WHERE f.read_id = ANY(%s) AND f.comparison = 'size' AND f.number IS NOT NULL"
            f" AND f.machine_number IS NOT NULL{places} ORDER BY f.read_id, f.field, f.level, f.side LIMIT %s",
            [list(reads), *given.values(), most],
        )
        pairs = np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 2)
    rounded = np.round(pairs * TENTHS) / TENTHS
    return tuple(((a + b) / 2, round(a - b, 1)) for a, b in rounded.tolist())
