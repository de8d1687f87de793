"""All current reads and their facts, copied in the order in which they will be counted.

What belongs together lies all over the tables: asked for group by group, a million reads are two million places of the
disk. Sorted once, they are read one after the other. The copies last until the transaction ends.
"""

from __future__ import annotations

from django.db import connection

from reporting.department_audit.filters import READ_DIMENSIONS
from reporting.department_audit.models import Fact, SignedRead
from reporting.department_audit.rows import FACT_COLUMNS, Facts, Reads, facts_from, reads_from

_READS, _FACTS = SignedRead._meta.db_table, Fact._meta.db_table
_COLUMNS = ("version_id", "patient", "signed_at", "month", "received_to_signed_s", "shown_to_signed_s")


def put_in_order(keyed: str) -> None:
    """``keyed``: a query for ``version_id`` and the whole number ``key`` by which the reads are to be asked for."""
    copied = ", ".join(f"r.{name}" for name in (*_COLUMNS, *READ_DIMENSIONS))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("DROP TABLE IF EXISTS read_in_order, fact_in_order")
        cursor.execute(
            f"CREATE TEMP TABLE read_in_order ON COMMIT DROP AS SELECT {copied}, k.key,"
            " (row_number() OVER (ORDER BY k.key, r.patient, r.signed_at, r.version_id))::int AS place"
            f" FROM {_READS} r JOIN ({keyed}) k USING (version_id) ORDER BY place"
        )
        cursor.execute("ANALYZE read_in_order")
        cursor.execute(
            f"CREATE TEMP TABLE fact_in_order ON COMMIT DROP AS SELECT r.place, {', '.join(FACT_COLUMNS)}"
            f" FROM {_FACTS} f JOIN read_in_order r ON r.version_id = f.read_id ORDER BY r.place"
        )
        cursor.execute("CREATE INDEX ON read_in_order (key)")
        cursor.execute("CREATE INDEX ON fact_in_order (place)")
        cursor.execute("ANALYZE fact_in_order")


def reads_by_key() -> list[tuple[int, int]]:
    """Each key, and how many reads it has; in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, count(*) FROM read_in_order GROUP BY key ORDER BY key")
        return list(cursor.fetchall())


def load_keys(first: int, last: int) -> tuple[Reads, Facts]:
    """The reads of these keys, both included, and their facts."""
    reads, places = reads_from("read_in_order", "r.key BETWEEN %s AND %s", [first, last], "r.place")
    source = (
        "unnest(%s::int[]) WITH ORDINALITY v (place, n)"
        " JOIN (SELECT * FROM fact_in_order WHERE place BETWEEN %s AND %s) f ON f.place = v.place"
    )
    params = [places, min(places, default=0), max(places, default=0)]
    return reads, facts_from(source, params, reads.versions)
