"""Each day's figures against a frozen baseline, and alarms that somebody owns until they are closed with a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.department_audit import intake
from reporting.department_audit.models import Alarm, AlarmEvent, Baseline, DailyFigure, PendingReport
from reporting.department_audit.monitoring.collecting import collect
from reporting.department_audit.monitoring.handling import (
    acknowledge_alarm,
    assign_alarm,
    close_alarm,
    freeze_baselines,
)
from reporting.department_audit.monitoring.judging import Day, judge, why_no_baseline
from reporting.department_audit.monitoring.measures import MEASURES
from reporting.department_audit.monitoring.watching import SeriesKey, watch
from reporting.department_audit.monitoring_models import ALARM_TRANSITIONS, AlarmRule, AlarmStatus
from reporting.predictions.models import JobStatus
from tests.department_audit.reports import make_report, pll, sign_version, withdraw
from tests.factories import make_job
from tests.reports.factories import make_user

START = date(2026, 3, 1)
SHARE, MEAN = MEASURES["discrepancy"], MEASURES["te_ms"]
USUAL = [10, 12, 9, 11, 10, 8, 12, 10, 9, 11, 10, 12, 8, 10, 9, 11]  # of a hundred a day
PLL = SeriesKey("discrepancy", "pll", "dens 1.0")


def days(totals: list[float], n: int = 100, first: date = START) -> list[Day]:
    return [Day(first + timedelta(days=number), n, total) for number, total in enumerate(totals)]


def after(totals: list[float], n: int = 100) -> list[Day]:
    return days(totals, n, START + timedelta(days=len(USUAL)))


def rules(totals: list[float], n: int = 100, **more: Any) -> set[str]:
    return {verdict.rule.value for verdict in judge(SHARE, days(list(USUAL)), after(totals, n), **more).verdicts}


# --- judging


def test_days_as_usual_raise_nothing() -> None:
    assert rules([10, 9, 12, 11, 8, 10, 9, 11]) == set()


def test_seven_days_in_a_row_above_the_interval_are_an_alarm_and_six_are_none() -> None:
    assert "seven_days" not in rules([12] * 6)
    assert "seven_days" in rules([12] * 7)
    assert "seven_days" in rules([8] * 7)


def test_a_day_inside_the_interval_or_on_its_other_side_breaks_the_row() -> None:
    assert "seven_days" not in rules([12, 12, 12, 10, 12, 12, 12, 12])
    assert "seven_days" not in rules([12, 12, 12, 8, 12, 12, 12])


def test_a_day_with_few_cases_neither_breaks_nor_lengthens_the_row() -> None:
    row = after([12] * 8)
    row[3] = Day(row[3].day, 4, 0)
    found = judge(SHARE, days(list(USUAL)), row).verdicts
    assert "seven_days" in {verdict.rule.value for verdict in found}
    assert "seven_days" not in {v.rule.value for v in judge(SHARE, days(list(USUAL)), row[:7]).verdicts}


def test_a_day_without_any_case_does_not_break_the_row() -> None:
    row = [day for number, day in enumerate(after([12] * 8)) if number != 4]
    assert "seven_days" in {verdict.rule.value for verdict in judge(SHARE, days(list(USUAL)), row).verdicts}


def test_one_day_far_off_is_beyond_the_limits_and_a_small_shift_is_found_by_the_sums() -> None:
    assert "limits" in rules([10, 10, 40])
    assert "limits" not in rules([10, 40, 10])  # the newest day counts: an old one was an alarm when it was new
    assert {"ewma", "cusum"} <= rules([12, 13, 12, 13, 12, 13])


def test_closing_begins_the_sums_anew() -> None:
    shifted: list[float] = [13] * 6
    last = after(shifted)[-1].day
    since = {AlarmRule.CUSUM: last, AlarmRule.EWMA: last, AlarmRule.SEVEN_DAYS: last}
    assert not {"ewma", "cusum", "seven_days"} & rules([*shifted, 10], since=since)
    assert "cusum" in rules([*shifted, 10, *shifted], since=since)


def test_without_a_baseline_nothing_is_judged() -> None:
    judged = judge(SHARE, [], after([50] * 9))
    assert (judged.usual.value, judged.verdicts, judged.note) == (None, (), "no_baseline")


def test_a_baseline_of_zero_has_no_limits_and_still_notices_a_week() -> None:
    judged = judge(SHARE, days([0] * 12), after([9] * 7))
    assert {verdict.rule.value for verdict in judged.verdicts} == {"seven_days"}
    assert all(point["high"] is None for point in judged.points)


def test_a_parameter_that_never_varied_raises_when_it_changes_and_not_by_rounding() -> None:
    usual = [Day(START + timedelta(days=n), 3, 3 * 90.1) for n in range(12)]
    same, other = after([7 * 90.1], 7), after([95.0], 1)
    assert judge(MEAN, usual, same).verdicts == ()
    assert {verdict.rule.value for verdict in judge(MEAN, usual, other).verdicts} == {"limits"}


def test_too_few_days_or_cases_are_no_baseline() -> None:
    assert why_no_baseline(days([1] * 9), SHARE) == "too_few_days"
    assert why_no_baseline(days([1] * 12, n=4), SHARE) == "too_few_days"
    assert why_no_baseline(days([1] * 9 + [1], n=5), SHARE) == ""
    assert why_no_baseline(days(list(USUAL)), SHARE) == ""


# --- collecting


def signed(at: datetime, p: float, value: str, **content: Any) -> Any:
    report = make_report()
    sign_version(report, [pll("C5/6", value, p)], at=at, **content)
    intake.take_pending()
    return report


@pytest.mark.django_db
def test_a_days_figures_are_those_of_its_reports_and_counting_again_changes_nothing() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    signed(noon, 0.9, "thickened")
    signed(noon, 0.9, "not_thickened")
    signed(noon + timedelta(days=1), 0.2, "not_thickened")
    for _ in range(2):
        collect(date(2026, 3, 1), date(2026, 3, 4))
    rows = DailyFigure.objects.filter(**PLL.as_filter()).values_list("day", "n", "total")
    assert list(rows) == [(date(2026, 3, 2), 2, 1.0), (date(2026, 3, 3), 1, 0.0)]
    vendor = DailyFigure.objects.get(measure="vendor", day=date(2026, 3, 2))
    assert (vendor.group, vendor.n, vendor.total) == ("Siemens", 2, 2.0)


@pytest.mark.django_db
def test_a_withdrawn_report_leaves_its_day() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    report = signed(noon, 0.9, "not_thickened")
    collect(START, date(2026, 3, 4))
    withdraw(report)
    intake.take_pending()
    collect(START, date(2026, 3, 4))
    assert not DailyFigure.objects.filter(measure="discrepancy").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("changes", [date(2026, 3, 29), date(2026, 10, 25)])  # 23 and 25 hours in Berlin
def test_a_day_of_23_or_25_hours_is_one_day(settings: Any, changes: date) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    timezone.get_default_timezone.cache_clear()
    zone = ZoneInfo("Europe/Berlin")
    try:
        for hour, minute in ((0, 1), (12, 0), (23, 59)):
            at = datetime(changes.year, changes.month, changes.day, hour, minute, tzinfo=zone)
            signed(at, 0.9, "thickened")
        for _ in range(2):
            collect(changes, changes)
        assert list(DailyFigure.objects.filter(**PLL.as_filter()).values_list("day", "n")) == [(changes, 3)]
    finally:
        timezone.get_default_timezone.cache_clear()


@pytest.mark.django_db
def test_another_algorithm_version_is_another_line_without_a_baseline() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    signed(noon, 0.9, "thickened")
    signed(noon, 0.9, "thickened", algorithm={"name": "dens", "version": "2.0", "weights_sha256": "b" * 64})
    collect(START, date(2026, 3, 4))
    found = DailyFigure.objects.filter(measure="discrepancy").values_list("algorithm", flat=True)
    assert sorted(found) == ["dens 1.0", "dens 2.0"]


@pytest.mark.django_db
def test_readings_are_counted_by_outcome_gate_quality_and_wait() -> None:
    now = timezone.now()
    sagittal = {"neighbour_correlation": 0.8, "signal_p50": 100.0, "signal_p99": 400.0}
    axial = {"neighbour_correlation": None, "signal_p50": 0.0, "signal_p99": 0.0}
    series = [{"uid": "1.2", "role": "sagittal_t2"}, {"uid": "1.3", "role": "axial_t2"}]
    for gate, status in (("run", "succeeded"), ("withheld", "succeeded"), ("", "failed")):
        quality = {"series": {"1.2": sagittal, "1.3": axial, "1.4": None}}
        result = {"gate": {"status": gate}, "series": series, "quality": quality}
        job = make_job(status=status, attempt=1, started_at=now + timedelta(seconds=90), finished_at=now)
        type(job).objects.filter(pk=job.pk).update(result=result if gate else None)
    day = timezone.localdate()
    collect(day, day + timedelta(days=1))
    figures = DailyFigure.objects.exclude(measure="queue_wait_s")
    found = {(row.measure, row.group): (row.n, row.total) for row in figures}
    assert found == {
        ("failures", ""): (3, 1.0),
        ("gate", ""): (2, 1.0),
        ("correlation", ""): (2, 1.6),
        ("signal_p99", "sagittal_t2"): (2, 800.0),
        ("signal_median", "sagittal_t2"): (2, 0.5),
        ("signal_p99", "axial_t2"): (2, 0.0),
    }
    wait = DailyFigure.objects.get(measure="queue_wait_s")
    assert wait.total / wait.n == pytest.approx(90, abs=5)


# --- watching and handling


@pytest.fixture
def auditor(db: None) -> User:
    return make_user(Role.AUDITOR)


def store(totals: list[float], first: date, key: SeriesKey = PLL, n: int = 100) -> None:
    DailyFigure.objects.bulk_create(
        DailyFigure(**key.as_filter(), day=first + timedelta(days=number), n=n, total=total)
        for number, total in enumerate(totals)
    )


@pytest.fixture
def shifted(auditor: User, monkeypatch: pytest.MonkeyPatch) -> date:
    """Sixteen usual days, frozen, and seven days above; returns the day after."""
    monkeypatch.setattr("reporting.department_audit.monitoring.watching.collect", lambda first, last: 0)
    store(list(USUAL), START)
    freeze_baselines(START, START + timedelta(days=15), reason="the first weeks", by=auditor)
    store([12] * 7, START + timedelta(days=16))
    return START + timedelta(days=23)


@pytest.mark.django_db
def test_an_alarm_is_raised_once_however_often_the_clock_looks(shifted: date, auditor: User) -> None:
    first = watch(today=shifted)
    assert {alarm.rule for alarm in first} >= {"seven_days"}
    assert watch(today=shifted) == []
    alarm = Alarm.objects.get(rule="seven_days")
    assert (alarm.owner, alarm.status, alarm.last_day) == (auditor, "open", shifted - timedelta(days=1))
    assert [event.act for event in alarm.events.all()] == ["raised"]
    assert AuditEvent.objects.filter(act="monitoring.alarm_raised").count() == len(first)


@pytest.mark.django_db
def test_a_standing_alarm_follows_the_days_and_a_closed_one_stays_closed(shifted: date, auditor: User) -> None:
    watch(today=shifted)
    store([12], shifted)
    watch(today=shifted + timedelta(days=1))
    alarm = Alarm.objects.get(rule="seven_days")
    assert alarm.last_day == shifted
    assert [event.act for event in alarm.events.all()] == ["raised", "again"]
    for standing in Alarm.objects.all():
        close_alarm(standing, reason="a new scanner", by=auditor)
    assert watch(today=shifted + timedelta(days=1)) == []
    store([12] * 7, shifted + timedelta(days=1))
    again = watch(today=shifted + timedelta(days=8))
    assert "seven_days" in {alarm.rule for alarm in again}


@pytest.mark.django_db
def test_readings_that_wait_without_a_worker_and_reports_that_wait_to_be_counted_are_alarms(db: None) -> None:
    job = make_job(status=JobStatus.QUEUED)
    assert watch() == []
    long_ago = timezone.now() - timedelta(hours=2)
    type(job).objects.filter(pk=job.pk).update(created_at=long_ago)
    PendingReport.objects.create(report=make_report(), since=long_ago)
    found = {alarm.measure: alarm.figures for alarm in watch()}
    assert found == {"worker": {"waiting": 1}, "facts_lag": {"minutes": 120}}
    assert Alarm.objects.get(measure="worker").owner is None


@pytest.mark.django_db
def test_a_later_baseline_counts_and_the_earlier_one_stays(shifted: date, auditor: User) -> None:
    freeze_baselines(START + timedelta(days=8), shifted, reason="the new scanner is usual", by=auditor)
    assert Baseline.objects.count() == 2
    assert watch(today=shifted) == []
    with pytest.raises(IntegrityError), transaction.atomic():
        Baseline.objects.update(reason="x")


@pytest.mark.django_db
def test_a_baseline_is_frozen_with_its_figures_by_an_auditor_with_a_reason(auditor: User) -> None:
    store(list(USUAL), START)
    last = START + timedelta(days=15)
    with pytest.raises(NotAllowed):
        freeze_baselines(START, last, reason="r", by=make_user(Role.SENIOR))
    for first, end, reason in ((last, START, "r"), (START, last, " "), (START, START, "r")):
        with pytest.raises(InvalidInput):
            freeze_baselines(first, end, reason=reason, by=auditor)
    (row,) = freeze_baselines(START, last, reason="r", by=auditor)
    DailyFigure.objects.all().delete()
    assert len(row.days) == len(USUAL)


ALLOWED = {("open", "acknowledged"), ("open", "closed"), ("acknowledged", "closed")}


@pytest.mark.parametrize("now", AlarmStatus)
@pytest.mark.parametrize("then", AlarmStatus)
def test_each_cell_of_the_state_table(now: AlarmStatus, then: AlarmStatus) -> None:
    assert ALARM_TRANSITIONS.allows(now, then) == ((now.value, then.value) in ALLOWED)


def an_alarm() -> Alarm:
    return Alarm.objects.create(
        **PLL.as_filter(), rule="limits", first_day=START, last_day=START, figures={"value": 0.4, "n": 50, "usual": 0.1}
    )


@pytest.mark.django_db
def test_an_alarm_is_taken_handed_on_and_closed_with_a_reason_and_keeps_its_history(auditor: User) -> None:
    alarm, senior = an_alarm(), make_user(Role.SENIOR)
    assert acknowledge_alarm(alarm, by=senior).owner == senior
    assert assign_alarm(alarm, to=auditor, by=senior).owner == auditor
    with pytest.raises(InvalidInput):
        assign_alarm(alarm, to=make_user(Role.JUNIOR), by=senior)
    with pytest.raises(InvalidInput):
        close_alarm(alarm, reason="", by=auditor)
    assert close_alarm(alarm, reason="a new coil", by=auditor).status == "closed"
    for act in (
        lambda: acknowledge_alarm(alarm, by=senior),
        lambda: assign_alarm(alarm, to=senior, by=senior),
        lambda: close_alarm(alarm, reason="again", by=senior),
    ):
        with pytest.raises(WrongState):
            act()
    assert [event.act for event in alarm.events.all()] == ["acknowledged", "assigned", "closed"]
    for change in (lambda: AlarmEvent.objects.update(reason="x"), alarm.events.all().delete, alarm.delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.SENIOR, Role.AUDITOR)])
def test_nobody_else_handles_alarms(role: Role) -> None:
    alarm, other = an_alarm(), make_user(role)
    with pytest.raises(NotAllowed):
        acknowledge_alarm(alarm, by=other)
    with pytest.raises(NotAllowed):
        close_alarm(alarm, reason="r", by=other)


# --- pages


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_shows_alarms_with_their_owner_and_every_line(shifted: date, auditor: User, language: str) -> None:
    watch(today=shifted)
    client = Client(headers={"accept-language": language})
    client.force_login(auditor)
    shown = client.get(reverse("department_audit:monitoring")).content.decode()
    assert auditor.full_name in shown
    assert "12.0 %" in shown
    assert "10.1 %" in shown  # usual
    line = client.get(reverse("department_audit:monitoring_measure"), PLL.as_filter())
    assert line.status_code == 200
    assert len(line.context["chart"].table.rows) == 23


@pytest.mark.django_db
def test_without_anything_the_pages_say_so(auditor: User) -> None:
    client = Client()
    client.force_login(auditor)
    shown = client.get(reverse("department_audit:monitoring")).content.decode()
    assert "No alarm stands." in shown
    assert "No day was counted yet." in shown
    line = reverse("department_audit:monitoring_measure")
    assert "There is no baseline yet" in client.get(line, PLL.as_filter()).content.decode()
    assert client.get(line, {"measure": "gossip"}).status_code == 404


@pytest.mark.django_db
def test_from_the_page_baselines_are_frozen_and_alarms_handled(auditor: User) -> None:
    store(list(USUAL), START)
    client = Client()
    client.force_login(auditor)
    form = {"first": START.isoformat(), "last": (START + timedelta(days=15)).isoformat(), "reason": "usual"}
    freeze = reverse("department_audit:monitoring_freeze")
    assert "A day is written like" in client.post(freeze, {**form, "last": "soon"}, follow=True).content.decode()
    assert "Baselines frozen: 1" in client.post(freeze, form, follow=True).content.decode()
    alarm = an_alarm()
    client.post(reverse("department_audit:alarm_act", args=[alarm.pk, "acknowledge"]))
    client.post(reverse("department_audit:alarm_act", args=[alarm.pk, "assign"]), {"to": "nobody"})
    client.post(reverse("department_audit:alarm_act", args=[alarm.pk, "close"]), {"reason": "a new coil"})
    alarm.refresh_from_db()
    assert (alarm.status, alarm.owner) == ("closed", auditor)
