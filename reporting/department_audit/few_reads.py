"""Reads that a narrow filter takes in: found through their groups, where walking through all reads would take long."""

from __future__ import annotations

import uuid
from dataclasses import replace

import numpy as np
from django.db import connection

from reporting.department_audit.filters import READ_DIMENSIONS, Filter
from reporting.department_audit.groups import all_groups
from reporting.department_audit.kinds import PROCESS
from reporting.department_audit.summaries import summed
from reporting.department_audit.words import Truth

_SAME = " AND ".join(f"r.{d.value} = g.{d.value}" for d in READ_DIMENSIONS)


def few_reads(chosen: Filter, most: int) -> list[uuid.UUID] | None:
    """Versions of the current reads in order of their keys, or ``None`` where there may be more than ``most``."""
    if not (chosen.conditions() or chosen.month_from or chosen.month_to):
        return None
    whole = replace(chosen, finding="", level="", side="")
    counted = summed(PROCESS, whole, None, Truth.FINAL.value)
    reports = sum(PROCESS.reports(vector) for vector in counted.values())
    if not reports or reports > most:
        return None if reports else []
    groups = np.flatnonzero(all_groups().asked_for(chosen)).tolist()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.version_id FROM department_audit_summarygroup g JOIN department_audit_signedread r"
            f" ON r.month = make_date(g.month / 12, g.month %% 12 + 1, 1) AND {_SAME}"
            " WHERE r.standing = 'current' AND g.id = ANY(%s) ORDER BY r.version_id",
            [groups],
        )
        return [version for (version,) in cursor.fetchall()]
