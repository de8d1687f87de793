"""Many more reports out of a few thousand: copies in SQL, with other patients, other months, and no texts.

A copy's read and facts are those of the report it was copied from, but for keys, times and images. Reads of one patient
stay together as those of one new patient. Its version holds no content, so facts of copies can be counted, not rebuilt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction

from reporting.department_audit.seeding.following import unfollowed

ISSUER = "SEED"

FACTS = "department_audit_fact"
# Table → how a row ``t`` is found for a copy ``r``, and column → its value in the copy; other columns are as they are.
_PATIENTS = (
    "studies_patient",
    "r.patient_key = t.id",
    {"id": "copy_of(t.id, r.k)", "patient_id": "t.patient_id || '-' || r.k", "name": "t.name || '-' || r.k"},
)
_TABLES: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "studies_study",
        "r.study_id = t.id",
        {
            "id": "copy_of(t.id, r.k)",
            "patient_id": "copy_of(t.patient_id, r.k)",
            "study_instance_uid": "t.study_instance_uid || '.' || r.k",
            "accession_number": "t.accession_number || '-' || r.k",
            "study_date": "(t.study_date + r.moved)::date",
            "created_at": "t.created_at + r.moved",
        },
    ),
    (
        "reports_report",
        "r.report_id = t.id",
        {
            "id": "copy_of(t.id, r.k)",
            "study_id": "copy_of(t.study_id, r.k)",
            "created_at": "t.created_at + r.moved",
        },
    ),
    (
        "reports_reportversion",
        "r.version_id = t.id",
        {
            "id": "copy_of(t.id, r.k)",
            "report_id": "copy_of(t.report_id, r.k)",
            "content": "''",
            "text_en": "''",
            "text_zh": "''",
            "created_at": "t.created_at + r.moved",
        },
    ),
    (
        "department_audit_signedread",
        "r.version_id = t.version_id",
        {
            "version_id": "copy_of(t.version_id, r.k)",
            "report_id": "copy_of(t.report_id, r.k)",
            "patient": "copy_of(t.patient, r.k)",
            "study_instance_uid": "t.study_instance_uid || '.' || r.k",
            "signed_at": "r.signed_at",
            "month": "r.month",
            "sources": "'[]'",
        },
    ),
    (
        FACTS,
        "r.version_id = t.read_id",
        {"read_id": "copy_of(t.read_id, r.k)", "set_at": "t.set_at + r.moved", "source": "NULL"},
    ),
)
_COPY_OF = """
    CREATE OR REPLACE FUNCTION pg_temp.copy_of(original uuid, k text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN md5(original::text || '-' || k)::uuid
"""
_DRAWN = """
    CREATE TEMP TABLE drawn_read ON COMMIT DROP AS
        SELECT r.version_id, r.report_id, r.patient, p.study_id, s.patient_id AS patient_key, r.signed_at,
            row_number() OVER (ORDER BY r.version_id) AS place,
            (12 * extract(year FROM r.month) + extract(month FROM r.month))::int AS month,
            (12 * extract(year FROM a.low) + extract(month FROM a.low))::int AS low,
            (12 * (extract(year FROM a.high) - extract(year FROM a.low))
                + extract(month FROM a.high) - extract(month FROM a.low))::int + 1 AS months
        FROM department_audit_signedread r
        JOIN (SELECT algorithm, min(month) AS low, max(month) AS high FROM department_audit_signedread
            GROUP BY algorithm) a USING (algorithm)
        JOIN reports_report p ON p.id = r.report_id JOIN studies_study s ON s.id = p.study_id
        JOIN studies_patient o ON o.id = s.patient_id
        WHERE r.standing = 'current' AND o.issuer = %(issuer)s AND o.patient_id LIKE %(ids)s
"""
# Each patient's reads move by so many months round the period in which their algorithm was in use. ``k`` tells copies
# apart: of how many reads, and which.
_COPIES = """
    CREATE TEMP TABLE copied_read ON COMMIT DROP AS
        SELECT version_id, report_id, patient, study_id, patient_key, k, moved, signed_at + moved AS signed_at,
            date_trunc('month', (signed_at + moved) AT TIME ZONE %(zone)s)::date AS month
        FROM (
            SELECT *, make_interval(months =>
                low + (month - low + abs(hashtext(patient::text || '-' || k)) %% months) %% months - month) AS moved
            FROM (
                SELECT d.*, %(drawn)s || 'x' || n AS k
                FROM generate_series(1, %(times)s) n CROSS JOIN drawn_read d
                WHERE (n - 1) * %(drawn)s + d.place <= %(copies)s
            ) numbered
        ) placed
"""


@transaction.atomic
def multiply(n: int, *, seed: int, told: Callable[[int], None]) -> int:
    """Store copies of the invented reads of ``seed`` until there are ``n``. Needs the owner of the tables.

    They are stored in order of signing, as a department's are: what was signed together lies together on the disk.
    Summaries must be counted afterwards. Returns how many there are.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COPY_OF)
        cursor.execute(_DRAWN, {"issuer": ISSUER, "ids": f"SEED-{seed}-%"})
        stored = int(cursor.rowcount)
        numbers = {"drawn": stored, "copies": n - stored, "times": -(-(n - stored) // stored)}
        cursor.execute(_COPIES, numbers | {"zone": settings.TIME_ZONE})
        cursor.execute("CREATE INDEX ON copied_read (month); ANALYZE copied_read")
        for table, found, _changed in (_PATIENTS, *_TABLES):  # the tables grow, what is copied does not
            cursor.execute(
                f"CREATE TEMP TABLE original_{table} ON COMMIT DROP AS"
                f" SELECT t.* FROM {table} t WHERE EXISTS (SELECT FROM drawn_read r WHERE {found})"
            )
            cursor.execute(f"ANALYZE original_{table}")
        cursor.execute("SELECT month, count(*) FROM copied_read GROUP BY month ORDER BY month")
        months = cursor.fetchall()
        with unfollowed(), _bare(FACTS):
            cursor.execute(_statement(*_PATIENTS, "(SELECT DISTINCT patient_key, k FROM copied_read)", "r.k"))
            for month, copies in months:
                for one in _TABLES:
                    copied = "(SELECT * FROM copied_read WHERE month = %s)"
                    cursor.execute(_statement(*one, copied, "r.signed_at, r.version_id"), [month])
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # now, not a million of them at the end
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
                stored += copies
                told(stored)
    return stored


def _statement(table: str, found: str, changed: dict[str, str], copied: str, order: str) -> str:
    """Names are ours."""
    columns = [name for name in _columns(table) if not (table == FACTS and name == "id")]
    values = [changed.get(name, f't."{name}"').replace("copy_of(", "pg_temp.copy_of(") for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    return (
        f"INSERT INTO {table} ({names}) SELECT {', '.join(values)}"
        f" FROM {copied} r JOIN original_{table} t ON {found} ORDER BY {order}"
    )


def _columns(table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, table)]


@contextmanager
def _bare(table: str) -> Iterator[None]:
    """Without foreign keys and indexes, which are made again at the end: that takes a tenth of the time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype IN ('f', 'u') ORDER BY contype DESC",
            [table],
        )
        constraints = cursor.fetchall()
        cursor.execute(
            "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE i.indrelid = %s::regclass AND NOT EXISTS"
            " (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid AND o.contype IN ('u', 'p'))",
            [table],
        )
        indexes = cursor.fetchall()
        for name, _definition in constraints:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for name, _definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for name, definition in constraints:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        for _name, definition in indexes:
            cursor.execute(definition)
