"""The audit trail is append-only, chained, and its verifier names the first broken row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.models import AuditEvent
from reporting.audit_trail.services import ChainBreak, record, verify_chain
from tests.factories import make_user


def _as_superuser(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_trail_auditevent SET outcome = 'x'",
        "DELETE FROM audit_trail_auditevent",
        "TRUNCATE audit_trail_auditevent",
    ],
)
def test_the_database_refuses_to_change_the_trail(statement: str) -> None:
    record(AuditAct.LOGIN_SUCCEEDED, by=None)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else TRUNCATE fails on the pending key check, not on us
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db
def test_an_untouched_chain_verifies() -> None:
    for number in range(5):
        record(AuditAct.STUDY_OPENED, by=None, data={"number": number, "text": "颈椎 \u202e\n"})
    assert verify_chain() is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit_trail_auditevent SET outcome = 'faked' WHERE sequence = 3", ChainBreak(3, "content")),
        ("DELETE FROM audit_trail_auditevent WHERE sequence = 2", ChainBreak(2, "missing")),
        ("UPDATE audit_trail_auditevent SET digest = repeat('a', 64) WHERE sequence = 4", ChainBreak(4, "content")),
    ],
)
def test_one_changed_byte_is_found_and_named(statement: str, broken: ChainBreak) -> None:
    for _ in range(5):
        record(AuditAct.STUDY_OPENED, by=None)
    _as_superuser(statement)
    found = verify_chain()
    assert found is not None
    assert found.sequence == broken.sequence
    assert broken.reason in found.reason
    with pytest.raises(CommandError, match=f"audit row {broken.sequence}"):
        call_command("verify_audit")


COLUMNS = {
    "at": "at + interval '1 microsecond'",
    "act": "act || 'x'",
    "actor_id": "NULL",
    "actor_role": "'admin'",
    "object_type": "object_type || 'x'",
    "object_id": "object_id || '0'",
    "outcome": "'succesS'",
    "data": "data || '{\"count\": 8}'",
    "request_id": "request_id || '0'",
    "remote_address": "'127.0.0.2'",
    "previous_digest": "translate(previous_digest, '0123456789abcdef', '123456789abcdef0')",
    "digest": "translate(digest, '0123456789abcdef', '123456789abcdef0')",
}


@pytest.mark.django_db
def test_a_change_in_any_column_is_found_in_its_row() -> None:
    user = make_user()
    for _ in range(3):
        record(AuditAct.STUDY_OPENED, by=user, about=user, data={"count": 7})
    everything = {field.column for field in AuditEvent._meta.concrete_fields}
    assert set(COLUMNS) == everything - {"sequence"}
    for column, value in COLUMNS.items():
        with transaction.atomic():
            _as_superuser(f"UPDATE audit_trail_auditevent SET {column} = {value} WHERE sequence = 2")
            found = verify_chain()
            assert found is not None, column
            assert found.sequence == 2, column
            transaction.set_rollback(True)
    _as_superuser("UPDATE audit_trail_auditevent SET sequence = 9 WHERE sequence = 2")
    assert verify_chain() == ChainBreak(2, "row is missing")


@pytest.mark.django_db
def test_numbers_that_a_database_writes_in_its_own_way_do_not_break_the_chain() -> None:
    for number in (-0.0, 0.0, 1e-7, 1e16, 1e22, 2**70, 0.1 + 0.2, 5e-324):
        record(AuditAct.STUDY_OPENED, by=None, data={"number": number})
    assert verify_chain() is None
    with pytest.raises(ValueError, match="JSON"):
        record(AuditAct.STUDY_OPENED, by=None, data={"number": float("nan")})


@pytest.mark.django_db
def test_an_unknown_act_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown act"):
        record("study.peeked", by=None)  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_events_make_one_chain_without_gap_or_fork() -> None:
    def write(_: int) -> None:
        try:
            record(AuditAct.STUDY_OPENED, by=None)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(write, range(50)))
    assert list(AuditEvent.objects.values_list("sequence", flat=True)) == list(range(1, 51))
    assert verify_chain() is None
