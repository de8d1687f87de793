"""What leaves on paper says what was signed, in both languages, and nothing else."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from typing import Any

import pypdf
import pytest
from django.conf import settings
from django.template.defaultfilters import floatformat
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.reports import services
from reporting.reports.exports.document import document_of, person_name
from reporting.reports.exports.pdf import pdf_of
from reporting.reports.exports.service import draft_document, export_version
from reporting.reports.exports.suggestions import TITLE, suggestion_lines
from reporting.reports.models import ExportFormat, Report, ReportExport
from reporting.reports.template import CURRENT
from tests.reports.factories import (
    PASSWORD,
    accept,
    change,
    complete,
    make_draft,
    make_study,
    make_user,
    sign,
    signed_report,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not any(settings.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci"),
]


def pdf_text(content: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(content))
    return "\n".join(page.extract_text() for page in reader.pages)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_the_pdf_holds_every_signed_sentence_in_both_languages(senior: User) -> None:
    report = signed_report(senior)
    version = report.versions.get()
    text = squeezed(pdf_text(export_version(version, ExportFormat.PDF, by=senior).content))
    content = json.loads(version.content)
    for language in ("en", "zh"):
        parts = content["text"][language]
        sentences = [s["text"] for section in parts["findings"] for s in section["sentences"]]
        sentences += [s["text"] for s in parts["impression"]]
        assert len(sentences) > 15
        for sentence in sentences:
            assert squeezed(sentence) in text, sentence
    for expected in ("张三", senior.full_name, "Page1of", "syntheticimages", "合成图像", report.study.accession_number):
        assert squeezed(expected) in text
    assert "NOTSIGNED" not in text


def test_every_sheet_says_whose_it_is(senior: User) -> None:
    report = signed_report(senior)
    printed = document_of(report.versions.get())
    long = dataclasses.replace(printed, passages=printed.passages * 6)
    pages = [squeezed(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(pdf_of(long))).pages]
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        for expected in ("张三", report.study.accession_number, f"第{number}页，共{len(pages)}页"):
            assert expected in page, number


def test_the_pdf_is_set_in_the_report_font(senior: User) -> None:
    content = export_version(signed_report(senior).versions.get(), ExportFormat.PDF, by=senior).content
    fonts = {font["/BaseFont"] for page in pypdf.PdfReader(io.BytesIO(content)).pages for font in _fonts(page)}
    assert fonts
    assert all("NotoSansHans" in font or "NotoSansSChinese" in font for font in fonts), fonts


def _fonts(page: pypdf.PageObject) -> list[Any]:
    return [font.get_object() for font in page["/Resources"]["/Font"].values()]


def test_a_draft_is_marked_as_not_signed(senior: User) -> None:
    report = make_draft()
    exported = draft_document(report, ExportFormat.PDF, by=senior)
    assert "NOTSIGNED" in squeezed(pdf_text(exported.content))
    assert not ReportExport.objects.exists()
    assert AuditEvent.objects.get(act="report.exported").data["draft"] is True


def test_no_machine_value_prints_before_a_human_confirmed_it(senior: User) -> None:
    """In the report's own text, that is; after it the draft lists what waits for a decision."""
    text = draft_document(make_draft(), ExportFormat.TEXT, by=senior).content.decode().split(TITLE.upper())[0]
    assert "herniation" not in text.replace("herniation zone", "")
    assert "retrolisthesis" not in text
    assert "not assessed" in text


def test_paper_rounds_as_the_page_does() -> None:
    machine = {"positive": True, "probability": 0.985, "threshold": 0.585, "mm": 4.25, "value": "herniation"}
    finding = {"key": "disc_class@C5/6", "state": "ai_suggested", "machine": machine}
    ((_label, line),) = suggestion_lines(CURRENT, {"findings": [finding]})
    assert "p = 0.99, threshold 阈值 0.59, 4.3 mm" in line
    assert floatformat(0.585, 2) == "0.59", "what the template of the page prints"


def test_a_draft_lists_what_the_machine_proposes_apart_from_the_report(senior: User) -> None:
    report = make_draft()
    services.confirm_levels(report, by=senior, expected_version=report.version)
    _text, proposed = draft_document(report, ExportFormat.TEXT, by=senior).content.decode().split(TITLE.upper())
    suggestion = report.findings.get(field="disc_class", level="C5/6").prediction
    assert suggestion is not None
    line = next(line for line in proposed.split("\n") if line.startswith("C5/6 Disc 椎间盘："))
    assert line.startswith("C5/6 Disc 椎间盘：herniation 突出 (p = ")
    assert (
        f"p = {floatformat(suggestion.probability, 2)}, threshold 阈值 {floatformat(suggestion.threshold, 2)}" in line
    )
    accept(report, "disc_class@C5/6", senior)
    later = draft_document(report, ExportFormat.TEXT, by=senior).content.decode().split(TITLE.upper())
    assert "C5/6 Disc 椎间盘：herniation" not in later[1]


def test_a_signed_report_lists_no_suggestion(senior: User) -> None:
    version = signed_report(senior).versions.get()
    assert TITLE.upper() not in export_version(version, ExportFormat.TEXT, by=senior).content.decode()


def test_every_machine_value_in_json_carries_probability_threshold_and_image(senior: User) -> None:
    content = json.loads(export_version(signed_report(senior).versions.get(), ExportFormat.JSON, by=senior).content)
    machine = [f["machine"] for f in content["findings"] if f["machine"]["prediction"]]
    assert machine
    for value in machine:
        assert 0 <= value["probability"] <= 1
        assert {"threshold", "positive", "mm", "series_instance_uid", "sop_instance_uid", "flags"} <= set(value)
    assert {"name", "version", "weights_sha256", "applicability"} <= set(content["algorithm"])


def test_a_draft_whose_levels_were_moved_says_that_nobody_confirmed_them(senior: User) -> None:
    def status(report: Report) -> str:
        return draft_document(report, ExportFormat.TEXT, by=senior).content.decode().split("\n")[3]

    report = make_draft()
    assert status(report) == "Draft, levels not confirmed 草稿，节段未确认"
    services.confirm_levels(report, by=senior, expected_version=report.version)
    accept(report, "disc_class@C5/6", senior)
    assert status(report) == "Draft 草稿"
    services.shift_levels(report, 1, by=senior, expected_version=report.version)
    assert status(report) == "Draft, levels not confirmed 草稿，节段未确认"


def test_no_machine_value_stands_as_the_value_in_json_or_api(senior: User) -> None:
    report = make_draft()
    draft = json.loads(draft_document(report, ExportFormat.JSON, by=senior).content)
    client = Client()
    client.force_login(senior)
    told = client.get(f"/api/reports/{report.pk}/").json()
    for findings in (draft["findings"], told["findings"]):
        suggested = [f for f in findings if f["state"] == "ai_suggested"]
        assert len(suggested) > 5
        assert all(f["value"] is None and f["machine"]["value"] is not None for f in suggested)
        assert all(f["value"] is None for f in findings), "nobody has said anything yet"


def test_a_suggestion_that_lost_its_meaning_is_signed_as_no_value(senior: User) -> None:
    """The reader calls it a bulge: the machine's zone and side of a herniation stay suggestions for ever."""
    report = make_draft()
    services.confirm_levels(report, by=senior, expected_version=report.version)
    change(report, "disc_class@C5/6", "bulge", senior)
    complete(report, senior)
    content = json.loads(sign(report, senior).content)
    found = {f["key"]: f for f in content["findings"]}
    assert found["hern_zone@C5/6"]["state"] == "ai_suggested"
    assert found["hern_zone@C5/6"]["value"] is None
    assert found["hern_zone@C5/6"]["machine"]["value"] == "paracentral"


def test_what_the_gate_withheld_is_told_in_words_of_both_languages(senior: User) -> None:
    gate = {"status": "partial", "findings": {"pll": {"status": "withheld", "reasons": ["missing_axial_t2"]}}}
    report = make_draft(gate=gate)
    text = draft_document(report, ExportFormat.TEXT, by=senior).content.decode()
    assert "no axial T2 缺轴位T2" in text
    assert "missing_axial_t2" not in text


def test_an_addendum_is_printed_with_the_report_it_adds_to(senior: User) -> None:
    report = signed_report(senior)
    words = "#set page(width: 1pt)\n*Compared* with CT: _no_ ossification @ C5/6, <script> 对比CT：无骨化。"
    version = services.sign_addendum(report, words, by=senior, expected_version=report.version, password=PASSWORD)
    text = squeezed(pdf_text(export_version(version, ExportFormat.PDF, by=senior).content))
    assert all(squeezed(line) in text for line in words.split("\n"))  # a page may end between them
    assert "Findings" in text


def test_json_is_the_signed_content_byte_for_byte(senior: User) -> None:
    version = signed_report(senior).versions.get()
    exported = export_version(version, ExportFormat.JSON, by=senior)
    assert exported.content == version.content.encode()
    assert ReportExport.objects.get().size_bytes == len(exported.content)


def test_file_names_hold_no_patient(senior: User) -> None:
    report = signed_report(senior)
    exported = export_version(report.versions.get(), ExportFormat.TEXT, by=senior)
    assert exported.name == f"report-{report.id}-v1.txt"


def test_a_version_that_does_not_verify_is_not_handed_out(senior: User, settings: object) -> None:
    version = signed_report(senior).versions.get()
    settings.SIGNATURE_KEY = "another key"  # type: ignore[attr-defined]
    with pytest.raises(WrongState, match="verify"):
        export_version(version, ExportFormat.PDF, by=senior)


def test_who_may_not_export_does_not(senior: User) -> None:
    version = signed_report(senior).versions.get()
    with pytest.raises(NotAllowed):
        export_version(version, ExportFormat.TEXT, by=make_user(Role.RESEARCHER))


def test_free_text_comes_back_from_the_pdf_as_it_was_typed(senior: User) -> None:
    report = make_draft()
    words = "Pain & numbness > 3 weeks; “left” arm – 颈痛伴左上肢麻木，病程3周。Größe ≥ 5 µm"
    change(report, "indication", words, senior)
    complete(report, senior)
    sign(report, senior)
    version = report.versions.get()
    assert json.loads(version.content)["text"]["en"]["findings"][0]["sentences"][0]["text"].startswith(
        f"Indication: {words}"
    )
    assert squeezed(words) in squeezed(pdf_text(export_version(version, ExportFormat.PDF, by=senior).content))


@pytest.mark.parametrize("text", ["a\u202eb", "a\x00b", "a\u200bb", "\ufeff", "a\u2066b", "a\rb", "\u2028"])
def test_invisible_or_reordering_characters_are_refused_by_name(senior: User, text: str) -> None:
    report = make_draft()
    with pytest.raises(InvalidInput, match=r"U\+[0-9A-F]{4}"):
        change(report, "indication", f"x{text}", senior)
    assert Report.objects.get(pk=report.pk).version == 1


def test_person_names_read_as_people_write_them() -> None:
    assert person_name("Zhang^San=张^三=") == "Zhang San 张三"
    assert person_name("Doe^Jane^^Dr") == "Doe Jane Dr"
    assert person_name("") == ""


@pytest.mark.parametrize("text", ["😀", "𠮷野家", "한국어", "ไทย"])
def test_words_the_report_font_cannot_print_are_refused_by_name_before_anyone_signs(senior: User, text: str) -> None:
    report = signed_report(senior)
    with pytest.raises(InvalidInput, match=r"U\+[0-9A-F]{4}"):
        services.sign_addendum(report, f"x {text}", by=senior, expected_version=report.version, password=PASSWORD)
    assert report.versions.count() == 1


def test_a_patients_rare_name_never_keeps_a_report_from_being_printed(senior: User) -> None:
    report = make_draft()
    report.study.patient.name = "Ji^Ye=𠮷^野"
    report.study.patient.save()
    content = draft_document(report, ExportFormat.PDF, by=senior).content
    assert content.startswith(b"%PDF")
    assert "JiYe" in squeezed(pdf_text(content))


def _refusal(report: Report, text: str, by: User) -> str | None:
    try:
        change(report, "comment_disc@C5/6", text, by)
    except InvalidInput as refusal:
        return refusal.message
    return None


@settings_of_hypothesis(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=40) | st.text("左右Ä e\u0301؈😀\u202e\u200d\u2028\x00\n#*_@<&", min_size=1))
def test_any_text_comes_back_as_typed_or_is_refused_by_name(senior: User, text: str) -> None:
    study = make_study()
    report = services.start_report(study=study, by=senior)
    refusal = _refusal(report, text, senior)
    if refusal is not None:
        assert "U+" in refusal or not text.strip()
        return
    report = Report.objects.get(pk=report.pk)
    content = services.preview(report).content
    (finding,) = (f for f in content["findings"] if f["key"] == "comment_disc@C5/6")
    assert finding["value"] == text
    assert f"C5/6: {text}" in draft_document(report, ExportFormat.TEXT, by=senior).content.decode()
    exported = draft_document(report, ExportFormat.JSON, by=senior).content
    assert json.loads(exported)["text"]["zh"]["findings"][3]["sentences"][-1]["text"] == f"C5/6：{text}"
