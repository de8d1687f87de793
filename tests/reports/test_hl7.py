"""A report as HL7 v2: valid by another's strict parser, every character kept, and known again when it is sent again."""

from __future__ import annotations

import base64

import pytest
from django.conf import settings
from django.utils import timezone
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from hl7apy.validation import Validator

from reporting.accounts.models import User
from reporting.audit_trail.models import AuditEvent
from reporting.core.hl7_text import Charset, escaped
from reporting.outbound.destinations import Where, add_destination
from reporting.outbound.models import Delivery, Form, Kind
from reporting.reports import services
from reporting.reports.exports.fhir import bundle_of
from reporting.reports.exports.hl7 import control_id_of, hl7_of
from reporting.reports.models import ReportVersion
from tests.reports.factories import PASSWORD, complete, make_draft, sign, signed_report

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not any(settings.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci"),
]


def segments(message: bytes, codec: str = "utf-8") -> list[list[str]]:
    text = message.decode(codec)
    assert "\n" not in text
    assert text.endswith("\r")
    return [segment.split("|") for segment in text.removesuffix("\r").split("\r")]


def assert_valid(message: bytes, codec: str = "utf-8") -> None:
    """By hl7apy, which takes every OBX-5 for an ST of 199 characters: what stands there is looked at here."""
    rows = segments(message, codec)
    for row in rows:
        if row[0] == "OBX":
            assert row[2] in ("FT", "ED")
            assert row[2] == "ED" or len(row[5]) <= 65_536
            assert (row[5].count("^") == 4) == (row[2] == "ED")
            row[5] = "x" if row[2] == "FT" else "^application^pdf^Base64^eA=="
    text = "".join("|".join(row) + "\r" for row in rows)
    assert Validator.validate(parse_message(text, find_groups=True, validation_level=VALIDATION_LEVEL.STRICT))


def test_a_final_report_is_a_valid_message_with_every_section_in_both_languages(senior: User) -> None:
    version = signed_report(senior).versions.get()
    message = hl7_of(version)
    assert_valid(message)
    rows = segments(message)
    assert [row[0] for row in rows[:4]] == ["MSH", "PID", "ORC", "OBR"]
    assert rows[0][8] == "ORU^R01^ORU_R01"
    assert rows[0][17] == "UNICODE UTF-8"
    assert rows[3][25] == "F"
    lines = [row for row in rows if row[0] == "OBX"]
    assert [row[1] for row in lines] == [str(n) for n in range(1, len(lines) + 1)]
    assert {row[11] for row in lines} == {"F"}
    parts = [(row[3].split("^")[0], row[4]) for row in lines]
    for language in ("en", "zh"):
        assert ("59776-5", language) in parts
        assert ("19005-8", language) in parts
    assert base64.b64decode(lines[-1][5].split("^")[-1]).startswith(b"%PDF")


def test_names_keep_their_groups_and_the_text_its_characters(senior: User) -> None:
    version = signed_report(senior).versions.get()
    rows = segments(hl7_of(version))
    names = rows[1][5].split("~")
    assert [name.split("^")[0] for name in names][:2] == ["Zhang", "张"]
    assert [name.split("^")[7] for name in names][:2] == ["A", "I"]
    chinese = [row[5] for row in rows if row[0] == "OBX" and row[4] == "zh"]
    assert any("颈椎" in text for text in chinese)


def test_a_site_may_be_sent_gb18030_and_one_language(senior: User) -> None:
    version = signed_report(senior).versions.get()
    message = hl7_of(version, charset=Charset.GB18030, languages=("zh",))
    assert_valid(message, "gb18030")
    rows = segments(message, "gb18030")
    assert rows[0][17] == "GB 18030-2000"
    assert {row[4] for row in rows if row[0] == "OBX"} == {"zh", "pdf"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b^c~d&e\\f", "a\\F\\b\\S\\c\\R\\d\\T\\e\\E\\f"),
        ("one\ntwo\r\nthree\rfour", "one\\.br\\two\\.br\\three\\.br\\four"),
        ("颈椎\x00\x0b\x1c𠀀", "颈椎𠀀"),
    ],
)
def test_no_text_becomes_a_delimiter(text: str, expected: str) -> None:
    assert escaped(text) == expected


def test_an_addendum_corrects_and_a_withdrawn_report_was_posted_wrongly(senior: User) -> None:
    report = signed_report(senior)
    report.refresh_from_db()
    first = report.versions.get()
    services.sign_addendum(report, "a|b\n左侧", by=senior, expected_version=report.version, password=PASSWORD)
    last = report.versions.order_by("-number")[0]
    message = hl7_of(last)
    assert_valid(message)
    rows = segments(message)
    assert rows[3][25] == "C"
    added = [row[5] for row in rows if row[0] == "OBX" and row[3].startswith("18748-4") and row[2] == "FT"]
    assert added == ["a\\F\\b\\.br\\左侧"]
    before = control_id_of(last)
    report.refresh_from_db()
    services.withdraw_report(report, "wrong patient", by=senior, expected_version=report.version, password=PASSWORD)
    withdrawn = ReportVersion.objects.get(pk=last.pk)
    rows = segments(hl7_of(withdrawn))
    assert rows[3][25] == "C"
    assert {row[11] for row in rows if row[0] == "OBX"} == {"W"}
    at = AuditEvent.objects.get(act="report.withdrawn").at
    assert {rows[0][6], rows[3][22]} == {timezone.localtime(at).strftime("%Y%m%d%H%M%S%z")}
    assert len({before, control_id_of(withdrawn), control_id_of(first)}) == 3


def test_a_preliminary_message_is_the_same_after_the_report_became_final(senior: User) -> None:
    """A worker died after it was sent, and before it is tried again somebody signs."""
    report = make_draft()
    complete(report, senior)
    digest = services.preview(report).digest
    services.approve_preliminary(report, by=senior, expected_version=report.version, content_digest=digest)
    sent = hl7_of(report.versions.get())
    sign(report, senior)
    again = hl7_of(ReportVersion.objects.get(report=report, number=1))
    assert again == sent
    assert segments(again)[3][25] == "P"


def test_a_discarded_preliminary_report_is_taken_back(senior: User) -> None:
    add_destination("WARD", Where(Kind.MLLP, "127.0.0.1", 1, (Form.HL7_ORU,), with_preliminary=True), by=None)
    add_destination("RIS", Where(Kind.MLLP, "127.0.0.1", 1, (Form.HL7_ORU,)), by=None)
    report = make_draft()
    complete(report, senior)
    digest = services.preview(report).digest
    services.approve_preliminary(report, by=senior, expected_version=report.version, content_digest=digest)
    before = control_id_of(report.versions.get())
    services.reopen_report(report, by=senior, expected_version=report.version)
    services.discard_report(report, "not of this patient", by=senior, expected_version=report.version)
    told = Delivery.objects.order_by("step").values_list("destination__name", "said")
    assert list(told) == [("WARD", "preliminary"), ("WARD", "withdrawn")]
    version = ReportVersion.objects.get(report=report)
    rows = segments(hl7_of(version))
    assert_valid(hl7_of(version))
    assert (rows[3][25], {row[11] for row in rows if row[0] == "OBX"}) == ("C", {"W"})
    assert control_id_of(version) != before
    said = bundle_of(version, with_pdf=False)
    assert said["entry"][0]["resource"]["status"] == "cancelled"


def test_a_draft_that_nobody_was_told_of_is_discarded_in_silence(senior: User) -> None:
    add_destination("WARD", Where(Kind.MLLP, "127.0.0.1", 1, (Form.HL7_ORU,), with_preliminary=True), by=None)
    report = make_draft()
    services.discard_report(report, "not of this patient", by=senior, expected_version=report.version)
    assert not Delivery.objects.exists()


def test_the_same_message_again_is_the_same_message(senior: User) -> None:
    version = signed_report(senior).versions.get()
    assert hl7_of(version) == hl7_of(version)
    assert control_id_of(version) != control_id_of(version, ("RIS", "HOSPITAL"))
    assert len(control_id_of(version)) <= 20
