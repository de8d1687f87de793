"""From a critical field to a clinician who knows: asked, raised, told, overdue, asked again; every record stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from reporting.accounts.models import User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import Incomplete, InvalidInput, WrongState
from reporting.reports import services
from reporting.reports.critical import SHIPPED
from reporting.reports.models import CriticalAlert, CriticalNotice, NoticeKind, Report
from tests.reports.factories import PASSWORD, change, complete, make_draft, make_late, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def compressed(senior: User) -> Report:
    """Complete but for its answers: an acute cord compression with signal change at C5/6."""
    return make_compressed(senior)


def make_compressed(senior: User) -> Report:
    report = make_draft()
    change(report, "onset", "acute", senior)
    change(report, "indication", "weak hands", senior)
    change(report, "canal_grade@C5/6", "3", senior)
    change(report, "cord_signal", "faint_t2", senior)
    change(report, "signal_level_from", "C5/6", senior)
    complete(report, senior)
    return report


def answer(report: Report, code: str, said: str, by: User) -> None:
    asked = next(p for p in services.preview(report).problems if p.code == code)
    services.answer_check(
        report, code=code, fingerprint=asked.fingerprint, answer=said, by=by, expected_version=report.version
    )


def settle(report: Report, by: User, said: str = "yes") -> None:
    for problem in services.preview(report).unsettled:
        critical = problem.code.startswith("critical.")
        answer(report, problem.code, said if critical else "accepted", by)


def tell(alert: CriticalAlert, by: User, **given: Any) -> CriticalNotice:
    values: dict[str, Any] = {
        "kind": NoticeKind.TOLD,
        "told_to": "Dr Wu, neurosurgery",
        "received_at": timezone.now(),
        "method": "phone",
        "read_back": True,
        **given,
    }
    alert.report.refresh_from_db()
    return services.record_notice(alert, by=by, expected_version=alert.report.version, **values)


def codes(report: Report) -> set[str]:
    return {problem.code for problem in services.preview(report).unsettled}


def test_category_1_blocks_signing_until_it_is_answered(compressed: Report, senior: User) -> None:
    with pytest.raises(Incomplete):
        sign(compressed, senior)
    answer(compressed, "critical.compression_urgent", "not_now", senior)
    assert "critical.compression_urgent" in codes(compressed)
    settle(compressed, senior)
    sign(compressed, senior)


def test_yes_starts_the_clock_of_the_category_and_no_does_not(compressed: Report, senior: User) -> None:
    answer(compressed, "critical.compression_urgent", "no", senior)
    assert not CriticalAlert.objects.exists()
    answer(compressed, "critical.compression_urgent", "yes", senior)
    alert = CriticalAlert.objects.get()
    assert (alert.category, alert.found_by) == (1, senior)
    assert alert.due_at - alert.found_at == timedelta(minutes=SHIPPED.minutes[1])
    assert "C5/6" in alert.finding_en
    assert alert.finding_zh.startswith("危急值：颈髓受压伴信号异常")
    assert compressed.check_answers.filter(code="critical.compression_urgent").count() == 2


def test_what_the_machine_alone_suggests_alerts_nobody(senior: User) -> None:
    report = make_draft()
    services.confirm_levels(report, by=senior, expected_version=report.version)
    assert services.preview(report).criticals == ()


def test_six_things_are_logged_and_the_read_back(compressed: Report, senior: User) -> None:
    settle(compressed, senior)
    sign(compressed, senior)
    alert = CriticalAlert.objects.get()
    notice = tell(alert, senior)
    assert notice.told_by == senior.full_name
    assert (notice.told_to, notice.method, notice.read_back) == ("Dr Wu, neurosurgery", "phone", True)
    assert notice.received_at is not None
    assert not CriticalAlert.objects.pending().exists()
    for act in (CriticalNotice.objects.update, CriticalAlert.objects.update):
        with pytest.raises(IntegrityError), transaction.atomic():
            act(created_at=timezone.now())
    assert {"critical.raised", "critical.told"} <= set(AuditEvent.objects.values_list("act", flat=True))


@pytest.mark.parametrize(
    "given",
    [
        {"told_to": " "},
        {"received_at": None},
        {"method": ""},
        {"method": "pigeon"},
        {"received_at": timezone.now() + timedelta(hours=1)},
        {"kind": NoticeKind.ESCALATED, "comment": ""},
        {"kind": NoticeKind.RETRACTED, "comment": ""},
    ],
)
def test_a_notice_with_a_gap_is_refused(given: dict[str, Any], compressed: Report, senior: User) -> None:
    settle(compressed, senior)
    with pytest.raises(InvalidInput):
        tell(CriticalAlert.objects.get(), senior, **given)
    assert not CriticalNotice.objects.exists()


def test_without_receipt_the_alert_is_overdue_and_an_escalation_does_not_stop_the_clock(
    senior: User,
) -> None:
    make_late()
    compressed = make_compressed(senior)
    settle(compressed, senior)
    alert = CriticalAlert.objects.overdue().get()
    assert alert.is_overdue
    assert CriticalAlert.objects.pending_by_study([compressed.study_id]) == {compressed.study_id: alert}
    tell(alert, senior, kind=NoticeKind.ESCALATED, told_to="", received_at=None, method="", comment="no answer")
    assert CriticalAlert.objects.overdue().exists()
    assert tell(alert, senior).is_late
    assert not CriticalAlert.objects.overdue().exists()


def test_a_retracted_alert_is_closed_and_kept(compressed: Report, senior: User) -> None:
    settle(compressed, senior)
    alert = CriticalAlert.objects.get()
    tell(alert, senior, kind=NoticeKind.RETRACTED, comment="artefact")
    assert not CriticalAlert.objects.pending().exists()
    with pytest.raises(WrongState):
        tell(alert, senior)


def test_a_change_of_the_fields_asks_again_and_keeps_both_answers(compressed: Report, senior: User) -> None:
    settle(compressed, senior)
    assert "critical.compression_urgent" not in codes(compressed)
    change(compressed, "onset", "progressive", senior)
    change(compressed, "canal_grade@C4/5", "3", senior)
    assert "critical.compression_urgent" in codes(compressed)
    assert compressed.check_answers.filter(code="critical.compression_urgent").count() == 1


def test_a_category_that_disappears_after_a_signed_report_is_asked_about(compressed: Report, senior: User) -> None:
    settle(compressed, senior)
    sign(compressed, senior)
    services.withdraw_report(
        compressed, "wrong side", by=senior, expected_version=compressed.version, password=PASSWORD
    )
    again = services.start_report(study=compressed.study, by=senior)
    complete(again, senior)
    assert "critical.category_changed" in codes(again)
    settle(again, senior, said="no")
    sign(again, senior)
    assert CriticalAlert.objects.count() == 1  # the record of the withdrawn report stays


@pytest.mark.parametrize(("category", "pending"), [(None, 1), (2, 2), (0, 0)])
def test_an_addendum_says_whether_the_category_changes(
    category: int | None, pending: int, compressed: Report, senior: User
) -> None:
    settle(compressed, senior)
    sign(compressed, senior)
    seen = {"by": senior, "expected_version": compressed.version, "password": PASSWORD}
    services.sign_addendum(compressed, "The cord was compared again.", critical_category=category, **seen)
    assert CriticalAlert.objects.pending().count() == pending
    assert compressed.check_answers.filter(code="critical.compression_urgent").exists()


def test_a_narrow_canal_known_from_before_is_not_called_new(senior: User) -> None:
    report = make_draft()
    change(report, "canal_grade@C4/5", "2", senior)
    assert {c.trigger.code for c in services.preview(report).criticals} == {"deformed_cord"}
    change(report, "change@C4/5", "unchanged", senior)
    assert services.preview(report).criticals == ()
