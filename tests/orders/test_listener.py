"""The listener in a process of its own, called by another's HL7 client (python-hl7's) and by what is no client."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection
from hl7.client import MLLPClient
from hl7.mllp import open_hl7_connection

from reporting.audit_trail.models import AuditEvent
from reporting.orders.models import InboundMessage, Order
from reporting.orders.senders import Calling, add_sender
from tests.dicom_network.test_limits import certificate
from tests.orders.messages import message, order, patient
from tests.outbound.hl7_receiver import closed
from tests.paths import REPOSITORY
from tests.programs import program

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.process]


@dataclass
class Listener:
    port: int
    process: subprocess.Popen[str]

    def send(self, *messages: bytes) -> list[bytes]:
        with MLLPClient("127.0.0.1", self.port) as client:
            return [client.send_message(one) for one in messages]

    def raw(self, content: bytes, *, hang_up: bool = False) -> bytes:
        """Whatever comes back until the listener closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as plain:
            plain.sendall(content)
            if hang_up:
                plain.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: plain.recv(65536), b""))


@contextmanager
def listening(**environment: str) -> Iterator[Listener]:
    """Runs until the block ends; it must then end by itself when told to."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.orders.run_listener", str(connection.settings_dict["NAME"])],
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "listens for HL7 messages on port" in line, process.stderr and process.stderr.read()
        yield Listener(int(line.split()[-1]), process)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
    finally:
        process.kill()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        process.wait()


def test_a_ris_sends_and_strangers_slow_and_broken_callers_do_not_disturb() -> None:
    """One listener for all of it: starting one takes a second."""
    with listening(
        DENS_MESSAGES_MAX_BYTES="65536", DENS_MESSAGES_WITHIN_S="1", DENS_MESSAGES_PER_ADDRESS="4"
    ) as listener:
        assert listener.raw(b"\x0b") == b"", "nobody may call from here yet"
        add_sender("RIS", Calling(["127.0.0.1"]), by=None)

        answers = listener.send(*(message(patient(), *order(number=f"O{n}"), control_id=f"M{n}") for n in range(3)))
        assert [b"MSA|AA|M%d\r" % n in answer for n, answer in enumerate(answers)] == [True] * 3
        assert all(answer.startswith(b"\x0bMSH|") and answer.endswith(b"\x1c\r") for answer in answers)
        assert Order.objects.count() == 3

        assert b"MSA|AR|BIG" in listener.raw(b"\x0b" + message("Z" * 70_000, control_id="BIG"))
        assert listener.raw(b"GET / HTTP/1.1\r\n\r\n") == b""
        assert listener.raw(b"\x0bMSH|", hang_up=True) == b""
        half_open = [socket.create_connection(("127.0.0.1", listener.port)) for _ in range(3)]
        for one in half_open:
            one.sendall(b"\x0bMSH")
        assert b"MSA|AA" in listener.send(message(patient(), *order(number="O9")))[0], "a place was left"
        for one in half_open:
            one.settimeout(20)
            assert one.recv(10) == b"", "who is too slow is let go"
            one.close()
        faults = AuditEvent.objects.filter(act="message.refused").values_list("data__fault", flat=True)
        assert sorted(faults) == sorted(["unknown_address", "too_long", "no_start", "cut_off", *["too_slow"] * 3])


def test_over_tls_only_a_sender_with_our_authority_s_certificate_is_heard(tmp_path: Path) -> None:
    if program("openssl") is None:
        pytest.skip("openssl is not installed: TLS was NOT checked")
    add_sender("RIS", Calling(["127.0.0.1"]), by=None)
    (our_key, ours), ris, stranger = (certificate(tmp_path, name) for name in ("dens", "ris", "stranger"))
    environment = {
        "DENS_MESSAGES_TLS_CERTIFICATE": str(ours),
        "DENS_MESSAGES_TLS_KEY": str(our_key),
        "DENS_MESSAGES_TLS_PEERS_CA": str(ris[1]),
    }
    said = message(patient(), *order(number="O1"), control_id="T1")
    with listening(**environment) as listener:

        async def sent(shown: tuple[Path, Path] | None) -> str:
            tls = ssl.create_default_context(cafile=str(ours))
            if shown is not None:
                tls.load_cert_chain(shown[1], shown[0])
            reader, writer = await open_hl7_connection("127.0.0.1", listener.port, ssl=tls, encoding="utf-8")
            try:
                writer.writeblock(said)
                return str((await reader.readmessage()).segment("MSA"))
            except (EOFError, OSError):
                return "refused"
            finally:
                await closed(writer)

        # In a thread of its own: in this one Playwright's loop runs where a browser was tested before.
        with ThreadPoolExecutor(1) as apart:
            assert [apart.submit(asyncio.run, sent(shown)).result() for shown in (None, stranger)] == ["refused"] * 2
        with contextlib.suppress(ConnectionResetError):
            assert b"MSA" not in listener.raw(b"\x0b" + said + b"\x1c\r"), "in clear"
        assert not InboundMessage.objects.exists()
        with ThreadPoolExecutor(1) as apart:
            assert apart.submit(asyncio.run, sent(ris)).result() == "MSA|AA|T1"
    assert Order.objects.get().placer_number == "O1"
    refused = AuditEvent.objects.filter(act="message.refused").values_list("data__fault", flat=True)
    assert list(refused) == ["tls"] * 3


def test_a_killed_listener_loses_nothing_that_it_said_yes_to_and_doubles_nothing() -> None:
    add_sender("RIS", Calling(["127.0.0.1"]), by=None)
    said = [message(patient(), *order(number=f"O{n}")) for n in range(20)]
    with listening() as listener, MLLPClient("127.0.0.1", listener.port) as client:
        for one in said[:10]:
            assert b"MSA|AA" in client.send_message(one)
        client.socket.sendall(b"\x0b" + said[10] + b"\x1c\r")
        listener.process.kill()
        listener.process.wait()
    taken = Order.objects.count()
    assert taken in (10, 11)
    with listening() as listener:
        # A RIS sends again what it had no answer to, and here everything.
        assert all(b"MSA|AA" in answer for answer in listener.send(*said))
    assert Order.objects.count() == len(said)
    assert InboundMessage.objects.count() == len(said)
    assert AuditEvent.objects.filter(act="order.placed").count() == len(said)
