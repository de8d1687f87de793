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
# Column → its value in the copy, over the source ``t`` and its read ``r``; other columns are as they are.
_MOVED = "r.moved"
_TABLES: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "studies_patient",
        "JOIN (SELECT DISTINCT patient_key FROM copied_read) r ON r.patient_key = t.id",
        {"id": "copy_of(t.id)", "patient_id": "t.patient_id || '-' || %(k)s", "name": "t.name || '-' || %(k)s"},
    ),
    (
        "studies_study",
        "JOIN copied_read r ON r.study_id = t.id",
        {
            "id": "copy_of(t.id)",
            "patient_id": "copy_of(t.patient_id)",
            "study_instance_uid": "t.study_instance_uid || '.' || %(k)s",
            "accession_number": "t.accession_number || '-' || %(k)s",
            "study_date": f"(t.study_date + {_MOVED})::date",
            "created_at": f"t.created_at + {_MOVED}",
        },
    ),
    (
        "reports_report",
        "JOIN copied_read r ON r.report_id = t.id",
        {"id": "copy_of(t.id)", "study_id": "copy_of(t.study_id)", "created_at": f"t.created_at + {_MOVED}"},
    ),
    (
        "reports_reportversion",
        "JOIN copied_read r ON r.version_id = t.id",
        {
            "id": "copy_of(t.id)",
            "report_id": "copy_of(t.report_id)",
            "content": "''",
            "text_en": "''",
            "text_zh": "''",
            "created_at": f"t.created_at + {_MOVED}",
        },
    ),
    (
        "department_audit_signedread",
        "JOIN copied_read r ON r.version_id = t.version_id",
        {
            "version_id": "copy_of(t.version_id)",
            "report_id": "copy_of(t.report_id)",
            "patient": "copy_of(t.patient)",
            "study_instance_uid": "t.study_instance_uid || '.' || %(k)s",
            "signed_at": f"t.signed_at + {_MOVED}",
            "month": f"date_trunc('month', (t.signed_at + {_MOVED}) AT TIME ZONE %(zone)s)::date",
            "sources": "'[]'",
        },
    ),
    (
        FACTS,
        "JOIN copied_read r ON r.version_id = t.read_id",
        {"read_id": "copy_of(t.read_id)", "set_at": f"t.set_at + {_MOVED}", "source": "NULL"},
    ),
)
_COPY_OF = """
    CREATE OR REPLACE FUNCTION pg_temp.copy_of(original uuid, k text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN md5(original::text || '-' || k)::uuid
"""
# Each patient's reads move by so many months round the period in which their algorithm was in use.
_READS = """
    CREATE TEMP TABLE copied_read AS
        SELECT r.version_id, r.report_id, r.patient, p.study_id, s.patient_id AS patient_key, r.signed_at,
            (12 * extract(year FROM r.month) + extract(month FROM r.month))::int AS month,
            (12 * extract(year FROM a.low) + extract(month FROM a.low))::int AS low,
            (12 * (extract(year FROM a.high) - extract(year FROM a.low))
                + extract(month FROM a.high) - extract(month FROM a.low))::int + 1 AS months,
            interval '0' AS moved
        FROM department_audit_signedread r
        JOIN (SELECT algorithm, min(month) AS low, max(month) AS high FROM department_audit_signedread
            GROUP BY algorithm) a USING (algorithm)
        JOIN reports_report p ON p.id = r.report_id JOIN studies_study s ON s.id = p.study_id
        JOIN studies_patient o ON o.id = s.patient_id
        WHERE r.standing = 'current' AND o.issuer = %(issuer)s AND o.patient_id LIKE %(ids)s
"""
_MOVE = """
    UPDATE copied_read SET moved = make_interval(months =>
        low + (month - low + abs(hashtext(patient::text || '-' || %(k)s)) %% months) %% months - month)
"""


@transaction.atomic
def multiply(n: int, *, seed: int, told: Callable[[int], None]) -> int:
    """Store copies of the invented reads of ``seed`` until there are ``n``. Needs the owner of the tables.

    Summaries must be counted afterwards. Returns how many there are.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COPY_OF)
        cursor.execute(_READS, {"issuer": ISSUER, "ids": f"SEED-{seed}-%"})
        drawn = stored = int(cursor.rowcount)
        for table, join, _changed in _TABLES:  # the tables grow, what is copied does not
            cursor.execute(f"CREATE TEMP TABLE original_{table} ON COMMIT DROP AS SELECT t.* FROM {table} t {join}")
        with unfollowed(), _bare(FACTS):
            for k in range(1, -(-n // drawn)):
                if stored + drawn > n:
                    cursor.execute(
                        "DELETE FROM copied_read WHERE version_id IN"
                        " (SELECT version_id FROM copied_read ORDER BY version_id OFFSET %s)",
                        [n - stored],
                    )
                which = f"{drawn}x{k}"
                cursor.execute(_MOVE, {"k": which})
                for table, join, changed in _TABLES:
                    cursor.execute(_statement(table, join, changed, which))
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # now, not a million of them at the end
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
                stored = min(n, stored + drawn)
                told(stored)
        cursor.execute("DROP TABLE copied_read")
    return stored


def _statement(table: str, join: str, changed: dict[str, str], k: str) -> str:
    """Names are ours, and ``k`` tells copies apart: of how many reads, and which."""
    zone = "'" + settings.TIME_ZONE + "'"
    expressions = {
        name: value.replace("%(k)s", f"'{k}'").replace("%(zone)s", zone).replace("copy_of(", "pg_temp.copy_of(")
        for name, value in changed.items()
    }
    columns = [name for name in _columns(table) if not (table == FACTS and name == "id")]
    values = [_with_number(expressions.get(name, f't."{name}"'), k) for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM original_{table} t {join}"


def _with_number(expression: str, k: str) -> str:
    return f"{expression[:-1]}, '{k}')" if expression.startswith("pg_temp.copy_of(") else expression


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
