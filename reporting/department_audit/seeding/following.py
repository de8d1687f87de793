"""Storing many reports at once without what follows each row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_FOLLOWED = {
    "studies_study": ("worklist_follows",),
    "studies_series": ("worklist_follows", "facts_follow"),
    "reports_report": ("worklist_follows",),
    "reports_reportversion": ("facts_follow",),
    "department_audit_referenceread": ("facts_follow",),
}


@contextmanager
def unfollowed() -> Iterator[None]:
    """Without the triggers that keep the worklist and ask for facts row by row: both are made at once afterwards."""
    with connection.cursor() as cursor:
        for act in ("DISABLE", "ENABLE"):
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be altered
            for table, triggers in _FOLLOWED.items():
                for trigger in triggers:
                    cursor.execute(f"ALTER TABLE {table} {act} TRIGGER {trigger}")
            if act == "DISABLE":
                yield
