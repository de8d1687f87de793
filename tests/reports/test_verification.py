"""Whoever can write anything into the tables still cannot change a signed report unseen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Model

from reporting.accounts.models import User
from reporting.predictions.models import Prediction
from reporting.reports import services
from reporting.reports.content import canonical, sha256_of
from reporting.reports.critical import SHIPPED
from reporting.reports.digests import first_broken
from reporting.reports.house_rules import HouseRules
from reporting.reports.models import (
    CheckAnswer,
    CriticalList,
    Finding,
    LevelMap,
    Report,
    ReportTemplate,
    ReportVersion,
    Signature,
)
from reporting.reports.template import CURRENT
from tests.reports.factories import PASSWORD, change, complete, make_draft, make_study, sign, signed_report

pytestmark = pytest.mark.django_db


def as_superuser(statement: str, params: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, params)
        cursor.execute("SET session_replication_role = DEFAULT")


CHANGED_BYTES = [
    ("UPDATE reports_reportversion SET content = replace(content, 'herniation', 'herniatiom')", "content"),
    ("UPDATE reports_reportversion SET text_zh = replace(text_zh, '右', '左')", "text"),
    ("UPDATE reports_reportversion SET sha256 = repeat('a', 64)", "content"),
    ("UPDATE reports_reportversion SET template_version = '1'", "signature"),
    ("UPDATE reports_reportversion SET kind = 'preliminary'", "signature"),
    ("UPDATE reports_signature SET signer_name = 'Dr Other'", "signature"),
    ("UPDATE reports_signature SET meaning = 'prepared'", "signature"),
    ("UPDATE reports_signature SET signed_at = signed_at + interval '1 second'", "signature"),
    ("DELETE FROM reports_signature", "no signature"),
    ("UPDATE reports_reportversion SET number = 2", "missing"),
    ("UPDATE reports_report SET status = 'draft'", "has a final version"),
]


def test_one_changed_byte_is_found_and_named(senior: User) -> None:
    report = signed_report(senior)
    for statement, reason in CHANGED_BYTES:
        with transaction.atomic():
            as_superuser(statement)
            with pytest.raises(CommandError, match=f"report {report.id}.*{reason}"):
                call_command("verify_reports")
            transaction.set_rollback(True)
    assert first_broken() is None


def next_digit(column: str) -> str:
    return f"translate({column}, '0123456789abcdef', '123456789abcdef0')"


# Every column but row ids and times of writing: what to make of it, always a value that it could have.
CHANGED_COLUMNS: dict[type[Model], dict[str, str]] = {
    ReportVersion: {
        "report_id": "gen_random_uuid()",
        "number": "number + 1",
        "kind": "'addendum'",
        "content": "content || ' '",
        "sha256": next_digit("sha256"),
        "text_en": "text_en || ' '",
        "text_zh": "text_zh || ' '",
        "text_sha256": next_digit("text_sha256"),
        "template_version": "'10'",
        "vocabulary_version": "'10'",
        "algorithm": 'algorithm || \'{"version": "1.1"}\'',
        "created_by_id": "(SELECT id FROM accounts_user WHERE role = 'junior' LIMIT 1)",
    },
    Signature: {
        "report_version_id": "gen_random_uuid()",
        "signer_id": "(SELECT id FROM accounts_user WHERE role = 'junior' LIMIT 1)",
        "signer_name": "signer_name || '.'",
        "signer_role": "'junior'",
        "meaning": "'prepared'",
        "signed_at": "signed_at + interval '1 microsecond'",
        "site": "site || '.'",
        "mac": next_digit("mac"),
    },
    Finding: {
        "report_id": "gen_random_uuid()",
        "field": "field || 'x'",
        "level": "level || 'x'",
        "side": "CASE WHEN side = 'left' THEN 'right2' ELSE 'left2' END",
        "instance": "instance + 1",
        "state": "CASE WHEN state = 'human_confirmed' THEN 'human_changed' ELSE 'human_confirmed' END",
        "value": "'\"x\"'::jsonb",
        "unit": "unit || 'x'",
        "prediction_id": "gen_random_uuid()",
        "machine_value": "'\"x\"'::jsonb",
        "machine_note": "machine_note || 'x'",
        "set_by_id": "(SELECT id FROM accounts_user WHERE role = 'junior' LIMIT 1)",
        "set_at": "set_at + interval '1 microsecond'",
        "bulk": "NOT bulk",
    },
    LevelMap: {
        "report_id": "gen_random_uuid()",
        "version": "version + 1",
        "mapping": 'mapping || \'{"C5": "C6"}\'',
        "slices": "slices || '{\"C5/6\": {}}'",
    },
    CheckAnswer: {
        "report_id": "gen_random_uuid()",
        "code": "code || 'x'",
        "fingerprint": next_digit("fingerprint"),
        "answer": "'no'",
        "comment": "comment || '.'",
        "answered_by_id": "(SELECT id FROM accounts_user WHERE role = 'junior' LIMIT 1)",
    },
    Report: {
        "study_id": "(SELECT s.id FROM studies_study s WHERE s.id <> study_id LIMIT 1)",
        "status": "'discarded'",
        "template_id": "(SELECT t.id FROM reports_reporttemplate t WHERE t.version = '0')",
        "critical_list_id": "(SELECT c.id FROM reports_criticallist c WHERE c.number = 2)",
        "house_rules_id": "(SELECT h.id FROM reports_houserulesversion h WHERE h.number = 2)",
        "job_id": "NULL",
        "level_map_version": "level_map_version + 1",
    },
    ReportTemplate: {"digest": next_digit("digest"), "definition": 'definition || \'{"version": "x"}\''},
    CriticalList: {
        "digest": next_digit("digest"),
        "definition": 'definition || \'{"template": "x"}\'',
        "number": "number + 7",
    },
}
# Row ids and times of writing, and columns that only order work. The reason of closing has a test of its own.
NOT_SIGNED = {"id", "created_at", "updated_at"}
NOT_SIGNED_OF: dict[type[Model], set[str]] = {
    Finding: {"structure", "report_version"},
    # In the audit trail; that a report keeps its list, and the list its words, is signed.
    CriticalList: {
        *("status", "proposed_by_id", "proposed_at", "proposal_reason"),
        *("activated_by_id", "activated_at", "retired_by_id", "retired_at", "closing_reason"),
    },
    LevelMap: {"set_by_id", "places", "act", "undoes"},
    Report: {"version", "author_id", "closing_reason"},
    ReportTemplate: {"version"},
}


@pytest.fixture
def answered(senior: User, junior: User) -> Report:
    """A signed report with an answer, beside another study."""
    report = make_draft()
    complete(report, senior)
    change(report, "pll_mm@C4/5", 2.6, senior)
    (problem,) = services.preview(report).unsettled
    asked = {"code": problem.code, "fingerprint": problem.fingerprint}
    services.answer_check(
        report, **asked, answer="accepted", comment="seen", by=senior, expected_version=report.version
    )
    sign(report, senior)
    make_study()
    other = {"version": "0", "fields": []}
    ReportTemplate.objects.create(version="0", definition=other, digest=sha256_of(canonical(other)))
    rules = replace(SHIPPED, minutes={1: 30, 2: 60, 3: 90})
    services.propose_critical_list(rules, reason="sooner", by=senior)
    services.propose_house_rules(HouseRules(slip_mm=3.0), reason="larger", by=senior)
    return report


@pytest.mark.parametrize("table", CHANGED_COLUMNS, ids=lambda table: table.__name__)
def test_a_change_in_any_signed_column_is_found(answered: Report, table: type[Model]) -> None:
    columns = CHANGED_COLUMNS[table]
    everything = {field.column for field in table._meta.concrete_fields}
    assert set(columns) == everything - NOT_SIGNED - NOT_SIGNED_OF.get(table, set())
    assert first_broken() is None
    for column, value in columns.items():
        with transaction.atomic():
            name = table._meta.db_table
            one = f"SELECT id FROM {name} ORDER BY created_at LIMIT 1"
            as_superuser(f"UPDATE {name} SET {column} = {value} WHERE id = ({one})")
            assert first_broken() is not None, column
            transaction.set_rollback(True)


def test_a_change_of_what_the_machine_had_said_is_found(answered: Report) -> None:
    shown = answered.findings.filter(prediction__isnull=False).latest("created_at").prediction
    assert shown is not None
    changes = {
        **dict.fromkeys(("probability", "threshold"), "0.123"),
        **dict.fromkeys(("mm", "mm_from_mask"), "12.3"),
        **dict.fromkeys(("finding", "level", "side", "grade", "zone", "herniation_side", "direction"), "'x'"),
        **dict.fromkeys(("series_instance_uid", "sop_instance_uid"), "'1.2.3'"),
        "job_id": "gen_random_uuid()",
        "positive": "NOT positive",
        "flags": "'[\"x\"]'::jsonb",
        "frame_number": "99",
    }
    assert set(changes) == {field.column for field in Prediction._meta.concrete_fields} - NOT_SIGNED
    for column, value in changes.items():
        with transaction.atomic():
            as_superuser(f"UPDATE predictions_prediction SET {column} = {value} WHERE id = '{shown.pk}'")
            assert first_broken() is not None, column
            transaction.set_rollback(True)


def test_a_removed_addendum_and_a_removed_report_are_missed(senior: User, answered: Report) -> None:
    version = services.sign_addendum(
        answered, "Compared with CT.", by=senior, expected_version=answered.version, password=PASSWORD
    )
    for statement in (
        f"DELETE FROM reports_signature WHERE report_version_id = '{version.pk}'; "
        f"DELETE FROM reports_reportversion WHERE id = '{version.pk}'",
        f"DELETE FROM reports_report WHERE id = '{answered.pk}'",
    ):
        with transaction.atomic():
            as_superuser(statement)
            broken = first_broken()
            assert broken is not None
            assert str(answered.pk) in broken.row
            transaction.set_rollback(True)
    assert first_broken() is None


def test_a_withdrawal_taken_back_or_reworded_by_hand_is_found(senior: User, answered: Report) -> None:
    services.withdraw_report(answered, "wrong patient", by=senior, expected_version=answered.version, password=PASSWORD)
    assert first_broken() is None
    for change_it in ("status = 'final'", "closing_reason = 'wrong patienT'"):
        with transaction.atomic():
            as_superuser(f"UPDATE reports_report SET {change_it}")
            assert first_broken() is not None, change_it
            transaction.set_rollback(True)


def test_a_recomputed_digest_does_not_help_without_the_key(senior: User) -> None:
    version = signed_report(senior).versions.get()
    from_other_hand = version.content.replace("retrolisthesis", "anterolisthesis")
    as_superuser(
        "UPDATE reports_reportversion SET content = %s, sha256 = encode(sha256(convert_to(%s, 'UTF8')), 'hex')",
        [from_other_hand, from_other_hand],
    )
    broken = first_broken()
    assert broken is not None
    assert broken.reason == "signature does not verify"


def test_a_signature_copied_to_another_version_does_not_verify(senior: User) -> None:
    first, second = signed_report(senior), signed_report(senior)
    as_superuser(
        "UPDATE reports_signature AS copy SET mac = original.mac, signed_at = original.signed_at "
        "FROM reports_signature AS original WHERE original.report_version_id = %s AND copy.report_version_id = %s",
        [first.versions.get().pk, second.versions.get().pk],
    )
    broken = first_broken()
    assert broken is not None
    assert str(second.id) in broken.row
    assert broken.reason == "signature does not verify"


def test_a_changed_template_is_found() -> None:
    make_draft()
    ReportTemplate.objects.update(definition={"version": "1", "fields": []})
    broken = first_broken()
    assert broken is not None
    assert broken.row == f"report template {CURRENT.version}"
