"""Machine statements become proposals, honestly: nothing is pre-accepted and nothing is guessed."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from reporting.accounts.models import User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import WrongState
from reporting.predictions.models import JobStatus
from reporting.reports import services
from reporting.reports.drafting import Analysis, MachineStatement, Proposal, propose
from reporting.reports.house_rules import SHIPPED_RULES, HouseRules
from reporting.reports.level_line import Line
from reporting.reports.models import Report
from reporting.reports.template import CURRENT
from reporting.vocabulary import MachineFinding
from tests.reports.factories import (
    accept,
    change,
    make_draft,
    make_job,
    make_study,
    prediction,
    row,
    signed_report,
)

NAMED = {"levels": [{"name": name, "status": "named"} for name in ("C4", "C5", "C5/6")]}


def proposals(
    finding: str,
    level: str,
    *,
    result: dict[str, Any] | None = None,
    rules: HouseRules = SHIPPED_RULES,
    **fields: Any,
) -> dict[str, Proposal]:
    values = {"side": "", "positive": True, **fields}
    statement = MachineStatement(uuid.uuid4(), MachineFinding(finding), level, **values)
    analysis = Analysis.read(NAMED if result is None else result)
    found = propose(CURRENT, [statement], analysis, Line().mapping(), rules=rules)
    return {str(p.place): p for p in found}


def test_a_herniation_is_proposed_with_zone_and_side() -> None:
    found = proposals("herniation", "C5/6", zone="paracentral", herniation_side="left")
    assert {k: p.value for k, p in found.items()} == {
        "disc_class@C5/6": "herniation",
        "hern_zone@C5/6": "paracentral",
        "hern_side@C5/6": "left",
    }


def test_a_central_herniation_lies_in_the_middle() -> None:
    found = proposals("herniation", "C5/6", zone="central", herniation_side="left")
    assert {key: one.value for key, one in found.items()} == {
        "disc_class@C5/6": "herniation",
        "hern_zone@C5/6": "central",
        "hern_side@C5/6": "midline",
    }


def test_not_herniated_proposes_nothing_between_normal_and_bulge() -> None:
    (found,) = proposals("herniation", "C5/6", positive=False).values()
    assert (found.value, found.note) == (None, "not_herniated")


@pytest.mark.parametrize(
    ("finding", "level", "side", "key", "absent", "present"),
    [
        ("osteophyte", "C5", "", "osteophyte@C5", "absent", "present"),
        ("slip", "C4", "", "slip@C4", "none", "present"),
        ("pll", "C5/6", "", "pll@C5/6", "not_thickened", "thickened"),
        ("lf", "C5/6", "left", "lf@C5/6:left", "not_thickened", "thickened"),
        ("lf", "C5/6", "right", "lf@C5/6:right", "not_thickened", "thickened"),
    ],
)
def test_each_finding_speaks_to_its_field(
    finding: str, level: str, side: str, key: str, absent: str, present: str
) -> None:
    assert proposals(finding, level, side=side)[key].value == present
    assert proposals(finding, level, side=side, positive=False)[key].value == absent


ANOTHER_SIZE = (None, "other_size")


@pytest.mark.parametrize(
    ("size", "positive", "measured", "expected"),
    [
        (3.0, True, {}, ANOTHER_SIZE),
        (3.0, True, {"mm": 2.6}, ANOTHER_SIZE),
        (3.0, True, {"mm": 3.4, "mm_from_mask": 2.8}, ANOTHER_SIZE),
        (3.0, True, {"mm": 3.0}, ANOTHER_SIZE),
        (3.0, True, {"mm": 3.4, "mm_from_mask": 3.2}, ("thickened", "")),
        (3.0, False, {"mm": 3.4}, ("not_thickened", "negative")),
        (1.5, False, {}, ANOTHER_SIZE),
        (1.5, False, {"mm": 1.8}, ANOTHER_SIZE),
        (1.5, False, {"mm": 1.5}, ("not_thickened", "negative")),
        (1.5, True, {}, ("thickened", "")),
        (2.0, True, {"mm": 1.4}, ("thickened", "")),
    ],
)
def test_a_ligament_is_proposed_only_where_the_word_holds_by_the_departments_size(
    size: float, positive: bool, measured: dict[str, float], expected: tuple[str | None, str]
) -> None:
    at_c5_6 = HouseRules(thick_mm={"pll": {**SHIPPED_RULES.thick_mm["pll"], "C5/6": size}, "lf": {}})
    (found,) = proposals("pll", "C5/6", rules=at_c5_6, positive=positive, **measured).values()
    assert (found.value, found.note) == expected


def test_a_slip_below_the_departments_size_is_not_proposed() -> None:
    rules = HouseRules(slip_mm=3.0)
    shown = {key: one.value for key, one in proposals("slip", "C4", rules=rules, mm=2.4, grade="I").items()}
    assert shown == {"slip@C4": None}
    assert proposals("slip", "C4", rules=rules, mm=-3.0)["slip@C4"].value == "present"
    assert proposals("slip", "C4", rules=rules, positive=False)["slip@C4"].value == "none"


def test_a_slip_is_proposed_with_direction_and_grade_where_given() -> None:
    assert set(proposals("slip", "C4", direction="anterior", grade="II")) == {
        "slip@C4",
        "slip_direction@C4",
        "slip_grade@C4",
    }
    assert set(proposals("slip", "C4")) == {"slip@C4"}


@pytest.mark.parametrize(
    ("result", "note"),
    [
        ({"levels": [{"name": "C5/6", "status": "level_uncertain"}]}, "level_uncertain"),
        ({"levels": []}, "level_uncertain"),
        ({**NAMED, "gate": {"findings": {"pll": {"status": "withheld", "reasons": ["poor_quality"]}}}}, "withheld"),
    ],
)
def test_what_is_uncertain_or_withheld_is_left_unset_with_the_reason(result: dict[str, Any], note: str) -> None:
    (found,) = proposals("pll", "C5/6", result=result).values()
    assert (found.value, found.note) == (None, note)


def test_a_level_outside_the_report_gets_no_proposal() -> None:
    assert proposals("pll", "T1/2") == {}


@pytest.mark.django_db
def test_a_finished_job_opens_a_draft_once() -> None:
    study = make_study()
    job = make_job(study)
    first = services.draft_report(study=study, job=job)
    assert first is not None
    again = services.draft_report(study=study, job=job)
    assert again == first
    assert (again.version, again.author) == (1, None)
    assert Report.objects.count() == 1
    assert AuditEvent.objects.filter(act="report.drafted").count() == 1
    assert row(first, "disc_class@C4/5").prediction is not None
    assert row(first, "disc_class@C4/5").state == "unset"


@pytest.mark.django_db
def test_only_a_finished_job_of_the_same_study_drafts() -> None:
    study = make_study()
    job = make_job(study)
    job.status = JobStatus.RUNNING
    with pytest.raises(WrongState):
        services.draft_report(study=study, job=job)
    with pytest.raises(WrongState):
        services.draft_report(study=study, job=make_job(make_study()))


@pytest.mark.django_db
def test_a_report_started_by_hand_takes_later_machine_values_only_where_it_is_unset(junior: User) -> None:
    study = make_study()
    report = services.start_report(study=study, by=junior)
    change(report, "slip@C4", "none", junior)
    make_job(study)
    assert services.draft_missing_reports() == 1
    report.refresh_from_db()
    kept, filled = row(report, "slip@C4"), row(report, "osteophyte@C5")
    assert (kept.state, kept.value, kept.set_by) == ("human_confirmed", "none", junior)
    assert filled.state == "ai_suggested"
    assert services.draft_missing_reports() == 0


@pytest.mark.django_db
def test_a_second_reading_replaces_suggestions_nobody_touched() -> None:
    report = make_draft()
    make_job(report.study, [prediction("slip", "C5")])
    assert services.draft_missing_reports() == 1
    assert row(report, "slip@C5").state == "ai_suggested"
    assert row(report, "slip@C4").state == "unset"


@pytest.mark.django_db
def test_a_second_reading_never_touches_human_fields_or_old_suggestions(junior: User) -> None:
    report = make_draft()
    services.confirm_levels(report, by=junior, expected_version=report.version)
    accept(report, "slip@C4", junior)
    later = make_job(report.study, [prediction("slip", "C4", positive=False), prediction("osteophyte", "C5", False)])
    services.draft_report(study=report.study, job=later)
    assert (row(report, "slip@C4").value, row(report, "slip@C4").prediction.job) != ("none", later)
    assert row(report, "osteophyte@C5").value == "present"


def named_levels(*, down_mm: float = 0.0) -> list[dict[str, Any]]:
    """The factories' levels, each at a place of its own; ``down_mm`` moves all names towards the feet."""
    names = ("C2", "C2/3", "C3", "C3/4", "C4", "C4/5", "C5", "C5/6", "C6", "C6/7", "C7")
    return [
        {"name": name, "status": "named", "center_lps_mm": [0.0, 0.0, -9.0 * number - down_mm]}
        for number, name in enumerate(names)
    ]


@pytest.mark.django_db
def test_levels_that_a_second_reading_names_otherwise_are_confirmed_anew(junior: User) -> None:
    report = make_draft(levels=named_levels())
    services.confirm_levels(report, by=junior, expected_version=report.version)
    change(report, "quality", "good", junior)
    make_job(report.study, [prediction("slip", "C5")], levels=named_levels(down_mm=18.0))
    assert services.draft_missing_reports() == 1
    report.refresh_from_db()
    assert row(report, "level_status").state == "unset"
    assert row(report, "quality").value == "good"
    assert (row(report, "slip@C5").state, row(report, "slip@C4").state) == ("ai_suggested", "unset")
    assert row(report, "disc_class@C5/6").prediction is None, "said of what is now called C4/5"
    with pytest.raises(WrongState, match="levels"):
        accept(report, "slip@C5", junior)


@pytest.mark.django_db
def test_a_second_reading_at_the_same_places_leaves_the_levels_confirmed(junior: User) -> None:
    report = make_draft(levels=named_levels())
    services.confirm_levels(report, by=junior, expected_version=report.version)
    services.shift_levels(report, 1, by=junior, expected_version=report.version)
    services.confirm_levels(report, by=junior, expected_version=report.version)
    make_job(report.study, [prediction("pll", "C4/5")], levels=named_levels(down_mm=1.0))
    assert services.draft_missing_reports() == 1
    report.refresh_from_db()
    assert row(report, "level_status").value == "shifted"
    assert row(report, "pll@C5/6").state == "ai_suggested", "the reader's map holds for the same structures"


@pytest.mark.django_db
@pytest.mark.parametrize("decided", ["moved", "said of a level"])
def test_what_was_said_of_a_level_keeps_the_reading_whose_levels_these_were(junior: User, decided: str) -> None:
    report = make_draft(levels=named_levels())
    first = report.job
    if decided == "moved":
        services.shift_levels(report, 1, by=junior, expected_version=report.version)
    else:
        change(report, "canal_grade@C5/6", "1", junior)
    version = report.version
    make_job(report.study, [prediction("slip", "C5")], levels=named_levels(down_mm=18.0))
    assert services.draft_missing_reports() == 0
    report.refresh_from_db()
    assert (report.job, report.version) == (first, version)


@pytest.mark.django_db
def test_a_reading_after_the_signature_changes_nothing(senior: User) -> None:
    report = signed_report(senior)
    before = report.versions.get().content
    later = make_job(report.study, [prediction("slip", "C5")])
    assert services.draft_report(study=report.study, job=later) is None
    assert services.draft_missing_reports() == 0
    assert Report.objects.get().job != later
    assert report.versions.get().content == before


@pytest.mark.django_db
def test_one_study_has_one_open_report(junior: User, senior: User) -> None:
    report = make_draft()
    with pytest.raises(WrongState) as caught:
        services.start_report(study=report.study, by=junior)
    assert caught.value.details == {"report": str(report.id)}
    services.discard_report(report, "wrong study", by=senior, expected_version=report.version)
    assert services.start_report(study=report.study, by=junior).job == report.job


@pytest.mark.django_db
def test_a_withdrawn_report_makes_room_for_a_new_one(senior: User) -> None:
    report = signed_report(senior)
    with pytest.raises(WrongState):
        services.start_report(study=report.study, by=senior)
    services.withdraw_report(
        report, "wrong patient", by=senior, expected_version=report.version, password="correct horse battery"
    )
    fresh = services.start_report(study=report.study, by=senior)
    assert fresh.pk != report.pk
