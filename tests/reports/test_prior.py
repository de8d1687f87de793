"""The prior, per level: the last signed report of the same patient beside today's, and one key to say what changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from reporting.accounts.models import Role, User
from reporting.reports import services
from reporting.reports.models import Report
from reporting.reports.prior import LevelThenAndNow, levels_then_and_now, prior_of
from reporting.studies.models import Study
from tests.reports.factories import change, complete, make_draft, make_user, sign

pytestmark = pytest.mark.django_db


def dated(report: Report, day: date, patient: Any = None) -> Report:
    values = {"study_date": day, **({"patient": patient} if patient else {})}
    Study.objects.filter(pk=report.study_id).update(**values)
    report.study.refresh_from_db()
    return report


def earlier(by: User, values: dict[str, str], day: date = date(2025, 1, 2)) -> Report:
    report = dated(make_draft(), day)
    for key, value in values.items():
        change(report, key, value, by)
    complete(report, by)
    for problem in services.preview(report).unsettled:
        said = "no" if problem.code.startswith("critical.") else "accepted"
        services.answer_check(
            report,
            code=problem.code,
            fingerprint=problem.fingerprint,
            answer=said,
            by=by,
            expected_version=report.version,
        )
    sign(report, by)
    return report


def today(before: Report, by: User, values: dict[str, str]) -> Report:
    report = dated(make_draft(), date(2026, 3, 4), before.study.patient)
    for key, value in values.items():
        change(report, key, value, by)
    return report


def at(report: Report, user: User, level: str) -> LevelThenAndNow:
    prior = prior_of(report, user)
    assert prior is not None
    return next(one for one in levels_then_and_now(services.load_sheet(report), prior) if one.level == level)


@pytest.mark.parametrize(
    ("before", "now", "suggested"),
    [
        ("0", "0", "unchanged"),
        ("1", "1", "unchanged"),
        ("0", "1", "new"),
        ("1", "2", "progressed"),
        ("2", "1", "improved"),
        ("1", "", ""),  # nothing said today: nothing suggested
    ],
)
def test_a_comparison_of_human_values_suggests_the_change(before: str, now: str, suggested: str, senior: User) -> None:
    first = earlier(senior, {"canal_grade@C3/4": before})
    values = {
        "disc_class@C3/4": "normal",
        "pll@C3/4": "not_thickened",
        "lf@C3/4:left": "not_thickened",
        "lf@C3/4:right": "not_thickened",
        "foramen@C3/4:left": "0",
        "foramen@C3/4:right": "0",
        "disc_height@C3/4": "normal",
        "nerve_root@C3/4:left": "not_contacted",
        "nerve_root@C3/4:right": "not_contacted",
        **({"canal_grade@C3/4": now} if now else {}),
    }
    report = today(first, senior, values)
    assert at(report, senior, "C3/4").suggestion == suggested
    assert report.findings.filter(field="change").count() == 0  # a suggestion stores nothing


def test_better_here_and_worse_there_is_for_the_reader_to_call(senior: User) -> None:
    first = earlier(senior, {"canal_grade@C3/4": "1"})
    said = {value.place: value.before for value in at(today(first, senior, {}), senior, "C3/4").values}
    now = {str(place): value for place, value in said.items() if value is not None}
    report = today(first, senior, {**now, "canal_grade@C3/4": "2"})
    assert at(report, senior, "C3/4").suggestion == "progressed"
    change(report, "disc_height@C3/4", "clearly_reduced", senior)
    change(report, "canal_grade@C3/4", "0", senior)
    assert at(report, senior, "C3/4").suggestion == ""


def test_a_level_that_was_and_is_normal_needs_no_word(senior: User) -> None:
    first = earlier(senior, {"canal_grade@C3/4": "1"})
    report = today(first, senior, {"canal_grade@C4/5": "1"})
    prior = prior_of(report, senior)
    assert prior is not None
    told = {one.level for one in levels_then_and_now(services.load_sheet(report), prior) if one.is_abnormal}
    assert told == {"C3/4", "C4/5", "C5/6"}  # at C5/6 the earlier report has a herniation


def test_levels_are_matched_by_the_names_each_report_gave_them(senior: User) -> None:
    first = earlier(senior, {"canal_grade@C5/6": "1"})
    report = today(first, senior, {"canal_grade@C4/5": "2"})
    services.shift_levels(report, 1, by=senior, expected_version=report.version)
    canal = next(v for v in at(report, senior, "C5/6").values if v.place.field == "canal_grade")
    assert (canal.before, canal.now) == ("1", "2")


def test_only_the_same_patient_and_only_what_one_may_see(senior: User) -> None:
    first = earlier(senior, {})
    stranger = make_user(Role.JUNIOR)
    User.objects.filter(pk=stranger.pk).update(section="trauma")
    stranger.refresh_from_db()
    report = today(first, senior, {})
    assert prior_of(report, senior) is not None
    assert prior_of(report, stranger) is None
    assert prior_of(dated(make_draft(), date(2026, 3, 4)), senior) is None  # another patient


def test_an_earlier_draft_and_a_later_study_are_no_prior(senior: User) -> None:
    first = earlier(senior, {}, day=date(2027, 1, 1))
    assert prior_of(today(first, senior, {}), senior) is None
    draft = dated(make_draft(), date(2025, 1, 1))
    assert prior_of(today(draft, senior, {}), senior) is None
