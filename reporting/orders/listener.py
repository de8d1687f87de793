"""The MLLP listener: one thread for each connection, each message committed before it is answered."""

from __future__ import annotations

import contextlib
import logging
import socket
import socketserver
import ssl
import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import close_old_connections, connection, transaction

from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.hl7_message import Message, Unreadable
from reporting.core.mllp import BrokenFrame, FrameReader, framed
from reporting.orders.acknowledgement import Verdict, acknowledgement
from reporting.orders.intake import take
from reporting.orders.models import MessageSender

ENDS_WITHIN_S = 20.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """``connections`` at once, ``per_address`` of them; a message within ``message_s``, silence for ``idle_s``."""

    connections: int
    per_address: int
    max_bytes: int
    message_s: float
    idle_s: float

    @classmethod
    def from_settings(cls) -> Limits:
        return cls(
            settings.HL7_CONNECTIONS,
            settings.HL7_PER_ADDRESS,
            settings.HL7_MAX_BYTES,
            settings.HL7_MESSAGE_S,
            settings.HL7_IDLE_S,
        )


def tls_context() -> ssl.SSLContext | None:
    """The site's certificate, and with a CA file the demand that senders show theirs; ``None`` without TLS."""
    if not settings.HL7_TLS_CERTIFICATE:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.HL7_TLS_CERTIFICATE, settings.HL7_TLS_KEY or None)
    if settings.HL7_TLS_PEERS_CA:
        context.load_verify_locations(settings.HL7_TLS_PEERS_CA)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class MessageListener(socketserver.ThreadingTCPServer):
    """``serve_forever`` until ``shutdown``; then ``close_gently``."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], limits: Limits, tls: ssl.SSLContext | None) -> None:
        self.limits, self.tls = limits, tls
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._busy = threading.Condition(self._lock)
        self._working = 0
        self.is_ending = False
        super().__init__(address, _Conversation)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Where nobody may call from, or with no place left, a connection is closed before it is read."""
        address = client_address[0]
        with self._lock:
            full = self._held.total() >= self.limits.connections or self._held[address] >= self.limits.per_address
            if not full:
                self._held[address] += 1
        if full:
            return False
        known = False
        try:
            known = bool(_senders(address))
            if not known:
                with transaction.atomic():
                    record(AuditAct.MESSAGE_REFUSED, by=None, outcome="failure", data={"fault": "unknown_address"})
        except DatabaseFault:
            logger.exception("nobody can be let in: no database")
        finally:
            close_old_connections()
        if not known:
            self.let_go(address)
        return known

    def let_go(self, address: str) -> None:
        with self._lock:
            self._held[address] -= 1
            self._held += Counter()

    @contextlib.contextmanager
    def working(self) -> Any:
        """While a message is being taken the process must not end."""
        with self._lock:
            self._working += 1
        try:
            yield
        finally:
            with self._busy:
                self._working -= 1
                self._busy.notify_all()

    def close_gently(self) -> None:
        """Answer what is being taken, then end."""
        self.is_ending = True
        self.server_close()
        with self._busy:
            self._busy.wait_for(lambda: self._working == 0, ENDS_WITHIN_S)


class _Conversation(socketserver.BaseRequestHandler):
    server: MessageListener
    request: socket.socket

    def handle(self) -> None:
        address, limits = self.client_address[0], self.server.limits
        try:
            with self._sealed() as sock:
                reader = FrameReader(sock, max_bytes=limits.max_bytes, within_s=limits.message_s)
                while not self.server.is_ending and self._one(reader, sock, address):
                    pass
        except OSError:
            pass  # the sender has gone; what it had no answer to it sends again
        except DatabaseFault:
            logger.exception("a message could not be kept and was not answered")
        finally:
            connection.close()
            self.server.let_go(address)

    def _sealed(self) -> socket.socket:
        if self.server.tls is None:
            return self.request
        self.request.settimeout(self.server.limits.message_s)
        try:
            return self.server.tls.wrap_socket(self.request, server_side=True)
        except ssl.SSLEOFError:
            raise  # who only looks whether somebody listens
        except ssl.SSLError:
            _note_refused("tls")
            raise

    def _one(self, reader: FrameReader, sock: socket.socket, address: str) -> bool:
        """Take and answer one message; whether to go on."""
        try:
            raw = reader.next(idle_s=self.server.limits.idle_s)
        except BrokenFrame as error:
            _note_refused(error.code)
            if error.code == "too_long":
                sock.sendall(framed(acknowledgement(_head_of(reader.head), Verdict("AR", "102", "too_long"))))
            return False
        if raw is None:
            return False
        with self.server.working():
            senders = _senders(address)
            if not senders:
                return False
            sock.settimeout(self.server.limits.message_s)
            sock.sendall(framed(take(raw, senders)))
            close_old_connections()
        return True


def _senders(address: str) -> list[MessageSender]:
    return MessageSender.objects.at(address)


def _note_refused(fault: str) -> None:
    with transaction.atomic():
        record(AuditAct.MESSAGE_REFUSED, by=None, outcome="failure", data={"fault": fault})


def _head_of(beginning: bytes) -> Message | None:
    """Of a message too long to be read: its first line names it."""
    try:
        return Message.parse(beginning[1:].split(b"\r", 1)[0])
    except Unreadable:
        return None
