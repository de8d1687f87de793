"""More than one herniation of a disc, more than one change of an endplate: each told, checked and compared."""

from __future__ import annotations

import pytest

from reporting.accounts.models import User
from reporting.reports import services
from reporting.reports.consistency import find_problems
from reporting.reports.critical import SHIPPED, criticals
from reporting.reports.form_view import form_view
from reporting.reports.prose import compare, parity
from reporting.reports.rendering import Language, render
from reporting.reports.sheet import Value
from tests.reports.factories import accept, change, make_draft
from tests.reports.sheets import normal_sheet_with

TWO: dict[str, Value] = {
    "disc_class@C5/6": "herniation",
    "hern_zone@C5/6": "paracentral",
    "hern_side@C5/6": "right",
    "hern_zone@C5/6#2": "foraminal",
    "hern_side@C5/6#2": "left",
    "hern_form@C5/6#2": "extrusion",
    "foramen@C5/6:left": "1",
}


def test_both_herniations_of_a_disc_are_told_in_findings_and_impression() -> None:
    en, zh = (render(normal_sheet_with(TWO), language) for language in Language)
    assert "C5/6: right paracentral herniation and left foraminal extrusion." in en.findings_text
    assert "C5/6椎间盘右侧旁中央型突出及左侧椎间孔型脱出。" in zh.findings_text
    assert "Right paracentral herniation and left foraminal extrusion at C5/6." in en.impression_text
    assert "C5/6椎间盘右侧旁中央型突出及左侧椎间孔型脱出。" in zh.impression_text


def test_both_herniations_are_named_as_causes_of_a_narrow_canal() -> None:
    en, zh = (render(normal_sheet_with({**TWO, "canal_grade@C5/6": "2"}), language) for language in Language)
    assert "from a right paracentral herniation and a left foraminal extrusion." in en.impression_text
    assert "由右侧旁中央型突出及左侧椎间孔型脱出所致。" in zh.impression_text


def test_a_second_herniation_is_read_back_and_compared_with_its_fields() -> None:
    sheet = normal_sheet_with(TWO)
    en, zh = (render(sheet, language).impression_text for language in Language)
    assert parity(en, zh) == []
    for text in (en, zh):
        assert compare(text, text, sheet) == []
    one_sided = compare("Right paracentral herniation at C5/6.", en, sheet)
    assert [(m.kind, m.side) for m in one_sided if m.concept == "herniation"] == [("missing", "left")]


def test_each_herniation_needs_its_side_and_its_foramen_is_asked_about() -> None:
    codes = {p.code for p in find_problems(normal_sheet_with({**TWO, "foramen@C5/6:left": "0"}), SHIPPED)}
    assert "foraminal_but_patent" in codes
    without_side = {key: value for key, value in TWO.items() if key != "hern_side@C5/6#2"}
    problems = {p.code: p.places for p in find_problems(normal_sheet_with(without_side), SHIPPED)}
    assert [str(p) for p in problems["herniation_without_side"]] == ["hern_side@C5/6#2"]


def test_an_extrusion_that_is_the_second_herniation_is_as_critical_as_the_first() -> None:
    fired = {c.trigger.code for c in criticals(normal_sheet_with({**TWO, "canal_grade@C5/6": "2"}), SHIPPED)}
    assert "extrusion" in fired


def test_the_same_change_at_two_places_of_an_endplate_is_counted_and_different_ones_are_told_apart() -> None:
    nodes: dict[str, Value] = {"endplate_upper@C5": ["schmorl"], "endplate_upper@C5#2": ["schmorl"]}
    en, zh = (render(normal_sheet_with(nodes | {"endplate_upper@C6": ["schmorl"]}), lang) for lang in Language)
    assert "Schmorl node in the upper endplate of C5 and C6 (C5: more than one)." in en.findings_text
    assert "C5、C6椎体上终板许莫氏结节（C5多处）。" in zh.findings_text
    mixed = normal_sheet_with({"endplate_upper@C5": ["modic_1"], "endplate_upper@C5#2": ["schmorl"]})
    told = render(mixed, Language.EN).findings_text
    assert "Modic type I change of the upper endplate of C5." in told
    assert "Schmorl node in the upper endplate of C5." in told


@pytest.mark.django_db
def test_the_form_offers_room_for_one_more_and_forgets_one_that_was_cleared(senior: User) -> None:
    report = make_draft()
    services.confirm_levels(report, by=senior, expected_version=report.version)

    def offered() -> list[str]:
        form = form_view(report, services.load_sheet(report), chinese=False, can_edit=True)
        level = next(group for group in form.levels if group.name == "C5/6")
        return [field.place for field in level.fields if field.place.startswith("hern_") and field.is_shown]

    first = ["hern_zone@C5/6", "hern_side@C5/6", "hern_form@C5/6", "hern_migration@C5/6"]
    assert offered() == first
    accept(report, "disc_class@C5/6", senior)
    assert offered() == [*first, "hern_zone@C5/6#2"]
    change(report, "hern_zone@C5/6#2", "foraminal", senior)
    assert offered() == [*first, *(f"{key}#2" for key in first), "hern_zone@C5/6#3"]
    at = services.load_sheet(report)
    assert at.instances("hern_zone", "C4/5") == (1,)
    services.clear_finding(
        report, next(p for p in at.statements if p.instance == 2), by=senior, expected_version=report.version
    )
    assert offered() == [*first, "hern_zone@C5/6#2"]


@pytest.mark.django_db
def test_confirming_the_rest_invents_no_second_endplate(senior: User) -> None:
    report = make_draft()
    services.confirm_levels(report, by=senior, expected_version=report.version)
    change(report, "endplate_upper@C5", ["modic_2"], senior)
    change(report, "endplate_upper@C5#2", ["schmorl"], senior)
    services.confirm_rest(report, by=senior, expected_version=report.version)
    second = report.findings.filter(field="endplate_upper", instance=2)
    assert [row.level for row in second] == ["C5"]
