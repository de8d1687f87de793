"""The tables of the printed report hold what a person stands behind, level by level, and nothing else."""

from __future__ import annotations

import pytest

from reporting.accounts.models import User
from reporting.reports import services
from reporting.reports.exports.document import document_of, draft_document_of
from reporting.reports.exports.tables import UNSET, Table
from reporting.reports.models import Report
from tests.reports.factories import accept, change, complete, make_draft, place, sign

pytestmark = pytest.mark.django_db


def tables(report: Report) -> dict[str, Table]:
    made = draft_document_of(report, services.preview(report).content).tables
    return {table.head[1].split()[0]: table for table in made}


def cell(table: Table, row: str, column: str) -> str:
    heads = [head.split()[0] for head in table.head]
    return next(cells[heads.index(column)] for cells in table.rows if cells[0] == row)


def test_an_untouched_draft_has_no_table_whatever_the_machine_said() -> None:
    assert tables(make_draft()) == {}


def test_what_nobody_set_never_reads_as_normal(senior: User) -> None:
    report = make_draft()
    services.confirm_levels(report, by=senior, expected_version=report.version)
    accept(report, "disc_class@C5/6", senior)
    discs = tables(report)["Disc"]
    assert cell(discs, "C5/6", "Disc") == "herniation 突出, paracentral 旁中央型, right 右侧"
    others = [text for level, *cells in discs.rows for text in cells if level != "C5/6"]
    assert set(others) == {UNSET}
    assert cell(discs, "C5/6", "LF") == UNSET, "the machine's thick ligament is a suggestion"


def test_sides_are_told_apart_where_they_differ(senior: User) -> None:
    report = make_draft()
    complete(report, senior)
    change(report, "lf_mm@C5/6:right", 3.4, senior)
    change(report, "foramen@C5/6:left", "2", senior)
    discs = tables(report)["Disc"]
    assert cell(discs, "C5/6", "LF") == "L 左: normal 正常; R 右: thickened (> 2.0 mm) 增厚（>2 mm）, 3.4 mm"
    assert cell(discs, "C5/6", "Foramina") == "L 左: 2; R 右: 0"
    assert cell(discs, "C3/4", "Foramina") == "0"


def test_numbers_that_belong_to_no_cell_stand_in_a_table_of_their_own(senior: User) -> None:
    report = make_draft()
    services.confirm_levels(report, by=senior, expected_version=report.version)
    assert "Where" not in tables(report)
    change(report, "c2c7_angle_deg", 12.5, senior)
    assert tables(report)["Where"].rows == (("C2-C7 angle C2-C7 Cobb角", "", "12.5 deg"),)


def test_what_cannot_be_judged_says_so(senior: User) -> None:
    report = make_draft()
    services.confirm_levels(report, by=senior, expected_version=report.version)
    change(report, "height@C5", "normal", senior)
    services.mark_not_evaluable(report, place("marrow@C5"), by=senior, expected_version=report.version)
    vertebrae = tables(report)["Osteophytes"]
    assert cell(vertebrae, "C5", "Height") == "normal 正常"
    assert cell(vertebrae, "C5", "Marrow") == "not evaluable 无法评价"


def test_the_signed_version_prints_the_tables_of_its_own_content(senior: User) -> None:
    report = make_draft()
    complete(report, senior)
    drafted = tables(report)
    sign(report, senior)
    assert {table.head[1].split()[0]: table for table in document_of(report.versions.get()).tables} == drafted
