"""One HL7 v2 message over MLLP, and what the receiver answered."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator

from reporting.core.hl7_message import Message, Unreadable
from reporting.core.mllp import BrokenFrame, FrameReader, framed
from reporting.outbound.models import Destination
from reporting.outbound.receivers import ANSWER_S, CONNECT_S, NotSent, tls_context

MAX_ANSWER_BYTES = 256 * 1024


def send_message(message: bytes, destination: Destination) -> None:
    """Return once the receiver said that it took this very message (MSA-1 AA or CA). Raises :class:`NotSent`."""
    control_id = Message.parse(message).first("MSH").text(10)
    with _connected(destination) as connection:
        connection.settimeout(ANSWER_S)
        try:
            connection.sendall(framed(message))
            answer = FrameReader(connection, max_bytes=MAX_ANSWER_BYTES, within_s=ANSWER_S).next(idle_s=ANSWER_S)
        except BrokenFrame as error:
            raise NotSent("answer_unreadable") from error
        except OSError as error:
            raise NotSent("connection_lost") from error
    if answer is None:
        raise NotSent("no_answer")
    _check(answer, control_id)


def knock(destination: Destination) -> None:
    """Whether somebody takes connections there; MLLP knows no more harmless question. Raises :class:`NotSent`."""
    with _connected(destination):
        return


def _check(answer: bytes, control_id: str) -> None:
    try:
        acknowledgement = Message.parse(answer, default_codec="latin-1").first("MSA")
    except Unreadable as error:
        raise NotSent("answer_unreadable") from error
    code = acknowledgement.text(1).upper()
    if acknowledgement.text(2) != control_id:
        raise NotSent("answer_to_another")
    if code in ("AA", "CA"):
        return
    if code in ("AE", "CE"):  # what it cannot use now it cannot use later: people must look
        raise NotSent(f"answer_{code.lower()}", for_good=True)
    raise NotSent(f"answer_{code.lower()}" if code in ("AR", "CR") else "answer_unreadable")


@contextlib.contextmanager
def _connected(destination: Destination) -> Iterator[socket.socket]:
    try:
        plain = socket.create_connection((destination.host, destination.port), timeout=CONNECT_S)
    except OSError as error:
        raise NotSent("no_connection") from error
    with plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not destination.uses_tls:
            yield plain
            return
        try:
            sealed = tls_context().wrap_socket(plain, server_hostname=destination.host)
        except (ssl.SSLError, OSError) as error:
            raise NotSent("tls_failed") from error
        with sealed:
            yield sealed
