"""Accept, change, clear, not evaluable, confirm the rest."""

from __future__ import annotations

import re
from datetime import date

import pytest

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, StaleVersion, WrongState
from reporting.reports import services
from reporting.reports.models import Report
from reporting.reports.places import Place
from reporting.reports.services.rows import template_of
from tests.reports.factories import accept, change, make_draft, make_study, make_user, place, row

pytestmark = pytest.mark.django_db


def confirm(report: Report, by: User) -> None:
    services.confirm_levels(report, by=by, expected_version=report.version)


def test_machine_values_are_inert_until_the_levels_are_confirmed(junior: User) -> None:
    report = make_draft()
    with pytest.raises(WrongState, match="levels"):
        accept(report, "slip@C4", junior)
    with pytest.raises(WrongState, match="levels"):
        services.confirm_rest(report, by=junior, expected_version=report.version)
    with pytest.raises(WrongState, match="levels"):
        change(report, "slip@C4", "present", junior)  # typing what the machine said is accepting it
    assert row(report, "slip@C4").state == "ai_suggested"
    assert report.version == Report.objects.get(pk=report.pk).version


def test_accepting_confirms_the_machine_value_and_its_details(junior: User) -> None:
    report = make_draft()
    confirm(report, junior)
    accept(report, "disc_class@C5/6", junior)
    zone = row(report, "hern_zone@C5/6")
    assert (zone.state, zone.value, zone.set_by) == ("human_confirmed", "paracentral", junior)
    event = AuditEvent.objects.get(act="finding.accepted")
    assert event.data["key"] == "disc_class@C5/6"
    assert [(one["key"], one["value"]) for one in event.data["details"]] == [
        ("hern_side@C5/6", "right"),
        ("hern_zone@C5/6", "paracentral"),
    ]
    assert report.author == junior


def test_accepting_without_details_leaves_the_unvalidated_ones_to_decide(junior: User) -> None:
    report = make_draft()
    confirm(report, junior)
    accept(report, "disc_class@C5/6", junior, with_details=False)
    assert row(report, "hern_zone@C5/6").state == "ai_suggested"


def test_another_value_than_the_machines_is_a_change_the_same_one_an_acceptance(junior: User) -> None:
    report = make_draft()
    confirm(report, junior)
    assert change(report, "slip@C4", "none", junior).state == "human_changed"
    assert change(report, "osteophyte@C5", "present", junior).state == "human_confirmed"
    acts = list(AuditEvent.objects.filter(act__startswith="finding.").values_list("act", flat=True))
    assert acts == ["finding.changed", "finding.accepted"]


def test_a_value_where_the_machine_said_nothing_is_confirmed_by_its_human(junior: User) -> None:
    report = make_draft()
    finding = change(report, "canal_grade@C5/6", "2", junior)
    assert (finding.state, finding.prediction, finding.bulk) == ("human_confirmed", None, False)


def test_clearing_goes_back_to_the_suggestion_or_to_unset(junior: User) -> None:
    report = make_draft()
    confirm(report, junior)
    change(report, "slip@C4", "none", junior)
    change(report, "canal_grade@C5/6", "2", junior)
    for key, state, value in (("slip@C4", "ai_suggested", "present"), ("canal_grade@C5/6", "unset", None)):
        finding = services.clear_finding(report, place(key), by=junior, expected_version=report.version)
        assert (finding.state, finding.value, finding.set_by) == (state, value, None)


def test_not_evaluable_keeps_no_value(junior: User) -> None:
    report = make_draft()
    finding = services.mark_not_evaluable(report, place("cord_signal"), by=junior, expected_version=report.version)
    assert (finding.state, finding.value) == ("not_evaluable", None)


def test_a_stale_page_changes_nothing_and_gets_what_changed(junior: User, senior: User) -> None:
    report = make_draft()
    stale = Report.objects.get(pk=report.pk)
    change(report, "canal_grade@C5/6", "2", senior)
    with pytest.raises(StaleVersion) as caught:
        change(stale, "canal_grade@C5/6", "1", senior)
    details = caught.value.details
    assert details["version"] == report.version
    assert [(c["key"], c["value"], c["set_by"]) for c in details["changes"]] == [
        ("canal_grade@C5/6", "2", senior.full_name)
    ]
    assert "cord is deformed" in details["text_en"]
    assert "脊髓受压变形" in details["text_zh"]
    assert row(report, "canal_grade@C5/6").value == "2"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("slip@C4", "maybe"),
        ("slip@C5/6", "none"),
        ("no_such_field", "x"),
        ("lf@C5/6", "thickened"),
        ("pll_mm@C5/6", float("nan")),
        ("pll_mm@C5/6", True),
        ("pll_mm@C5/6", 99),
        ("endplate_upper@C5", ["normal", "schmorl"]),
        ("endplate_upper@C5", "schmorl"),
        ("sequences", ["axial_t2"]),
        ("indication", " "),
    ],
)
def test_a_value_the_template_does_not_have_is_refused_by_name(junior: User, key: str, value: object) -> None:
    report = make_draft()
    spec = template_of(report).by_key.get(key.split("@")[0])
    named = [re.escape(name) for name in (key, spec.en if spec else key)]
    with pytest.raises(InvalidInput, match="|".join(named)):
        change(report, key, value, junior)


def test_numbers_are_stored_with_one_decimal(junior: User) -> None:
    report = make_draft()
    assert change(report, "pll_mm@C5/6", 2.04, junior).value == 2.0


def test_free_text_is_not_copied_into_the_audit_trail(junior: User) -> None:
    report = make_draft()
    change(report, "indication", "Mr Secret has pain", junior)
    assert "Secret" not in str(list(AuditEvent.objects.values_list("data", flat=True)))


def test_confirming_the_rest_takes_negatives_and_defaults_but_no_positive(junior: User) -> None:
    report = make_draft()
    confirm(report, junior)
    result = services.confirm_rest(report, by=junior, expected_version=report.version, seconds=12.5)
    assert row(report, "slip@C5").bulk
    assert row(report, "disc_class@C4/5").value == "normal"
    assert row(report, "slip@C4").state == "ai_suggested"
    remaining = {str(p) for p in result.remaining}
    assert {"slip@C4", "slip_grade@C4", "disc_class@C5/6", "lf@C5/6:right", "osteophyte@C5"} <= remaining
    event = AuditEvent.objects.get(act="findings.confirmed_in_bulk")
    assert (event.data["count"], event.data["seconds"]) == (result.count, 12.5)
    confirmed = {str(finding.place) for finding in report.findings.filter(bulk=True)}
    assert set(event.data["keys"]) == confirmed, "one event names every field, and no other"
    assert len(event.data["keys"]) == result.count
    assert not AuditEvent.objects.filter(act__in=["finding.accepted", "finding.changed"]).exists()
    assert not report.findings.filter(level="C7/T1").exists()


def test_confirming_the_rest_never_calls_a_machine_positive_at_an_uncertain_level_normal(junior: User) -> None:
    levels = [{"name": "C5/6", "status": "level_uncertain"}]
    report = make_draft(levels=levels)
    assert row(report, "disc_class@C5/6").machine_note == "level_uncertain"
    confirm(report, junior)
    result = services.confirm_rest(report, by=junior, expected_version=report.version)
    assert row(report, "disc_class@C5/6").state == "unset"
    assert Place("disc_class", "C5/6") in result.remaining


def test_confirming_the_rest_covers_c7_t1_when_the_images_do(junior: User) -> None:
    levels = [{"name": n, "status": "named"} for n in ("C4", "C5", "C5/6", "C4/5", "T1", "C7/T1")]
    report = make_draft(levels=levels)
    confirm(report, junior)
    services.confirm_rest(report, by=junior, expected_version=report.version)
    assert row(report, "disc_class@C7/T1").value == "normal"
    assert row(report, "slip@C7").value == "none"


def test_confirming_the_rest_does_not_contradict_a_compressed_cord(junior: User) -> None:
    report = make_draft()
    confirm(report, junior)
    change(report, "canal_grade@C5/6", "3", junior)
    services.confirm_rest(report, by=junior, expected_version=report.version)
    assert not report.findings.filter(field="cord_signal").exists()
    assert not report.findings.filter(field="thecal_sac", level="C5/6").exists()
    assert row(report, "thecal_sac@C4/5").value == "normal"


def test_a_junior_does_not_change_a_colleagues_draft_a_senior_may(junior: User, senior: User) -> None:
    report = make_draft()
    change(report, "quality", "good", junior)
    with pytest.raises(NotAllowed):
        change(report, "quality", "limited", make_user(Role.JUNIOR))
    change(report, "quality", "limited", senior)
    assert report.author == junior


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.RESEARCHER, Role.READER, Role.IMPORTER, Role.ADMIN, Role.SERVICE])
def test_other_roles_write_nothing(role: Role) -> None:
    report = make_draft()
    with pytest.raises(NotAllowed):
        change(report, "quality", "good", make_user(role))


def test_a_junior_of_another_section_writes_nothing() -> None:
    report = make_draft()
    stranger = make_user(Role.JUNIOR)
    stranger.section = "msk"
    stranger.save()
    with pytest.raises(NotAllowed):
        change(report, "quality", "good", stranger)


def test_confirming_the_rest_does_not_deny_an_earlier_study(junior: User) -> None:
    report = make_draft()
    study = report.study
    study.study_date = date(2026, 5, 1)
    study.save()
    earlier = make_study(study_date=date(2025, 5, 1))
    earlier.patient = study.patient
    earlier.save()
    confirm(report, junior)
    services.confirm_rest(report, by=junior, expected_version=report.version)
    assert not report.findings.filter(field="comparison").exists()
    assert "Not assessed: comparison" in services.preview(report).en.text


def test_the_side_of_a_herniation_follows_its_zone_in_the_same_act(junior: User) -> None:
    report = make_draft()
    confirm(report, junior)
    accept(report, "disc_class@C5/6", junior)
    change(report, "hern_zone@C5/6", "central", junior)
    side = row(report, "hern_side@C5/6")
    assert (side.value, side.state) == ("midline", "human_changed")
    event = AuditEvent.objects.filter(act="finding.changed").last()
    assert event is not None
    assert event.data["details"] == [{"key": "hern_side@C5/6", "value": "midline"}]
    change(report, "hern_zone@C5/6", "foraminal", junior)
    side = row(report, "hern_side@C5/6")
    assert (side.value, side.state) == ("right", "ai_suggested"), "the middle was nobody's word; the machine's is back"
