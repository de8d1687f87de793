"""Paragraphs written by hand: kept beside the fields, checked against them, signed with them."""

from __future__ import annotations

import json

import pytest
from django.db import DatabaseError, transaction

from reporting.accounts.models import User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import Incomplete, InvalidInput, NotAllowed, StaleVersion, WrongState
from reporting.reports import services
from reporting.reports.digests import first_broken
from reporting.reports.exports.document import document_of
from reporting.reports.models import EditedText, Report
from reporting.reports.places import Place
from tests.reports.factories import change, complete, make_draft, sign

pytestmark = pytest.mark.django_db
OWN_EN = (
    "1. Right paracentral herniation C5/6 with thick right ligamentum flavum.\n2. Slip of C4.\n3. Osteophytes at C5."
)
OWN_ZH = "1. C5/6椎间盘右侧旁中央型突出，右侧黄韧带增厚。\n2. C4椎体滑脱。\n3. C5椎体骨质增生。"


def write(report: Report, by: User, text: str, section: str = "impression", language: str = "en") -> EditedText:
    return services.edit_text(
        report, section=section, language=language, text=text, by=by, expected_version=report.version
    )


def open_codes(report: Report) -> list[str]:
    return [problem.code for problem in services.preview(report).unsettled]


@pytest.fixture
def report(senior: User) -> Report:
    """A complete report: herniation C5/6 to the right, thick right LF there, slip of C4, osteophytes of C5."""
    report = make_draft()
    complete(report, senior)
    return report


def test_both_the_generated_and_the_written_text_are_signed(report: Report, senior: User) -> None:
    generated = services.preview(report).en.impression_text
    write(report, senior, OWN_EN)
    shown = services.preview(report)
    assert OWN_EN in shown.en.text
    assert generated not in shown.en.text
    assert open_codes(report) == []
    version = sign(report, senior)
    assert OWN_EN in version.text_en
    content = json.loads(version.content)
    assert content["text"]["en"]["impression_manual"] == OWN_EN
    assert "\n".join(f"{n}. {s['text']}" for n, s in enumerate(content["text"]["en"]["impression"], 1)) == generated
    assert content["text"]["zh"]["impression_manual"] == ""
    printed = [line for passage in document_of(version).passages for _label, line in passage.lines]
    assert "2. Slip of C4." in printed
    assert first_broken() is None


def test_the_fields_stay_the_data(report: Report, senior: User) -> None:
    before = {(f.place, f.state, str(f.value)) for f in report.findings.all()}
    write(report, senior, "Nothing to see.")
    assert {(f.place, f.state, str(f.value)) for f in report.findings.all()} == before


@pytest.mark.parametrize(
    ("text", "language", "code"),
    [
        (OWN_EN.replace("Right", "Left"), "en", "text_side"),
        (OWN_ZH.replace("盘右侧", "盘左侧"), "zh", "text_side"),
        (OWN_EN.replace("C5/6", "C4/5"), "en", "text_level"),
        (OWN_ZH.replace("C5/6", "C4/5"), "zh", "text_level"),
        (OWN_EN.replace("Slip of", "No slip of"), "en", "text_negation"),
        (OWN_ZH.replace("椎体滑脱", "椎体未见滑脱"), "zh", "text_negation"),
        (OWN_EN.replace("\n2. Slip of C4.", ""), "en", "text_missing"),
        (OWN_ZH.replace("\n2. C4椎体滑脱。", ""), "zh", "text_missing"),
        (OWN_EN + "\n4. Fracture of C3.", "en", "text_negation"),
        (OWN_EN + "\n4. Sizes up to 7 mm.", "en", "text_number"),
    ],
)
def test_a_contradiction_blocks_signing_until_it_is_accepted(
    report: Report, senior: User, text: str, language: str, code: str
) -> None:
    write(report, senior, text, language=language)
    assert code in open_codes(report)
    with pytest.raises(Incomplete):
        sign(report, senior)
    for problem in services.preview(report).unsettled:
        services.answer_check(
            report,
            code=problem.code,
            fingerprint=problem.fingerprint,
            answer="accepted",
            by=senior,
            expected_version=report.version,
        )
    assert open_codes(report) == []
    sign(report, senior)


def test_a_changed_word_asks_again(report: Report, senior: User) -> None:
    write(report, senior, OWN_EN.replace("Right", "Left"))
    for problem in services.preview(report).unsettled:
        given = {"code": problem.code, "fingerprint": problem.fingerprint, "answer": "accepted", "by": senior}
        services.answer_check(report, expected_version=report.version, **given)
    assert open_codes(report) == []
    write(report, senior, OWN_EN.replace("Right", "A left"))
    assert "text_side" in open_codes(report)


def test_when_a_field_changes_below_an_edited_paragraph_the_reader_is_asked(report: Report, senior: User) -> None:
    write(report, senior, OWN_EN)
    change(report, "hern_side@C5/6", "left", senior)
    assert {"text_side", "text_outdated"} <= set(open_codes(report))
    write(report, senior, OWN_EN.replace("Right", "Left"))
    assert open_codes(report) == []


def test_two_hand_edited_languages_that_claim_different_things_are_named(report: Report, senior: User) -> None:
    """Neither contradicts a field: Chinese only leaves the ligament out."""
    write(report, senior, OWN_EN)
    write(report, senior, OWN_ZH.replace("，右侧黄韧带增厚", ""), language="zh")
    assert open_codes(report) == ["text_language"]
    write(report, senior, OWN_ZH, language="zh")
    assert open_codes(report) == []


def test_what_nobody_set_is_not_called_normal_by_hand_either(report: Report, senior: User) -> None:
    services.clear_finding(report, Place("extramedullary"), by=senior, expected_version=report.version)
    write(report, senior, f"{OWN_EN}\n4. No epidural haematoma.")
    assert open_codes(report) == ["text_unsupported"]


def test_a_paragraph_given_back_to_the_fields_prints_what_they_say(report: Report, senior: User) -> None:
    generated = services.preview(report).en.text
    write(report, senior, "My words.", section="cord")
    assert "My words." in services.preview(report).en.text
    services.restore_text(report, section="cord", language="en", by=senior, expected_version=report.version)
    assert services.preview(report).en.text == generated
    with pytest.raises(WrongState):
        services.restore_text(report, section="cord", language="en", by=senior, expected_version=report.version)


def test_the_trail_holds_that_it_was_edited_and_not_the_words(report: Report, senior: User) -> None:
    write(report, senior, "Mr Zhang is well known to us.", section="exam")
    event = AuditEvent.objects.filter(act="report.text_edited").latest("sequence")
    assert event.data == {"section": "exam", "language": "en", "characters": 29}


def test_what_cannot_be_written_is_refused(report: Report, senior: User, junior: User) -> None:
    for section, language, text in (
        ("teeth", "en", "x"),
        ("disc", "fr", "x"),
        ("disc", "en", " "),
        ("disc", "en", "\u202e"),
    ):
        with pytest.raises(InvalidInput):
            write(report, senior, text, section=section, language=language)
    with pytest.raises(NotAllowed):
        write(report, junior, "x")
    stale = report.version - 1
    with pytest.raises(StaleVersion):
        services.edit_text(report, section="disc", language="en", text="x", by=senior, expected_version=stale)
    write(report, senior, "mine", section="disc")
    with pytest.raises(StaleVersion) as refused:
        services.edit_text(report, section="disc", language="en", text="x", by=senior, expected_version=stale)
    assert [entry["text"] for entry in refused.value.details["texts"]] == ["mine"]


def test_a_signed_paragraph_cannot_change(report: Report, senior: User) -> None:
    row = write(report, senior, OWN_EN)
    sign(report, senior)
    with pytest.raises(DatabaseError), transaction.atomic():
        EditedText.objects.filter(pk=row.pk).update(text="other")
    with pytest.raises(WrongState):
        write(report, senior, "x")
