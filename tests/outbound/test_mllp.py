"""MLLP to a receiver that we did not write: the question whether it answers, and reports over TLS."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.core.management import call_command
from django.utils import timezone
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from reporting.accounts.models import Role
from reporting.audit_trail.models import AuditEvent
from reporting.core.hl7_message import Message
from reporting.core.hl7_text import Charset
from reporting.outbound import mllp_ping
from reporting.outbound.asking import Answer, ask
from reporting.outbound.destinations import Where, add_destination
from reporting.outbound.mllp_ping import question
from reporting.outbound.models import Delivery, Destination, Form, Kind
from reporting.outbound.services import send_due
from reporting.reports.exports.outgoing import send_delivery
from tests.dicom_network.test_limits import certificate
from tests.outbound.hl7_receiver import hl7_receiver
from tests.programs import program
from tests.reports.factories import make_user, signed_report

pytestmark = pytest.mark.django_db


def ris(port: int = 1, **more: Any) -> Destination:
    where = {"application": "RIS", "facility": "医院", **more}
    return add_destination("RIS", Where(Kind.MLLP, "127.0.0.1", port, (Form.HL7_ORU,), **where), by=None)


@pytest.mark.parametrize("charset", Charset)
def test_the_question_is_a_valid_one_to_the_receiver_and_of_nobody(charset: Charset) -> None:
    place = ris(charset=charset)
    asked, again = (question(place) for _ in range(2))
    read = parse_message(asked.decode(charset.codec), validation_level=VALIDATION_LEVEL.STRICT)
    assert read.validate()
    assert read.name == "NMQ_N01"
    head = Message.parse(asked).first("MSH")
    assert [head.text(n) for n in (3, 5, 6, 18)] == ["DENS", "RIS", "医院", charset.value]
    assert head.text(10) != Message.parse(again).first("MSH").text(10)
    assert [segment.name for segment in Message.parse(asked).segments()] == ["MSH", "NCK"]


@pytest.mark.parametrize(("code", "said"), [("AA", ""), ("CA", ""), ("AR", "AR"), ("AE", "AE"), ("CR", "CR")])
@pytest.mark.parametrize("charset", Charset)
def test_whoever_speaks_hl7_answers_even_by_a_refusal(code: str, said: str, charset: Charset) -> None:
    with hl7_receiver(code, encoding=charset.codec) as receiver:
        place = ris(receiver.port, charset=charset)
        assert ask(place, by=None) == Answer(said=said)
        printed = io.StringIO()
        call_command("destination", "--check", stdout=printed)
    assert printed.getvalue().splitlines()[1] == f"  answers {said}".rstrip()
    assert [str(message.segment("MSH")[9]) for message in receiver.received] == ["NMQ^N01^NMQ_N01"] * 2
    assert str(receiver.received[0].segment("MSH")[6]) == "医院"
    assert set(AuditEvent.objects.filter(act="destination.asked").values_list("outcome", flat=True)) == {"success"}


@contextmanager
def saying(answer: bytes | None) -> Iterator[int]:
    """Who takes one connection, says this to whatever comes (``{id}``: its control id), and waits until we hang up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def receive() -> None:
            with server.accept()[0] as connection:
                asked = connection.recv(65536)
                if answer is not None:
                    connection.sendall(answer.replace(b"{id}", asked.split(b"|")[9]))
                connection.settimeout(20)
                assert connection.recv(1) == b""

        receiver = threading.Thread(target=receive)
        receiver.start()
        yield server.getsockname()[1]
        receiver.join()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"\x0bMSH|^~\\&|R||||||ACK|1|P|2.3.1\rMSA|AR|{id}|Not  for us\r\x1c\r", Answer(said="AR Not for us")),
        (b"\x0bMSH|^~\\&|R||||||ACK|1|P|2.4\rMSA|AE|{id}\rERR|^^^200&No\r\x1c\r", Answer(said="AE 200 No")),
        (b"\x0bMSH|^~\\&|R||||||NMR^N01|1|P|2.5\rMSA|AA|{id}\rNCK|20261128\r\x1c\r", Answer()),
        (b"\x0bMSH|^~\\&|R||||||ACK|1|P|2.5\rMSA|AA|OTHER\r\x1c\r", Answer("answer_to_another")),
        (b"\x0bMSH|^~\\&|R||||||ACK|1|P|2.5\r\x1c\r", Answer("answer_to_another")),
        (b"\x0bMSH|^~\\&|R||||||ACK|1|P|2.5\rMSA|ZZ|{id}\r\x1c\r", Answer("answer_unreadable")),
        (b"\x0bhello\x1c\r", Answer("answer_unreadable")),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Answer("answer_unreadable")),
        (b"\x0bMSH|^~\\&|R|", Answer("answer_unreadable")),
        (None, Answer("no_answer")),
    ],
)
def test_what_is_no_acknowledgement_is_no_answer(
    answer: bytes | None, expected: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mllp_ping, "ANSWER_S", 0.3)
    with saying(answer) as port:
        assert ask(ris(port), by=None) == expected


@pytest.fixture
def authorities(tmp_path: Path) -> dict[str, tuple[Path, Path]]:
    if program("openssl") is None:
        pytest.skip("openssl is not installed: TLS was NOT checked")
    return {name: certificate(tmp_path, name) for name in ("ris", "stranger")}


@pytest.mark.skipif(not any(site.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci")
def test_over_tls_a_report_waits_until_the_receiver_is_one_that_our_authority_vouches_for(
    authorities: dict[str, tuple[Path, Path]], settings: Any
) -> None:
    with hl7_receiver(certificate=authorities["ris"]) as receiver:
        place = ris(receiver.port, uses_tls=True)
        signed_report(make_user(Role.SENIOR))
        settings.DESTINATIONS_CA = str(authorities["stranger"][1])
        assert ask(place, by=None) == Answer("tls_failed")
        assert send_due(send_delivery) == 1
        delivery = Delivery.objects.get()
        assert (delivery.status, delivery.fault) == ("waiting", "tls_failed")
        settings.DESTINATIONS_CA = str(authorities["ris"][1])
        # It is vouched for as 127.0.0.1 and as nothing else.
        Destination.objects.update(host="localhost")
        place.refresh_from_db()
        assert ask(place, by=None) == Answer("tls_failed")
        assert receiver.received == []

        Destination.objects.update(host="127.0.0.1")
        Delivery.objects.update(not_before=timezone.now() - timedelta(seconds=1))
        place.refresh_from_db()
        assert ask(place, by=None) == Answer()
        assert send_due(send_delivery) == 1
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt) == ("sent", 2)
    assert [str(message.segment("MSH")[9]) for message in receiver.received] == ["NMQ^N01^NMQ_N01", "ORU^R01^ORU_R01"]


def test_who_asks_for_our_certificate_is_shown_it(authorities: dict[str, tuple[Path, Path]], settings: Any) -> None:
    ours_key, ours = authorities["stranger"]
    settings.DESTINATIONS_CA = str(authorities["ris"][1])
    with hl7_receiver(certificate=authorities["ris"], knows=ours) as receiver:
        place = ris(receiver.port, uses_tls=True)
        assert ask(place, by=None).fault
        settings.DESTINATIONS_CERTIFICATE = str(ours)
        for key, fault in (("", "tls_failed"), ("/nonexistent.key", "tls_failed"), (str(ours_key), "")):
            settings.DESTINATIONS_KEY = key
            assert ask(place, by=None).fault == fault
    assert len(receiver.received) == 1


@pytest.mark.skipif(not any(site.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci")
def test_to_who_speaks_no_tls_nothing_is_said_in_clear() -> None:
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            for _connection in range(2):
                with server.accept()[0] as connection:
                    heard.append(connection.recv(65536))
                    connection.sendall(b"\x0bMSH|^~\\&|RIS||||||ACK|1|P|2.5\rMSA|AA|1\r\x1c\r")

        listener = threading.Thread(target=listen)
        listener.start()
        place = ris(server.getsockname()[1], uses_tls=True)
        signed_report(make_user(Role.SENIOR))
        assert ask(place, by=None) == Answer("tls_failed")
        assert send_due(send_delivery) == 1
        listener.join()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.fault) == ("waiting", "tls_failed")
    assert [said[:2] for said in heard] == [b"\x16\x03"] * 2, "TLS begins so"
    assert not any(b"MSH" in said for said in heard)
