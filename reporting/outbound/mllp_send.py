"""One HL7 v2 message over MLLP, and what the receiver answered."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator

from reporting.core.hl7_message import Message, Unreadable
from reporting.core.mllp import BrokenFrame, FrameReader, framed
from reporting.core.outgoing_tls import tls_context
from reporting.outbound.models import Destination
from reporting.outbound.receivers import ANSWER_S, CONNECT_S, NotSent

MAX_ANSWER_BYTES = 256 * 1024
TAKEN, REFUSED = ("AA", "CA"), ("AE", "CE", "AR", "CR")
"""What MSA-1 may say (table 0008)."""


def send_message(message: bytes, destination: Destination) -> None:
    """Return once the receiver said that it took this very message (MSA-1 AA or CA). Raises :class:`NotSent`."""
    code = code_of(answer_to(message, destination, within_s=ANSWER_S))
    if code in REFUSED:
        # AE, CE: what it cannot use now it cannot use later. People must look.
        raise NotSent(f"answer_{code.lower()}", for_good=code in ("AE", "CE"))


def answer_to(message: bytes, destination: Destination, *, within_s: float) -> Message:
    """What the receiver says to this very message, whatever it says. Raises :class:`NotSent`."""
    control_id = Message.parse(message).first("MSH").text(10)
    with _connected(destination) as connection:
        connection.settimeout(within_s)
        try:
            connection.sendall(framed(message))
            raw = FrameReader(connection, max_bytes=MAX_ANSWER_BYTES, within_s=within_s).next(idle_s=within_s)
        except BrokenFrame as error:
            raise NotSent("answer_unreadable") from error
        except OSError as error:
            raise NotSent("connection_lost") from error
    if raw is None:
        raise NotSent("no_answer")
    try:
        answer = Message.parse(raw, default_codec="latin-1")
    except Unreadable as error:
        raise NotSent("answer_unreadable") from error
    if answer.first("MSA").text(2) != control_id:
        raise NotSent("answer_to_another")
    if code_of(answer) not in (*TAKEN, *REFUSED):
        raise NotSent("answer_unreadable")
    return answer


def code_of(answer: Message) -> str:
    """MSA-1."""
    return answer.first("MSA").text(1).upper()


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
