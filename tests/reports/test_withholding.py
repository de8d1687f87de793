"""A reader turns the machine off: at operated levels by naming the operation, everywhere by saying why."""

from __future__ import annotations

import pytest

from reporting.accounts.models import User
from reporting.reports import services
from reporting.reports.exports.document import draft_document_of
from reporting.reports.form_view import form_view
from reporting.reports.models import Report
from reporting.reports.places import Place
from tests.reports.factories import accept, change, make_draft, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(senior: User) -> Report:
    report = make_draft()
    services.confirm_levels(report, by=senior, expected_version=report.version)
    return report


def suggestions(report: Report) -> set[str]:
    return {str(found.place) for found in report.findings.filter(state="ai_suggested")}


def clear(report: Report, key: str, by: User) -> None:
    services.clear_finding(report, Place.parse(key), by=by, expected_version=report.version)


def test_an_operation_silences_the_machine_at_the_levels_it_touches_and_only_there(
    report: Report, senior: User
) -> None:
    change(report, "postop@C6", ["fusion_hardware"], senior)
    assert suggestions(report) == {
        *("slip@C4", "slip_direction@C4", "slip_grade@C4", "osteophyte@C5"),
    }
    for key in ("disc_class@C5/6", "hern_zone@C5/6", "hern_side@C5/6", "lf@C5/6:right", "osteophyte@C6", "slip@C5"):
        assert (row(report, key).state, row(report, key).machine_note) == ("unset", "operated_level"), key


def test_an_operation_taken_back_gives_the_suggestions_back(report: Report, senior: User) -> None:
    before = suggestions(report)
    change(report, "postop@C6", ["laminoplasty"], senior)
    assert suggestions(report) != before
    clear(report, "postop@C6", senior)
    assert suggestions(report) == before
    change(report, "postop@C6", ["laminoplasty"], senior)
    change(report, "postop@C6", ["none"], senior)
    assert suggestions(report) == before


def test_a_value_accepted_before_the_operation_was_named_stays_and_is_asked_about(report: Report, senior: User) -> None:
    accept(report, "disc_class@C5/6", senior, with_details=False)
    change(report, "postop@C5", ["disc_prosthesis"], senior)
    assert row(report, "disc_class@C5/6").human_value == "herniation"
    asked = [p for p in services.preview(report).unsettled if p.code == "postoperative_machine_values"]
    assert [p.code for p in asked] == ["postoperative_machine_values"]
    clear(report, "disc_class@C5/6", senior)
    assert row(report, "disc_class@C5/6").state == "unset"
    change(report, "disc_class@C5/6", "herniation", senior)
    assert "postoperative_machine_values" not in {p.code for p in services.preview(report).unsettled}


def test_a_reader_withholds_everything_with_a_reason_that_stands_in_the_foot_of_the_report(
    report: Report, senior: User
) -> None:
    before = suggestions(report)
    change(report, "ai_withheld", ["deformity", "poor_quality"], senior)
    assert suggestions(report) == set()
    foot = draft_document_of(report, services.preview(report).content).machine
    assert "deformity, says the reader 畸形（医师判断）" in foot
    clear(report, "ai_withheld", senior)
    assert suggestions(report) == before


def test_the_form_shows_the_reason_instead_of_the_value(report: Report, senior: User) -> None:
    change(report, "ai_withheld", ["fracture"], senior)
    form = form_view(report, services.load_sheet(report), chinese=False, can_edit=True)
    fields = {field.place: field for level in form.levels for field in level.fields}
    assert (fields["disc_class@C5/6"].machine, fields["disc_class@C5/6"].machine_note) == (None, "withheld_by_reader")


def test_the_machine_stays_off_when_the_levels_are_corrected(report: Report, senior: User) -> None:
    """The operation belongs to its vertebra, and moves with it."""
    change(report, "postop@C6", ["fusion_hardware"], senior)
    services.shift_levels(report, -1, by=senior, expected_version=report.version)
    assert row(report, "disc_class@C4/5").machine_note == "operated_level"
    assert row(report, "disc_class@C3/4").machine_note == "not_herniated"


def test_a_history_of_an_operation_without_a_level_is_asked_about(report: Report, senior: User) -> None:
    def codes() -> set[str]:
        return {p.code for p in services.preview(report).unsettled}

    change(report, "indication_tags", ["postoperative"], senior)
    assert "operated_level_unnamed" in codes()
    change(report, "postop@C5", ["laminectomy"], senior)
    assert "operated_level_unnamed" not in codes()
    clear(report, "postop@C5", senior)
    change(report, "ai_withheld", ["post_operative"], senior)
    assert "operated_level_unnamed" not in codes()
