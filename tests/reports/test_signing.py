"""Approve, sign, add, withdraw; and that nothing signed ever changes."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from reporting.accounts.models import Role, User
from reporting.accounts.services import WrongPassword
from reporting.audit_trail.models import AuditEvent
from reporting.audit_trail.services import verify_chain
from reporting.core.errors import Incomplete, InvalidInput, NotAllowed, StaleVersion, WrongState
from reporting.reports import services
from reporting.reports.digests import first_broken
from reporting.reports.exports.service import draft_document, export_version
from reporting.reports.models import (
    ExportFormat,
    Finding,
    Report,
    ReportExport,
    ReportVersion,
    Signature,
)
from reporting.reports.template import CURRENT
from tests.reports.factories import (
    PASSWORD,
    accept,
    change,
    complete,
    make_draft,
    make_user,
    row,
    sign,
    signed_report,
)

pytestmark = pytest.mark.django_db


def approve(report: Report, by: User) -> ReportVersion:
    digest = services.preview(report).digest
    return services.approve_preliminary(report, by=by, expected_version=report.version, content_digest=digest)


def codes(error: pytest.ExceptionInfo[Incomplete]) -> set[str]:
    return {p["code"] for p in error.value.details["problems"]}


def test_a_junior_approves_a_senior_signs_and_both_versions_stay(junior: User, senior: User) -> None:
    report = make_draft()
    complete(report, junior)
    preliminary = approve(report, junior)
    assert (report.status, preliminary.kind, preliminary.signature.meaning) == (
        "preliminary",
        "preliminary",
        "prepared",
    )
    final = sign(report, senior)
    assert (report.status, final.number, final.kind, final.signature.signer) == ("final", 2, "final", senior)
    assert preliminary.sha256 == final.sha256
    assert first_broken() is None
    assert verify_chain() is None
    call_command("verify_reports")
    acts = list(AuditEvent.objects.filter(act__startswith="report.").values_list("act", flat=True))
    assert acts == ["report.drafted", "report.approved", "report.signed"]


def test_the_senior_who_edits_reopens_and_what_changed_is_the_difference_of_two_versions(
    junior: User, senior: User
) -> None:
    report = make_draft()
    complete(report, junior)
    approve(report, junior)
    with pytest.raises(WrongState):
        change(report, "slip@C4", "none", senior)
    services.reopen_report(report, by=senior, expected_version=report.version)
    change(report, "slip@C4", "none", senior)
    sign(report, senior)
    first, second = (json.loads(v.content) for v in report.versions.all())
    values = [{f["key"]: f["value"] for f in content["findings"]} for content in (first, second)]
    changed = {key for key in values[1] if values[0].get(key) != values[1][key]}
    assert changed == {"slip@C4"}
    assert report.author == junior


def test_the_signature_stores_what_was_shown_with_template_vocabulary_and_algorithm(senior: User) -> None:
    report = make_draft()
    complete(report, senior)
    shown = services.preview(report)
    version = sign(report, senior)
    assert version.sha256 == shown.digest
    assert (version.text_en, version.text_zh) == (shown.en.text, shown.zh.text)
    assert (version.template_version, version.vocabulary_version) == (CURRENT.version, "1")
    assert version.algorithm["weights_sha256"] == "a" * 64
    assert json.loads(version.content)["header"]["patient_name"] == report.study.patient.name


def test_an_incomplete_report_is_refused_with_every_problem_and_stays_as_it_was(senior: User) -> None:
    report = make_draft()
    with pytest.raises(Incomplete) as caught:
        sign(report, senior)
    assert {"levels_not_confirmed", "suggestion_undecided", "required_unset"} <= codes(caught)
    stored = Report.objects.get()
    assert (stored.status, stored.version, report.status, report.version) == ("draft", 1, "draft", 1)
    assert not Signature.objects.exists()


def test_a_contradiction_is_refused_until_it_is_changed(senior: User) -> None:
    report = make_draft()
    complete(report, senior)
    change(report, "canal_grade@C4/5", "3", senior)
    with pytest.raises(Incomplete) as caught:
        sign(report, senior)
    assert "canal_3_without_signal" in codes(caught)


def test_a_question_may_be_answered_and_is_asked_again_when_its_values_change(senior: User) -> None:
    report = make_draft()
    complete(report, senior)
    change(report, "pll_mm@C4/5", 2.6, senior)
    (problem,) = services.preview(report).unsettled
    services.answer_check(
        report,
        code=problem.code,
        fingerprint=problem.fingerprint,
        answer="accepted",
        by=senior,
        expected_version=report.version,
    )
    assert services.preview(report).unsettled == []
    change(report, "pll_mm@C4/5", 2.7, senior)
    assert [p.code for p in services.preview(report).unsettled] == ["number_and_value_disagree"]


def test_a_block_cannot_be_answered_away_nor_a_question_nobody_asked(senior: User) -> None:
    report = make_draft()
    blocked = services.preview(report).problems[0]
    for code, fingerprint in ((blocked.code, blocked.fingerprint), ("slip_is_small", "0" * 64)):
        with pytest.raises(WrongState):
            services.answer_check(
                report, code=code, fingerprint=fingerprint, answer="accepted", by=senior, expected_version=1
            )


def test_a_critical_finding_needs_yes_or_no(senior: User) -> None:
    report = make_draft()
    complete(report, senior)
    change(report, "indication_tags", ["trauma"], senior)
    change(report, "onset", "acute", senior)
    change(report, "fracture@C5", "present", senior)
    change(report, "fracture_canal@C5", "yes", senior)
    (asked,) = [p for p in services.preview(report).problems if p.code == "machine_with_trauma"]
    services.answer_check(
        report,
        code=asked.code,
        fingerprint=asked.fingerprint,
        answer="accepted",
        by=senior,
        expected_version=report.version,
    )
    for answer, left in (("not_now", 1), ("yes", 0)):
        (critical,) = services.preview(report).criticals
        services.answer_check(
            report,
            code="critical.cord_injury",
            fingerprint=critical.fingerprint,
            answer=answer,
            by=senior,
            expected_version=report.version,
        )
        assert len(services.preview(report).unsettled) == left
    content = json.loads(sign(report, senior).content)
    assert content["criticals"][0]["category"] == 1


def test_what_was_not_shown_is_not_signed(senior: User) -> None:
    report = make_draft()
    complete(report, senior)
    shown = services.preview(report).digest
    change(report, "quality", "limited", senior)
    with pytest.raises(StaleVersion):
        sign(report, senior, content_digest=shown)
    with pytest.raises(StaleVersion):
        sign(report, senior, expected_version=report.version - 1)
    assert report.status == "draft"


def test_signing_needs_the_password_or_one_given_minutes_ago(senior: User) -> None:
    report = make_draft()
    complete(report, senior)
    for password, age_s in (("wrong", None), ("", None), ("", 301), ("", -60)):
        checked_at = timezone.now() - timedelta(seconds=age_s) if age_s is not None else None
        with pytest.raises(WrongPassword):
            sign(report, senior, password=password, password_checked_at=checked_at)
    sign(report, senior, password="", password_checked_at=timezone.now() - timedelta(seconds=200))
    assert report.status == "final"


def test_only_seniors_sign(senior: User) -> None:
    report = make_draft()
    complete(report, senior)
    for role in Role:
        if role is not Role.SENIOR:
            with pytest.raises(NotAllowed):
                sign(report, make_user(role))


def test_a_junior_approves_only_what_is_theirs_and_complete(junior: User, senior: User) -> None:
    report = make_draft()
    with pytest.raises(Incomplete):
        approve(report, junior)
    complete(report, junior)
    with pytest.raises(NotAllowed):
        approve(report, make_user(Role.JUNIOR))
    with pytest.raises(NotAllowed):
        services.reopen_report(report, by=junior, expected_version=report.version)


def test_an_addendum_is_a_new_version_and_the_old_ones_stay(senior: User) -> None:
    report = signed_report(senior)
    before = report.versions.get()
    addendum = services.sign_addendum(
        report, "补充：对比CT。", by=senior, expected_version=report.version, password=PASSWORD
    )
    assert (addendum.number, addendum.kind, report.status) == (2, "addendum", "final")
    assert json.loads(addendum.content)["follows"]["sha256"] == before.sha256
    assert ReportVersion.objects.get(pk=before.pk).content == before.content
    assert first_broken() is None
    with pytest.raises(StaleVersion):
        services.sign_addendum(report, "x", by=senior, expected_version=report.version - 1, password=PASSWORD)
    with pytest.raises(InvalidInput):
        services.sign_addendum(report, " ", by=senior, expected_version=report.version, password=PASSWORD)


def test_a_final_report_may_only_be_withdrawn_and_says_why(senior: User, junior: User) -> None:
    report = signed_report(senior)
    for change_it in (
        lambda: change(report, "slip@C4", "none", senior),
        lambda: services.confirm_levels(report, by=senior, expected_version=report.version),
        lambda: services.confirm_rest(report, by=senior, expected_version=report.version),
        lambda: services.reopen_report(report, by=senior, expected_version=report.version),
        lambda: services.discard_report(report, "x", by=senior, expected_version=report.version),
        lambda: sign(report, senior),
    ):
        with pytest.raises(WrongState):
            change_it()
    with pytest.raises(InvalidInput):
        services.withdraw_report(report, "", by=senior, expected_version=report.version, password=PASSWORD)
    with pytest.raises(NotAllowed):
        services.withdraw_report(report, "x", by=junior, expected_version=report.version, password=PASSWORD)
    services.withdraw_report(report, "wrong patient", by=senior, expected_version=report.version, password=PASSWORD)
    assert (report.status, report.closing_reason) == ("withdrawn", "wrong patient")
    assert report.versions.count() == 1
    assert first_broken() is None


REFUSED = [
    "UPDATE reports_reportversion SET text_en = 'x'",
    "DELETE FROM reports_reportversion",
    "TRUNCATE reports_reportversion CASCADE",
    "UPDATE reports_signature SET signer_name = 'x'",
    "DELETE FROM reports_signature",
    "TRUNCATE reports_signature",
    "UPDATE reports_finding SET value = '\"none\"'",
    "UPDATE reports_finding SET level = 'C3' WHERE level = 'C4'",
    "DELETE FROM reports_finding",
    "TRUNCATE reports_finding",
    "UPDATE reports_report SET status = 'draft'",
    "UPDATE reports_report SET status = 'discarded'",
    "UPDATE reports_report SET author_id = NULL",
    "UPDATE reports_report SET version = version - 1",
    "DELETE FROM reports_report",
    "TRUNCATE reports_report CASCADE",
    "UPDATE reports_levelmap SET mapping = '{}'",
    "DELETE FROM reports_levelmap",
    "TRUNCATE reports_checkanswer",
]


def test_the_database_refuses_to_change_a_signed_report(senior: User) -> None:
    report = signed_report(senior)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in REFUSED:
        refusal = pytest.raises(DatabaseError, match=r"append-only|cannot change|never|only be withdrawn")
        with refusal, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(DatabaseError, match="cannot change"), transaction.atomic():
        Finding.objects.create(report=report, field="slip", level="C7", structure="C7")
    assert first_broken() is None


def test_a_withdrawn_report_cannot_come_back(senior: User) -> None:
    report = signed_report(senior)
    services.withdraw_report(report, "x", by=senior, expected_version=report.version, password=PASSWORD)
    with pytest.raises(DatabaseError, match="cannot change"), transaction.atomic():
        Report.objects.update(status="final")


@pytest.mark.django_db(transaction=True)
def test_the_application_role_may_not_touch_versions_signatures_and_trail(senior: User) -> None:
    signed_report(senior)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'dens_app'")
        if cursor.fetchone() is None:
            pytest.skip("no application role on this database server")
    for table in ("reports_reportversion", "reports_signature", "audit_trail_auditevent"):
        for act in ("UPDATE", "DELETE", "TRUNCATE"):
            with connection.cursor() as cursor:
                cursor.execute("SELECT has_table_privilege('dens_app', %s, %s)", [table, act])
                assert cursor.fetchone() == (False,), (table, act)


def test_approving_leaves_no_suggestion_behind(junior: User) -> None:
    report = make_draft()
    services.confirm_levels(report, by=junior, expected_version=report.version)
    accept(report, "disc_class@C5/6", junior)
    services.confirm_rest(report, by=junior, expected_version=report.version)
    with pytest.raises(Incomplete) as caught:
        approve(report, junior)
    assert codes(caught) == {"suggestion_undecided"}
    assert row(report, "slip@C4").state == "ai_suggested"


def test_what_cannot_be_written_down_is_neither_signed_nor_handed_out(
    senior: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, signed = make_draft(), signed_report(senior)
    complete(report, senior)
    before = AuditEvent.objects.count()

    def fails(*args: object, **kwargs: object) -> str:
        raise DatabaseError("the trail takes nothing")

    monkeypatch.setattr("reporting.audit_trail.services.event_digest", fails)
    for act in (
        lambda: sign(report, senior, password="", password_checked_at=timezone.now()),
        lambda: approve(report, senior),
        lambda: change(report, "quality", "limited", senior),
        lambda: export_version(signed.versions.get(), ExportFormat.TEXT, by=senior),
        lambda: draft_document(report, ExportFormat.TEXT, by=senior),
    ):
        with pytest.raises(DatabaseError, match="takes nothing"), transaction.atomic():
            act()
    monkeypatch.undo()
    report.refresh_from_db()
    assert (report.status, report.versions.count(), ReportExport.objects.count()) == ("draft", 0, 0)
    assert AuditEvent.objects.count() == before
