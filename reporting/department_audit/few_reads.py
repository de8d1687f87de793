"""Reads that a narrow filter takes in: found through their groups, where walking through all reads would take long."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import numpy as np
from django.db import connection

from reporting.department_audit.filters import Filter
from reporting.department_audit.groups import all_groups
from reporting.department_audit.kinds import PROCESS
from reporting.department_audit.models import GROUPED_BY, SignedRead, SummaryGroup
from reporting.department_audit.summaries import summed
from reporting.department_audit.words import Truth

_ALL_KEYS = uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)
_READS, _GROUPS = SignedRead._meta.db_table, SummaryGroup._meta.db_table
_MONTH = "make_date(g.month / 12, g.month %% 12 + 1, 1)"
_OF_READ = ", ".join(f"r.{name}" for name in GROUPED_BY)
_OF_GROUP = ", ".join(_MONTH if name == "month" else f"g.{name}" for name in GROUPED_BY)
_STRETCH = f"({_OF_READ}, r.version_id) >= ({_OF_GROUP}, %s) AND ({_OF_READ}, r.version_id) <= ({_OF_GROUP}, %s)"


def number_of_reads(chosen: Filter) -> int:
    """Current reads that a filter takes in, whatever it says of places; from the summaries."""
    whole = replace(chosen, finding="", level="", side="")
    counted = summed(PROCESS, whole, None, Truth.FINAL.value)
    return sum(PROCESS.reports(vector) for vector in counted.values())


def few_reads(chosen: Filter, most: int) -> list[uuid.UUID] | None:
    """Versions of the current reads in order of their keys, or ``None`` where there may be more than ``most``."""
    if not is_narrow(chosen):
        return None
    reports = number_of_reads(chosen)
    return reads_between(chosen, *_ALL_KEYS) if reports <= most else None


def is_narrow(chosen: Filter) -> bool:
    """Whether it asks for anything of a read."""
    return bool(chosen.conditions() or chosen.month_from or chosen.month_to)


def reads_between(chosen: Filter, first: uuid.UUID, last: uuid.UUID) -> list[uuid.UUID]:
    """Versions of the current reads that the filter takes in, of these keys (both included), in their order."""
    reads = f"SELECT r.version_id FROM {_READS} r WHERE r.standing = 'current'"
    if is_narrow(chosen):
        # Group by group (OFFSET 0 keeps it so), as stretches of the one index that has a group's reads side by side: a
        # planner that could choose between it and the key's sometimes takes that, and walks through all keys each time.
        source = f"{_GROUPS} g, LATERAL ({reads} AND {_STRETCH} OFFSET 0) r WHERE g.id = ANY(%s)"
        params: list[Any] = [first, last, np.flatnonzero(all_groups().asked_for(chosen)).tolist()]
    else:
        source, params = f"({reads} AND r.version_id BETWEEN %s AND %s) r", [first, last]
    with connection.cursor() as cursor:
        # In one piece: a row for each would take most of the time.
        cursor.execute(f"SELECT string_agg(uuid_send(r.version_id), '' ORDER BY r.version_id) FROM {source}", params)
        keys = bytes(cursor.fetchone()[0] or b"")
    return [uuid.UUID(bytes=keys[start : start + 16]) for start in range(0, len(keys), 16)]
