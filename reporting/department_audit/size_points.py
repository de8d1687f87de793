"""Pairs of sizes to draw: some of them, chosen by the key of their read, so the same ones every time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import connection

from reporting.department_audit.few_reads import few_reads
from reporting.department_audit.filters import Filter
from reporting.department_audit.kinds import TENTHS
from reporting.department_audit.rows import reads_condition

MOST_POINTS = 2000
_FEW, _AT_ONCE = 30_000, 3000
Point = tuple[float, float]


def size_points(chosen: Filter) -> tuple[Point, ...]:
    """Up to ``MOST_POINTS`` pairs (mean, machine − signed) in mm."""
    few = few_reads(chosen, _FEW)
    if few is None:
        where, params = reads_condition(chosen)
        return _points(chosen, f"r.standing = 'current' AND {where}", params, MOST_POINTS)
    found: tuple[Point, ...] = ()
    for start in range(0, len(few), _AT_ONCE):
        found += _points(chosen, *_of(few[start : start + _AT_ONCE]), MOST_POINTS - len(found))
        if len(found) == MOST_POINTS:
            break
    return found


def _of(versions: Sequence[uuid.UUID]) -> tuple[str, list[Any]]:
    return "f.read_id = ANY(%s)", [list(versions)]


def _points(chosen: Filter, where: str, params: Sequence[Any], most: int) -> tuple[Point, ...]:
    given = {f"f.{name}": value for name in ("finding", "level", "side") if (value := getattr(chosen, name))}
    places = "".join(f" AND {column} = %s" for column in given)
    with connection.cursor() as cursor:
        cursor.execute(  # column names are ours, values are parameters
            "SELECT f.machine_number, f.number FROM department_audit_fact f"
            " JOIN department_audit_signedread r ON r.version_id = f.read_id"
            " WHERE f.comparison = 'size' AND f.number IS NOT NULL"
            f" AND f.machine_number IS NOT NULL AND {where}{places}"
            " ORDER BY f.read_id, f.field, f.level, f.side LIMIT %s",
            [*params, *given.values(), most],
        )
        pairs = np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 2)
    rounded = np.round(pairs * TENTHS) / TENTHS
    return tuple(((a + b) / 2, round(a - b, 1)) for a, b in rounded.tolist())
