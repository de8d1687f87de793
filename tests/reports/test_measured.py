"""The machine's measurements beside the form: under the reader's level names, with z-scores, and never printed."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import User
from reporting.reports import services
from reporting.reports.exports.tables import tables_of
from reporting.reports.measured import measured_rows
from reporting.reports.models import Report
from reporting.reports.template import CURRENT
from tests.reports.factories import change, make_draft

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]
MEASUREMENTS = [
    {"name": "cord_ap", "level": "C5", "value": 5.9, "unit": "mm"},
    {"name": "cord_ap_z", "level": "C5", "value": -3.08, "unit": "1"},
    {"name": "cord_ap", "level": "C5/6", "value": 4.6, "unit": "mm"},
    {"name": "mscc_cord", "level": "C5/6", "value": 24.7, "unit": "%"},
]


@pytest.fixture
def report(senior: User) -> Report:
    report = make_draft(measurements=MEASUREMENTS)
    services.confirm_levels(report, by=senior, expected_version=report.version)
    return report


def shown(report: Report) -> dict[str, list[tuple[float, float | None]]]:
    return {row.level: [(c.value, c.z) for c in row.cells if c is not None] for row in measured_rows(report)}


def test_each_level_has_its_numbers_and_the_z_score_of_its_vertebra(report: Report) -> None:
    assert shown(report) == {"C5": [(5.9, -3.08)], "C5/6": [(4.6, None), (24.7, None)]}


def test_numbers_follow_a_correction_of_the_levels(report: Report, senior: User) -> None:
    services.shift_levels(report, 1, by=senior, expected_version=report.version)
    assert list(shown(report)) == ["C6", "C6/7"]


def test_they_stand_on_the_page_marked_as_the_machines_and_in_no_text(report: Report, senior: User) -> None:
    client = Client()
    client.force_login(senior)
    html = client.get(reverse("reports:read", args=[report.pk])).content.decode()
    part = html[html.index('class="measured"') :]
    part = part[: part.index("</section>")]
    for words in ("Evidence only", "5.9", "z −3.08", "24.7"):
        assert words in part
    assert "5.9" not in services.preview(report).en.text


def test_an_operated_level_and_a_withheld_reading_show_no_numbers(report: Report, senior: User) -> None:
    change(report, "postop@C6", ["fusion_hardware"], senior)
    assert [(row.level, row.is_operated) for row in measured_rows(report)] == [("C5", False), ("C5/6", True)]
    change(report, "ai_withheld", ["deformity"], senior)
    assert measured_rows(report) == []


def test_paper_tells_every_herniation_of_a_disc(report: Report, senior: User) -> None:
    change(report, "disc_class@C5/6", "herniation", senior)
    for key, value in (("zone", "paracentral"), ("side", "right"), ("zone#2", "foraminal"), ("side#2", "left")):
        name, _hash, number = key.partition("#")
        change(report, f"hern_{name}@C5/6{_hash}{number}", value, senior)
    discs = tables_of(CURRENT, services.preview(report).content)[0]
    cell = next(row[1] for row in discs.rows if row[0] == "C5/6")
    assert cell == "herniation 突出, paracentral 旁中央型, right 右侧 + foraminal 椎间孔型, left 左侧"


def test_a_confirmed_cord_size_prints_with_its_z_score(report: Report, senior: User) -> None:
    change(report, "cord_ap_mm", 5.9, senior)
    change(report, "cord_ap_z", -3.08, senior)
    shown_now = services.preview(report)
    assert "Cord, front to back: 5.9 mm (z-score −3.08)." in shown_now.en.findings_text
    assert "脊髓前后径5.9 mm（z值−3.08）。" in shown_now.zh.findings_text
