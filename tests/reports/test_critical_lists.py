"""The department's critical list: typed as text, proposed by one person, activated by another, kept by what is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.reports import services
from reporting.reports.critical import SHIPPED, CriticalRules, Trigger, criticals
from reporting.reports.critical.expressions import AllOf, AnyOf, FirstTime, Is, Together
from reporting.reports.critical.grammar import NotAnExpression, parsed
from reporting.reports.models import CriticalAlert, CriticalList, Report
from reporting.reports.places import Place
from reporting.reports.template import CURRENT
from reporting.studies.models import Study
from tests.reports.factories import change, complete, make_draft, make_user, sign
from tests.reports.sheets import FACTS, normal_sheet_with

pytestmark = pytest.mark.django_db
SOONER = replace(SHIPPED, minutes={1: 30, 2: 60, 3: 120})
BULGE = Trigger("bulge", 1, "Bulge", "危急值：膨出", Is("disc_class", ("bulge",)))


@pytest.fixture
def auditor(db: None) -> User:
    return make_user(Role.AUDITOR)


def propose(by: User, rules: CriticalRules = SOONER) -> CriticalList:
    return services.propose_critical_list(rules, reason="decided on Monday", by=by)


@pytest.mark.parametrize("trigger", SHIPPED.triggers, ids=lambda trigger: trigger.code)
def test_every_shipped_expression_is_read_back_from_its_text(trigger: Trigger) -> None:
    assert parsed(str(trigger.when), CURRENT) == trigger.when


def test_an_expression_is_typed_as_one_line() -> None:
    text = "new canal_grade in (2) or (onset in (acute) and hern_form in (extrusion) with canal_grade in (2, 3))"
    with pytest.raises(NotAnExpression, match="with"):
        parsed(text, CURRENT)  # one kind of joining word in one bracket
    text = "new canal_grade in (2) or (onset in (acute) and (hern_form in (extrusion) with canal_grade in (2,3)))"
    together = Together((Is("hern_form", ("extrusion",)), Is("canal_grade", ("2", "3"))))
    assert parsed(text, CURRENT) == AnyOf(
        (FirstTime(Is("canal_grade", ("2",))), AllOf((Is("onset", ("acute",)), together)))
    )


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", ""),
        ("canal_grade", ""),
        ("canal_grade in (4)", "4"),
        ("canal in (3)", "canal"),
        ("lordosis_mm in (3)", "lordosis_mm"),
        ("indication in (x)", "indication"),
        ("canal_grade in (3) canal_grade in (2)", "canal_grade"),
        ("(canal_grade in (3)", ""),
        ("canal_grade in ()", ")"),
        ("canal_grade in (3); drop", "; drop"),
        ("canal_grade in (3) with onset in (acute)", "with"),
        ("(" * 12 + "canal_grade in (3)" + ")" * 12, "("),
    ],
)
def test_what_is_no_expression_is_named(text: str, at: str) -> None:
    with pytest.raises(NotAnExpression) as refused:
        parsed(text, CURRENT)
    assert refused.value.at == at


def test_what_ships_is_the_first_version_and_every_report_keeps_its_own(senior: User, auditor: User) -> None:
    first = make_draft()
    assert first.critical_list == services.active_critical_list()
    assert first.critical_list is not None
    assert (first.critical_list.number, first.critical_list.rules) == (1, SHIPPED)
    services.activate_critical_list(propose(senior, CriticalRules((BULGE,), SOONER.minutes)), by=auditor)
    second = make_draft()
    for report in (first, second):
        change(report, "canal_grade@C5/6", "3", senior)
        change(report, "disc_class@C4/5", "bulge", senior)
    assert [c.trigger.code for c in services.preview(first).criticals] == ["compression"]
    assert [c.trigger.code for c in services.preview(second).criticals] == ["bulge"]
    assert services.preview(second).content["critical_list"]["number"] == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.filter(pk=first.pk).update(critical_list=second.critical_list)


def test_an_alert_runs_by_the_clock_of_the_list_its_report_was_opened_with(senior: User, auditor: User) -> None:
    def alert(report: Report) -> CriticalAlert:
        change(report, "canal_grade@C5/6", "3", senior)
        (fired,) = services.preview(report).criticals
        code = f"critical.{fired.trigger.code}"
        services.answer_check(
            report, code=code, fingerprint=fired.fingerprint, answer="yes", by=senior, expected_version=report.version
        )
        return CriticalAlert.objects.get(report=report)

    before, later = make_draft(), make_draft()
    kept = alert(before).due_at
    services.activate_critical_list(propose(senior), by=auditor)
    after = alert(make_draft())
    assert after.due_at - after.found_at == timedelta(minutes=60)
    assert CriticalAlert.objects.get(report=before).due_at == kept
    late = alert(later)
    assert late.due_at - late.found_at == timedelta(minutes=SHIPPED.minutes[2])


def test_it_takes_a_senior_and_then_an_auditor_who_is_another_person(senior: User, junior: User, auditor: User) -> None:
    for nobody in (junior, auditor, make_user(Role.ADMIN)):
        with pytest.raises(NotAllowed):
            propose(nobody)
    proposal = propose(senior)
    for nobody in (junior, senior, make_user(Role.SENIOR)):
        with pytest.raises(NotAllowed):
            services.activate_critical_list(proposal, by=nobody)
    User.objects.filter(pk=senior.pk).update(role=Role.AUDITOR)  # the same person in another role
    with pytest.raises(NotAllowed):
        services.activate_critical_list(proposal, by=User.objects.get(pk=senior.pk))
    assert services.active_critical_list().number == 1
    services.activate_critical_list(proposal, by=auditor)
    assert services.active_critical_list() == proposal
    with pytest.raises(WrongState):
        services.activate_critical_list(proposal, by=auditor)
    acts = list(AuditEvent.objects.filter(act__startswith="critical_list").values_list("act", flat=True))
    assert sorted(acts) == sorted(f"critical_list.{act}" for act in ("activated", "proposed", "retired", "activated"))


def test_one_proposal_waits_at_a_time_and_a_declined_one_changes_nothing(senior: User, auditor: User) -> None:
    proposal = propose(senior)
    with pytest.raises(WrongState):
        propose(senior, replace(SHIPPED, minutes={1: 5, 2: 6, 3: 7}))
    with pytest.raises(InvalidInput):
        services.decline_critical_list(proposal, reason=" ", by=auditor)
    services.decline_critical_list(proposal, reason="too soon", by=auditor)
    for act in (lambda: services.decline_critical_list(proposal, reason="x", by=auditor),):
        with pytest.raises(WrongState):
            act()
    assert services.active_critical_list().rules == SHIPPED
    assert propose(senior).number == 3


@pytest.mark.parametrize(
    "rules",
    [
        SHIPPED,
        replace(SHIPPED, minutes={1: 0, 2: 60, 3: 90}),
        replace(SHIPPED, minutes={1: 60, 2: 30, 3: 90}),
        replace(SHIPPED, minutes={1: 60, 2: 90}),
        replace(SHIPPED, triggers=()),
        replace(SHIPPED, triggers=(*SHIPPED.triggers, BULGE, BULGE)),
        replace(SHIPPED, triggers=(replace(BULGE, code="category_changed"),)),
        replace(SHIPPED, triggers=(replace(BULGE, code="Bulge!"),)),
        replace(SHIPPED, triggers=(replace(BULGE, category=4),)),
        replace(SHIPPED, triggers=(replace(BULGE, zh=" "),)),
        replace(SHIPPED, triggers=(replace(BULGE, superseded_by=("nothing",)),)),
    ],
)
def test_a_list_with_a_fault_cannot_be_proposed(rules: CriticalRules, senior: User) -> None:
    with pytest.raises(InvalidInput):
        propose(senior, rules)
    assert CriticalList.objects.count() <= 1


def test_the_database_keeps_what_a_version_says(senior: User) -> None:
    row = propose(senior)
    mine = CriticalList.objects.filter(pk=row.pk)
    for act in (
        lambda: mine.update(definition={}),
        lambda: mine.update(proposal_reason="another"),
        lambda: mine.update(number=9),
        mine.delete,
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


SLIP = {"slip@C4": "present", "slip_direction@C4": "anterior", "slip_grade@C4": "II"}


@pytest.mark.parametrize(
    ("before", "word", "expected"),
    [
        (None, "", True),  # nothing is known of it
        ("I", "", True),
        ("II", "", False),
        ("III", "", False),  # it was worse
        ("II", "new", True),  # the reader knows better
        (None, "unchanged", False),
        (None, "progressed", False),
        ("I", "progressed", True),  # grade II is new, whatever progressed
    ],
)
def test_a_slip_of_grade_2_is_critical_where_it_is_new(before: str | None, word: str, expected: bool) -> None:
    values = {**SLIP, **({"change@C4/5": word} if word else {})}
    known = {} if before is None else {Place("slip_grade", "C4"): before}
    sheet = normal_sheet_with(values, replace(FACTS, before=known))
    assert ("slip" in {c.trigger.code for c in criticals(sheet, SHIPPED)}) is expected
    elsewhere = replace(FACTS, before={Place("slip_grade", "C5"): "II"})
    assert {c.trigger.code for c in criticals(normal_sheet_with(SLIP, elsewhere), SHIPPED)} == {"slip"}


def test_the_last_signed_report_of_the_patient_says_whether_a_slip_is_new(senior: User) -> None:
    def with_slip(day: int, grade: str, patient: Study | None = None) -> Report:
        report = make_draft()
        study = Study.objects.filter(pk=report.study_id)
        study.update(study_date=date(2026, 1, day), **({"patient": patient.patient} if patient else {}))
        report.refresh_from_db()
        complete(report, senior)  # the slip of C4 is accepted
        change(report, "slip_grade@C4", grade, senior)
        return report

    earlier = with_slip(1, "II")
    assert "slip" in {c.trigger.code for c in services.preview(earlier).criticals}
    unsigned = with_slip(9, "II", earlier.study)
    assert "slip" in {c.trigger.code for c in services.preview(unsigned).criticals}, "a draft is no prior"
    for problem in services.preview(earlier).unsettled:
        said = "no" if problem.code.startswith("critical.") else "accepted"
        services.answer_check(
            earlier,
            code=problem.code,
            fingerprint=problem.fingerprint,
            answer=said,
            by=senior,
            expected_version=earlier.version,
        )
    sign(earlier, senior)
    assert "slip" not in {c.trigger.code for c in services.preview(unsigned).criticals}
    stranger = with_slip(9, "II")
    assert "slip" in {c.trigger.code for c in services.preview(stranger).criticals}
