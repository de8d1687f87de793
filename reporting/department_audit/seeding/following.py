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


def list_studies(issuer: str) -> None:
    """The worklist's rows of all studies of an issuer's patients."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT dens_worklist_refresh(array_agg(id))"
            " FROM (SELECT s.id, row_number() OVER (ORDER BY s.id) / 5000 AS n"
            " FROM studies_study s JOIN studies_patient p ON p.id = s.patient_id WHERE p.issuer = %s"
            " AND NOT EXISTS (SELECT FROM worklist_worklistentry w WHERE w.study_id = s.id)) new GROUP BY n",
            [issuer],
        )
