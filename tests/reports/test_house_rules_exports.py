"""What leaves says the department's own sizes, level by level, and its own words of the canal."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reporting.accounts.models import Role, User
from reporting.outbound.models import Form
from reporting.reports import services
from reporting.reports.exports.document import document_of, draft_document_of
from reporting.reports.exports.outgoing import objects_of
from reporting.reports.exports.service import export_version
from reporting.reports.exports.tables import UNSET
from reporting.reports.house_rules import DISCS, HouseRules
from reporting.reports.models import ExportFormat, Report, ReportVersion
from reporting.reports.prose import claims_in
from reporting.reports.rendering import Language, render
from tests.reports.factories import change, complete, make_draft, make_job, make_study, make_user, prediction, sign
from tests.reports.sheets import WORKED_EXAMPLE, sheet_of
from tests.reports.test_critical_path import settle
from tests.reports.test_dicom_export import read, with_images

pytestmark = pytest.mark.django_db
PLL = {**dict.fromkeys(DISCS, 2.0), "C5/6": 3.0}
RULES = HouseRules(
    thick_mm={"pll": PLL, "lf": dict.fromkeys(DISCS, 2.5)}, canal_zh={"1": "轻度狭窄", "2": "中度狭窄", "3": "重度狭窄"}
)
CANALS = {"C3/4": "1", "C4/5": "2", "C5/6": "3"}


@pytest.fixture
def rules(senior: User) -> HouseRules:
    proposal = services.propose_house_rules(RULES, reason="decided on Monday", by=senior)
    services.activate_house_rules(proposal, by=make_user(Role.AUDITOR))
    return RULES


@pytest.fixture
def report(rules: HouseRules, senior: User) -> Report:
    """Both ligaments thickened at C4/5 and C5/6, a canal of each grade."""
    report = with_images(make_draft())
    for level in ("C4/5", "C5/6"):
        change(report, f"pll@{level}", "thickened", senior)
        change(report, f"lf@{level}:left", "thickened", senior)
    for level, grade in CANALS.items():
        change(report, f"canal_grade@{level}", grade, senior)
    said = {"cord_signal": "faint_t2", "signal_level_from": "C5/6", "onset": "chronic", "indication": "weak hands"}
    for key, value in said.items():
        change(report, key, value, senior)
    complete(report, senior)
    return report


@pytest.fixture
def version(report: Report, senior: User) -> ReportVersion:
    settle(report, senior, "no")
    sign(report, senior)
    return report.versions.get()


def concept(bundle: dict[str, Any], key: str) -> dict[str, Any]:
    """What FHIR says at a place."""
    resources = (entry["resource"] for entry in bundle["entry"])
    found = next(one for one in resources if one.get("identifier") == [{"value": key}])
    said: dict[str, Any] = found["valueCodeableConcept"]
    return said


def test_each_row_on_paper_has_the_size_of_its_own_level(version: ReportVersion) -> None:
    rows = {row[0]: row for row in document_of(version).tables[0].rows}
    assert "thickened (> 2 mm) 增厚（>2 mm）" in rows["C4/5"]
    assert "thickened (> 3 mm) 增厚（>3 mm）" in rows["C5/6"]
    assert "L 左: thickened (> 2.5 mm) 增厚（>2.5 mm）; R 右: normal 正常" in rows["C4/5"]
    assert not any("–" in cell.replace(UNSET, "", 1) for row in rows.values() for cell in row)


def test_a_suggestion_on_paper_has_the_size_of_its_level_and_none_stands_where_the_machine_learnt_another(
    rules: HouseRules,
) -> None:
    study = make_study()
    job = make_job(study, [prediction("pll", level) for level in ("C4/5", "C5/6")])
    report = services.draft_report(study=study, job=job)
    assert report is not None
    document = draft_document_of(report, services.preview(report).content)
    said = [label + text for one in document.passages for label, text in one.lines if "p = " in text]
    assert len(said) == 1
    assert said[0].startswith("C4/5 ")
    assert "thickened (> 2 mm)" in said[0]


def test_each_observation_has_the_size_of_its_own_level_and_the_words_of_the_canal(
    version: ReportVersion, senior: User
) -> None:
    bundle = json.loads(export_version(version, ExportFormat.FHIR, by=senior).content)
    said = {key: json.dumps(concept(bundle, key), ensure_ascii=False) for key in ("pll@C4/5", "pll@C5/6")}
    assert "thickened (> 2 mm)" in said["pll@C4/5"]
    assert "增厚（>3 mm）" in said["pll@C5/6"]
    for level, grade in CANALS.items():
        words = json.dumps(concept(bundle, f"canal_grade@{level}"), ensure_ascii=False)
        assert f"{grade}级：{RULES.canal_zh[grade]}" in words


def test_the_structured_report_holds_the_words_of_the_canal(version: ReportVersion) -> None:
    """A thickened ligament leaves as "present", a code that no size belongs to."""
    every = read(*objects_of(version, Form.DICOM_SR)).iterall()
    said = [element.value for element in every if element.keyword == "TextValue"]
    for words in ("椎管轻度狭窄（1级）", "椎管中度狭窄（2级）", "椎管重度狭窄伴T2信号异常（3级）"):
        assert any(words in text for text in said)


@pytest.mark.parametrize("of", ["findings_text", "impression_text"])
def test_findings_and_impression_call_every_grade_what_the_department_calls_it(report: Report, of: str) -> None:
    shown = services.preview(report)
    text = getattr(shown.rendering(Language.ZH), of)
    for grade in CANALS.values():
        assert f"椎管{RULES.canal_zh[grade]}" in text
    for shipped in ("蛛网膜下腔大部消失", "脊髓受压", "椎管狭窄1级"):
        assert shipped not in text
    english = claims_in(getattr(shown.rendering(Language.EN), of))
    assert {claim for claim in english if claim.concept in ("canal", "signal")} == {
        claim for claim in claims_in(text) if claim.concept in ("canal", "signal")
    }


def test_what_leaves_as_hl7_and_on_paper_says_the_same_words(version: ReportVersion, senior: User) -> None:
    message = export_version(version, ExportFormat.HL7, by=senior).content.decode()
    printed = [text for one in document_of(version).passages for _label, text in one.lines]
    for words in ("椎管轻度狭窄（1级）", "椎管中度狭窄（2级）", "椎管重度狭窄伴T2信号异常（3级）"):
        assert words in message
        assert any(words in text for text in printed)


def test_words_that_name_what_is_narrow_stand_as_they_are(senior: User) -> None:
    words = {"1": "蛛网膜下腔变窄", "3": "脊髓受压，信号增高"}
    sheet = sheet_of({**WORKED_EXAMPLE, "canal_grade@C3/4": "1"})
    text = render(replace(sheet, rules=HouseRules(canal_zh=words)), Language.ZH).impression_text
    assert "C3/4蛛网膜下腔变窄（1级）" in text
    assert "C5/6水平脊髓受压，信号增高（3级）" in text
