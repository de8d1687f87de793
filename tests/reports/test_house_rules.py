"""The department's settings: proposed by one person, activated by another, kept by what is open; each has an effect."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reporting.accounts.models import Role, User
from reporting.accounts.services import WrongPassword
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.reports import services
from reporting.reports.digests import first_broken
from reporting.reports.form_view import form_view
from reporting.reports.house_rules import DISCS, HouseRules, check
from reporting.reports.house_rules_forms import filled
from reporting.reports.models import Report
from reporting.reports.rendering import Language
from tests.reports.factories import change, complete, make_draft, make_job, make_study, make_user, prediction, row, sign

pytestmark = pytest.mark.django_db
THICK = {"pll": {**dict.fromkeys(DISCS, 2.0), "C5/6": 3.0}, "lf": dict.fromkeys(DISCS, 2.0)}


@pytest.fixture
def auditor(db: None) -> User:
    return make_user(Role.AUDITOR)


def decide(senior: User, auditor: User, **rules: Any) -> None:
    proposal = services.propose_house_rules(HouseRules(**rules), reason="decided on Monday", by=senior)
    services.activate_house_rules(proposal, by=auditor)


def asked(report: Report) -> list[tuple[str, list[str]]]:
    return [(p.code, [str(place) for place in p.places]) for p in services.preview(report).problems]


def test_it_takes_a_senior_and_then_an_auditor_and_open_reports_keep_theirs(senior: User, auditor: User) -> None:
    before = make_draft()
    for nobody in (auditor, make_user(Role.JUNIOR), make_user(Role.ADMIN)):
        with pytest.raises(NotAllowed):
            services.propose_house_rules(HouseRules(slip_mm=3.0), reason="x", by=nobody)
    proposal = services.propose_house_rules(HouseRules(slip_mm=3.0), reason="x", by=senior)
    with pytest.raises(NotAllowed):
        services.activate_house_rules(proposal, by=senior)
    services.activate_house_rules(proposal, by=auditor)
    after = make_draft()
    assert [r.house_rules.number for r in (before, after) if r.house_rules] == [1, 2]
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.filter(pk=before.pk).update(house_rules=after.house_rules)
    acts = AuditEvent.objects.filter(act__startswith="house_rules").order_by("sequence").values_list("act", flat=True)
    assert list(acts) == [f"house_rules.{act}" for act in ("activated", "proposed", "retired", "activated")]


def test_a_declined_proposal_changes_nothing(senior: User, auditor: User) -> None:
    proposal = services.propose_house_rules(HouseRules(c7_t1_required=True), reason="x", by=senior)
    services.decline_house_rules(proposal, reason="too strict", by=auditor)
    assert services.active_house_rules().rules == HouseRules()
    with pytest.raises(InvalidInput):
        services.propose_house_rules(HouseRules(), reason="x", by=senior)


def test_a_ligament_is_thickened_above_the_size_of_its_level(senior: User, auditor: User) -> None:
    old = make_draft()
    decide(senior, auditor, thick_mm=THICK)
    new = make_draft()
    for report in (old, new):
        change(report, "pll@C5/6", "thickened", senior)
        change(report, "pll_mm@C5/6", 2.6, senior)
    disagrees = ("number_and_value_disagree", ["pll@C5/6", "pll_mm@C5/6"])
    assert disagrees not in asked(old)
    assert disagrees in asked(new)
    form = form_view(new, services.preview(new).sheet, chinese=False, can_edit=True)
    labels = {
        field.place: [choice.label for choice in field.choices] for level in form.levels for field in level.fields
    }
    assert "thickened (> 3 mm)" in labels["pll@C5/6"]
    assert "thickened (> 2 mm)" in labels["pll@C4/5"]


def test_a_machine_value_of_another_size_suggests_nothing_and_says_why(senior: User, auditor: User) -> None:
    decide(senior, auditor, thick_mm=THICK)
    study = make_study()
    said = [prediction("pll", level, mm=2.6) for level in ("C4/5", "C5/6")]
    report = services.draft_report(study=study, job=make_job(study, said))
    assert report is not None
    assert [row(report, f"pll@{level}").state for level in ("C4/5", "C5/6")] == ["ai_suggested", "unset"]
    client = Client()
    client.force_login(senior)
    page = client.get(reverse("reports:read", args=[report.pk])).content.decode()
    assert page.count("Judged by 2 mm, says the machine; the department goes by another size here") == 1


def test_what_the_machine_measured_above_the_departments_size_is_not_confirmed_with_the_rest(
    senior: User, auditor: User
) -> None:
    """Below 2 mm the network says "not thickened"; where 1.5 mm counts, 1.8 mm are for the reader to decide."""
    decide(senior, auditor, thick_mm={"pll": dict.fromkeys(DISCS, 1.5), "lf": dict.fromkeys(DISCS, 2.0)})
    study = make_study()
    said = [prediction("pll", level, positive=False, mm=mm) for level, mm in (("C4/5", 1.2), ("C5/6", 1.8))]
    report = services.draft_report(study=study, job=make_job(study, said))
    assert report is not None
    services.confirm_levels(report, by=senior, expected_version=report.version)
    result = services.confirm_rest(report, by=senior, expected_version=report.version)
    assert [row(report, f"pll@{level}").value for level in ("C4/5", "C5/6")] == ["not_thickened", None]
    assert [str(place) for place in result.remaining] == ["pll@C5/6"]


def test_the_smallest_slip_is_the_departments(senior: User, auditor: User) -> None:
    old = make_draft()
    decide(senior, auditor, slip_mm=3.0)
    new = make_draft()
    for report in (old, new):
        change(report, "slip@C5", "present", senior)
        change(report, "slip_mm@C5", 2.6, senior)
    assert "slip_is_small" not in dict(asked(old))
    assert "slip_is_small" in dict(asked(new))


def test_canal_grades_are_told_in_the_departments_words(senior: User, auditor: User) -> None:
    decide(senior, auditor, canal_zh={"2": "中度狭窄"})
    report = make_draft()
    change(report, "canal_grade@C5/6", "2", senior)
    shown = services.preview(report)
    assert "C5/6椎管中度狭窄，内部信号未见异常" in shown.rendering(Language.ZH).findings_text
    assert shown.sheet.template["canal_grade"].choice("2").zh == "2级：中度狭窄"


def test_c7_t1_is_asked_for_where_it_is_required(senior: User, auditor: User) -> None:
    old = make_draft()
    decide(senior, auditor, c7_t1_required=True)
    new = make_draft()
    asks = [{key for code, keys in asked(one) if code == "required_unset" for key in keys} for one in (old, new)]
    assert "disc_class@C7/T1" not in asks[0]
    assert {"disc_class@C7/T1", "canal_grade@C7/T1"} <= asks[1]


def test_the_form_asks_for_c7_t1_where_it_is_required(senior: User, auditor: User) -> None:
    old = make_draft()
    decide(senior, auditor, c7_t1_required=True)
    forms = [form_view(one, services.load_sheet(one), chinese=False, can_edit=True) for one in (old, make_draft())]
    asked_at = []
    for form in forms:
        level = next(level for level in form.levels if level.name == "C7/T1")
        canal = next(field for field in level.fields if field.place == "canal_grade@C7/T1")
        asked_at.append((level.is_optional, canal.required, canal.is_open))
    assert asked_at == [(True, False, False), (False, True, True)]


def test_without_a_preliminary_step_nothing_is_handed_over(senior: User, auditor: User, junior: User) -> None:
    report = make_draft()
    complete(report, junior)
    decide(senior, auditor, preliminary_step=False)
    digest = services.preview(report).digest
    with pytest.raises(WrongState, match="no preliminary step"):
        services.approve_preliminary(report, by=junior, expected_version=report.version, content_digest=digest)
    client = Client()
    client.force_login(junior)
    assert b'data-act="approve_preliminary"' not in client.get(reverse("reports:read", args=[report.pk])).content


def test_a_password_counts_as_long_as_the_department_says(senior: User, auditor: User) -> None:
    report = make_draft()
    complete(report, senior)
    decide(senior, auditor, password_minutes=1)
    for seconds, refused in ((90, True), (30, False)):
        given_at = timezone.now() - timedelta(seconds=seconds)
        if refused:
            with pytest.raises(WrongPassword):
                sign(report, senior, password="", password_checked_at=given_at)
        else:
            sign(report, senior, password="", password_checked_at=given_at)
    assert report.status == "final"


def test_what_was_signed_names_its_settings_and_is_verified_with_them(senior: User, auditor: User) -> None:
    report = make_draft()
    complete(report, senior)
    sign(report, senior)
    decide(senior, auditor, slip_mm=3.0)
    assert services.preview(Report.objects.get(pk=report.pk)).content["house_rules"]["slip_mm"] == 2.0
    assert first_broken() is None


@pytest.mark.parametrize(
    "fault", [{"slip_mm": 0.0}, {"slip_mm": 2.25}, {"password_minutes": 6}, {"canal_zh": {"1": " "}}]
)
def test_what_cannot_be_meant_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        check(HouseRules(**fault))


@pytest.mark.parametrize(("language", "words"), [("en", "C7/T1 must be assessed"), ("zh-hans", "必须评价C7/T1")])
def test_from_proposal_to_activation_on_the_page(senior: User, auditor: User, language: str, words: str) -> None:
    client, form = Client(headers={"accept-language": language}), filled(HouseRules(c7_t1_required=True))
    form = {name: value for name, value in form.items() if value is not False}
    client.force_login(senior)
    page = client.post(reverse("rules:house_propose"), {**form, "reason": "agreed"}, follow=True).content.decode()
    assert words in page.split("</del>")[0]
    client.force_login(auditor)
    client.post(reverse("rules:house_decide", args=[2, "activate"]))
    assert services.active_house_rules().rules.c7_t1_required
