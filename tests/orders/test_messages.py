"""What a RIS tells us is acted upon once, in the order in which it was said, and answered truthfully."""

from __future__ import annotations

import base64
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hl7apy.parser import parse_message

from reporting.accounts.models import Role
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import NotAllowed, WrongState
from reporting.core.hl7_message import Message
from reporting.orders.intake import dismiss_message, retry_message, take
from reporting.orders.models import InboundMessage, MessageSender, Order, PatientMerge
from reporting.orders.senders import Calling, add_sender
from reporting.studies.models import Patient
from tests.factories import make_study, make_user
from tests.orders.messages import message, order, patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def ris() -> MessageSender:
    return add_sender("RIS", Calling(["127.0.0.1"], "RIS", "HOSPITAL"), by=None)


def answer(raw: bytes, sender: MessageSender) -> tuple[str, str]:
    """(MSA-1, condition of ERR); the answer must be one that another's parser reads, and name the message."""
    answered = take(raw, [sender])
    read = parse_message(answered.decode("utf-8", errors="replace"), find_groups=False)
    said, asked = Message.parse(answered), Message.parse(raw)
    assert read.msa.msa_2.value == asked.first("MSH").text(10)
    assert said.first("MSH").text(5) == "RIS"
    return said.first("MSA").text(1), said.first("ERR").text(3)


def test_an_order_is_kept_with_why_it_was_asked_for(ris: MessageSender) -> None:
    assert answer(message(patient(), *order()), ris) == ("AA", "")
    kept = Order.objects.get()
    assert (kept.placer_number, kept.accession_number, kept.patient_id, kept.issuer) == ("O1", "A1", "P1", "HOSP")
    assert kept.indication == "颈痛伴左上肢麻木 & 无力"
    assert (kept.procedure, kept.referring_unit, kept.ordering_provider) == ("颈椎MR平扫", "神经外科", "王 医生")
    assert AuditEvent.objects.filter(act="order.placed").count() == 1
    assert "颈痛" not in str(AuditEvent.objects.values_list("data", flat=True))


@pytest.mark.parametrize("kind", ["OMI^O23^OMI_O23", "OMG^O19^OMG_O19"])
def test_orders_of_newer_kinds_are_read_from_their_own_segments(ris: MessageSender, kind: str) -> None:
    """Time and priority stand in TQ1, the accession number in IPC."""
    segments = [
        patient(),
        "PV1|1|O|门诊3",
        "ORC|NW|O7^RIS|F7",
        "TQ1|1||||||20261127093000+0800||S",
        "OBR|1|O7^RIS|F7|MRCS^颈椎MR平扫^L|||||||||颈痛",
        "IPC|A7^RIS|RP7|1.2.840.7|SPS7|MR",
    ]
    assert answer(message(*segments, kind=kind), ris) == ("AA", "")
    kept = Order.objects.get()
    assert (kept.placer_number, kept.filler_number, kept.accession_number) == ("O7^RIS", "F7", "A7")
    assert (kept.procedure, kept.indication, kept.referring_unit, kept.priority) == ("颈椎MR平扫", "颈痛", "门诊3", "S")
    assert kept.scheduled_at is not None
    assert kept.scheduled_at.isoformat() == "2026-11-27T01:30:00+00:00"


@pytest.mark.parametrize("charset", ["UNICODE UTF-8", "GB 18030-2000", "GBK", "gb2312"])
def test_characters_are_read_as_msh_18_says(ris: MessageSender, charset: str) -> None:
    take(message(patient(), *order(reason="颈椎病"), charset=charset), [ris])
    assert Order.objects.get().indication == "颈椎病"


def test_without_msh_18_the_site_says_which_characters_they_are() -> None:
    site = add_sender("HIS", Calling(["10.0.0.0/8"], charset="GB 18030-2000"), by=None)
    raw = message(patient(), *order(reason="𠀀颈椎病"), charset="").decode("gb18030").encode("gb18030")
    take(raw, [site])
    assert Order.objects.get().indication == "𠀀颈椎病"


@pytest.mark.parametrize("names", [("AAA", "RIS"), ("RIS", "ZZZ")])
def test_two_senders_at_one_address_write_each_in_their_own_characters(names: tuple[str, str]) -> None:
    """The bytes of one can often be read as the other's: 张三 in UTF-8 are three other characters in GB 18030."""
    gb, utf = names
    senders = [
        add_sender("1", Calling(["127.0.0.1"], gb, charset="GB 18030-2000"), by=None),
        add_sender("2", Calling(["127.0.0.1"], utf), by=None),
    ]
    for order_of_senders in (senders, senders[::-1]):
        for at, (name, codec) in enumerate(((gb, "gb18030"), (utf, "utf-8"))):
            raw = message(patient(), *order(number=f"{name}{codec}", reason="张三"), charset="")
            raw = raw.decode("gb18030").replace("|RIS|HOSPITAL|", f"|{name}|HOSPITAL|", 1).encode(codec)
            assert b"MSA|AA" in take(raw, order_of_senders), InboundMessage.objects.get(outcome="parked").fault
            kept = Order.objects.get(placer_number=f"{name}{codec}")
            assert (kept.indication, InboundMessage.objects.latest("created_at").sender) == ("张三", senders[at])
            assert kept.delete()


def test_what_cannot_be_read_is_parked_under_whose_names_it_bears() -> None:
    add_sender("1", Calling(["127.0.0.1"], "HIS"), by=None)
    ris = add_sender("2", Calling(["127.0.0.1"], "RIS"), by=None)
    raw = message(patient(), *order(), charset="").decode("gb18030").encode("gb18030")
    assert b"MSA|AE" in take(raw, list(MessageSender.objects.order_by("name")))
    assert InboundMessage.objects.get().sender == ris
    assert retry_message(InboundMessage.objects.get(), by=make_user(Role.ADMIN)).fault == "wrong_charset"


@pytest.mark.parametrize("charset", ["KLINGON", "ASCII"])
def test_characters_that_are_not_what_is_said_are_parked_and_not_guessed(ris: MessageSender, charset: str) -> None:
    raw = message(patient(), *order(), charset=charset)
    assert b"MSA|AE" in take(raw, [ris])
    parked = InboundMessage.objects.get()
    assert (parked.outcome, bytes(parked.content)) == ("parked", raw)
    assert not Order.objects.exists()


def test_the_same_message_again_is_taken_once(ris: MessageSender) -> None:
    raw = message(patient(), *order())
    assert [answer(raw, ris) for _twice in range(2)] == [("AA", ""), ("AA", "")]
    assert InboundMessage.objects.get().times == 2
    assert AuditEvent.objects.filter(act__startswith="order.").count() == 1


def test_a_control_id_that_was_used_for_something_else_is_parked(ris: MessageSender) -> None:
    take(message(patient(), *order(), control_id="X"), [ris])
    assert answer(message(patient(), *order(number="O2"), control_id="X"), ris) == ("AE", "205")
    assert Order.objects.count() == 1
    assert InboundMessage.objects.get(outcome="parked").fault == "control_id_used_before"


def test_an_order_is_changed_and_cancelled_by_its_number(ris: MessageSender) -> None:
    take(message(patient(), *order(), at="20261126080000"), [ris])
    take(message(patient(), *order("XO", reason="外伤"), at="20261126080100"), [ris])
    assert Order.objects.get().indication == "外伤"
    take(message(patient(), "ORC|CA|O1", at="20261126080200"), [ris])
    kept = Order.objects.get()
    assert (kept.status, kept.indication, kept.accession_number, kept.version) == ("cancelled", "外伤", "A1", 3)


def test_a_cancellation_that_overtakes_its_order_holds(ris: MessageSender) -> None:
    assert answer(message(patient(), "ORC|CA|O1", at="20261126080200"), ris)[0] == "AA"
    assert answer(message(patient(), *order(), at="20261126080000"), ris)[0] == "AA"
    assert Order.objects.get().status == "cancelled"


def test_an_order_does_not_change_its_patient_unless_both_are_one(ris: MessageSender) -> None:
    take(message(patient("P1"), *order()), [ris])
    assert answer(message(patient("P2"), *order("XO")), ris) == ("AE", "204")
    assert Order.objects.get().patient_id == "P1"
    take(message(patient("P2"), "MRG|P1^^^HOSP^PI", kind="ADT^A40"), [ris])
    again = retry_message(InboundMessage.objects.get(outcome="parked"), by=make_user(Role.ADMIN))
    assert again.outcome == "taken"
    assert Order.objects.get().patient_id == "P2"


def test_a_study_finds_its_order_by_accession_number_and_patient(ris: MessageSender) -> None:
    take(message(patient("P1"), *order(accession="A7")), [ris])
    take(message(patient("P9"), *order(number="O9", accession="A7")), [ris])
    study = make_study()
    study.accession_number = "A7"
    Patient.objects.filter(pk=study.patient_id).update(patient_id="P1")
    study.patient.refresh_from_db()
    assert [one.placer_number for one in Order.objects.for_study(study)] == ["O1"]
    take(message(patient("P2"), "MRG|P1^^^HOSP^PI", kind="ADT^A40"), [ris])
    take(message(patient("P2"), *order("XO", accession="A7")), [ris])
    assert [one.patient_id for one in Order.objects.for_study(study)] == ["P2"], "found under the number kept"
    study.patient.issuer = "ELSEWHERE"
    assert not Order.objects.for_study(study).exists()


def test_a_patient_is_corrected_and_what_was_not_said_stays(ris: MessageSender) -> None:
    study = make_study()
    Patient.objects.filter(pk=study.patient_id).update(patient_id="P1", name="Zhang^San=张^三")
    said = patient(names="张^山", born="19710203")
    assert answer(message("EVN|A08", said, kind="ADT^A08^ADT_A01"), ris) == ("AA", "")
    corrected = Patient.objects.get(pk=study.patient_id)
    assert (corrected.name, corrected.birth_date, corrected.sex) == ("Zhang^San=张^山", date(1971, 2, 3), "M")
    event = AuditEvent.objects.get(act="patient.corrected")
    assert event.data["fields"] == ["birth_date", "name", "sex"]
    assert answer(message(patient("UNKNOWN"), kind="ADT^A08"), ris) == ("AA", "")


def test_a_merge_moves_nothing_and_is_kept_for_ever(ris: MessageSender) -> None:
    study = make_study()
    before = Patient.objects.get(pk=study.patient_id)
    raw = message(patient("NEW"), f"MRG|{before.patient_id}^^^HOSP^PI", kind="ADT^A40^ADT_A39")
    assert answer(raw, ris) == ("AA", "")
    study.refresh_from_db()
    assert study.patient_id == before.pk
    merge = PatientMerge.objects.get()
    assert (merge.kept_id, merge.merged_id) == ("NEW", before.patient_id)
    assert AuditEvent.objects.filter(act="patient.merged", object_id=str(merge.pk)).count() == 1


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (message(patient(), *order(), kind="DFT^P03"), ("AR", "200")),
        (message(patient(), *order(), kind="ADT^A99"), ("AR", "201")),
        (message(patient(), *order(), processing="T"), ("AR", "202")),
        (message(patient(), *order(), version="3.0"), ("AR", "203")),
        (message(patient()), ("AE", "100")),
        (message(patient(number=""), *order()), ("AE", "101")),
        (message(patient(), *order(number="")), ("AE", "101")),
        (message(patient(), *order("ZZ")), ("AE", "103")),
        (message(patient(number="9" * 65), *order()), ("AE", "102")),
        (message(patient(), kind="ADT^A40"), ("AE", "100")),
        (message(patient("P1"), "MRG|P1^^^HOSP^PI", kind="ADT^A40"), ("AE", "102")),
    ],
)
def test_what_cannot_be_used_is_answered_by_its_reason(
    ris: MessageSender, raw: bytes, expected: tuple[str, str]
) -> None:
    assert answer(raw, ris) == expected
    kept = InboundMessage.objects.get()
    assert kept.fault
    assert (kept.outcome, bytes(kept.content)) == (("parked", raw) if expected[0] == "AE" else ("refused", b""))
    assert not Order.objects.exists()
    assert not PatientMerge.objects.exists()


def test_a_half_usable_message_leaves_no_half(ris: MessageSender) -> None:
    assert answer(message(patient(), *order(), "ORC|NW|"), ris) == ("AE", "101")
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00" * 100,
        b"MSH",
        b"MSH|^~\\&",
        b"MSH|||||||||||||",
        b"PID|1||X",
        b"MSH|^~\\&|" + b"|" * 5000,
        base64.b64decode("TVNIfF5+XCZ8/v8="),
        b"MSH|^~\\&|A\r" + b"X\r" * 20_000,
    ],
)
def test_no_bytes_break_it(ris: MessageSender, raw: bytes) -> None:
    said = take(raw, [ris])
    assert said.startswith(b"MSH|")
    assert b"\rMSA|A" in said
    assert b"MSA|AA" not in said


def test_who_is_not_named_as_expected_is_refused_and_nothing_is_kept(ris: MessageSender) -> None:
    raw = message(patient(), *order()).replace(b"|RIS|", b"|OTHER|")
    assert b"MSA|AR" in take(raw, [ris])
    assert not InboundMessage.objects.exists()
    assert AuditEvent.objects.filter(act="message.refused", outcome="failure").count() == 1


def test_parked_messages_are_for_administrators_to_try_or_dismiss(ris: MessageSender) -> None:
    take(message(patient()), [ris])
    parked = InboundMessage.objects.get()
    with pytest.raises(NotAllowed):
        retry_message(parked, by=make_user(Role.SENIOR))
    admin = make_user(Role.ADMIN)
    assert retry_message(parked, by=admin).outcome == "parked"
    dismissed = dismiss_message(parked, by=admin)
    assert (dismissed.outcome, bytes(dismissed.content)) == ("dismissed", b"")
    with pytest.raises(WrongState):
        dismiss_message(parked, by=admin)


def test_an_error_of_ours_is_parked_and_says_nothing_of_the_patient(
    ris: MessageSender, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_any: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("reporting.orders.intake.apply", break_down)
    assert answer(message(patient(), *order()), ris) == ("AE", "207")
    assert InboundMessage.objects.get().fault == "error"
    assert "张" not in caplog.text


def test_what_is_old_and_settled_is_forgotten(
    ris: MessageSender, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    take(message(patient(), *order()), [ris])
    take(message(patient(), "ORC|ZZ|O1"), [ris])
    used, parked = InboundMessage.objects.get(outcome="taken"), InboundMessage.objects.get(outcome="parked")
    with pytest.raises(CommandError):
        call_command("purge_messages")
    settings.HL7_KEEP_DAYS = 30
    call_command("purge_messages")
    assert InboundMessage.objects.count() == 2
    InboundMessage.objects.update(updated_at=timezone.now() - timedelta(days=31))
    call_command("purge_messages")
    assert list(InboundMessage.objects.values_list("pk", flat=True)) == [parked.pk]
    assert used.pk != parked.pk
    assert Order.objects.count() == 1  # what followed from it stays
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "1 removed",
        "1 are as old and could not be used: they wait for people, with their bytes",
    ]
