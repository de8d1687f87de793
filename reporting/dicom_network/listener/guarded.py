"""pynetdicom's upper layer with ceilings: it reads what a peer announces without any (measured: 1.5 GB in 2 s).

``GuardedSocket``: no PDU longer than agreed, none slower than its time. ``GuardedDimse``: no message without end.
``PatientAcse``: a release is answered when what came has been taken in as a whole. ``GuardedDul`` and ``_AtOnce``: an
object is stored and answered in the thread that received it, where the library would hand it to another that polls.
Both threads wait for what they need; the library's look a thousand times a second, which an object waits for twice.
"""

from __future__ import annotations

import contextlib
import queue
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connections
from pynetdicom.acse import ACSE
from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import DIMSEMessage
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dul import DULServiceProvider
from pynetdicom.pdu_primitives import P_DATA
from pynetdicom.transport import AssociationSocket

from reporting.dicom_network.listener.limits import (
    MAX_COMMAND_BYTES,
    MAX_IDENTIFIER_BYTES,
    MAX_NEGOTIATION_BYTES,
    Limits,
)
from reporting.studies.dicom_gate import MAX_FILE_BYTES

_PIECE = 256 * 1024
_WAITS_S = 0.002
"""For bytes of the peer; then the library looks whether the other thread has something to send."""
_LOOKS_EVERY_S = 0.05
"""At the clocks, of the thread that has nothing else to do."""
_INVALID_PDU = "Evt19"  # PS3.8 table 9-10: unrecognised or invalid PDU received; the peer gets an A-ABORT


class GuardedSocket(AssociationSocket):  # type: ignore[misc]
    """``recv`` raises ``OSError`` for what is too long or too slow; pynetdicom then closes the connection."""

    def __init__(self, assoc: Association, client_socket: socket.socket, limits: Limits) -> None:
        super().__init__(assoc, client_socket=client_socket)
        self._limits = limits

    @property
    def ready(self) -> bool:
        sock = self.socket
        if sock is None or not self._is_connected:
            time.sleep(_WAITS_S)
            return False
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            return True
        with contextlib.suppress(OSError, ValueError):
            select.select([sock], [], [], _WAITS_S)
        return bool(super().ready)

    def recv(self, nr_bytes: int) -> bytearray:
        try:
            received = self._recv(nr_bytes)
        except OSError:
            self._wake()
            raise
        if len(received) < nr_bytes:
            self._wake()
        return received

    def _wake(self) -> None:
        """End the library's wait for an association request that will not come: it would hold the process."""
        if not self.assoc.is_established:
            self.assoc.dul.to_user_queue.put(None)

    def _recv(self, nr_bytes: int) -> bytearray:
        agreed = self.assoc.is_established
        longest = self._limits.max_pdu_bytes + 6 if agreed else MAX_NEGOTIATION_BYTES
        if nr_bytes > longest:
            raise OSError("the peer announced a PDU longer than agreed")
        sock = self.socket
        if sock is None:
            raise OSError("the connection is closed")
        deadline = time.monotonic() + (self._limits.silence_s if agreed else self._limits.negotiation_s)
        received = bytearray(nr_bytes)
        view, at = memoryview(received), 0
        while at < nr_bytes:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the peer sends too slowly")
            sock.settimeout(left)
            count = sock.recv_into(view[at : at + _PIECE])
            if not count:
                break
            at += count
        del view
        return received[:at]

    def send(self, bytestream: bytes) -> None:
        if self.socket is not None:
            self.socket.settimeout(self._limits.silence_s)  # a peer that does not read
        super().send(bytestream)


class GuardedDimse(DIMSEServiceProvider):  # type: ignore[misc]
    message: Any

    def __init__(self, association: Association, came: threading.Event) -> None:
        super().__init__(association)
        self.msg_queue = _AtOnce(association, came)

    def receive_primitive(self, primitive: P_DATA) -> None:
        super().receive_primitive(primitive)
        if self.message is not None and _is_too_long(self.message):
            remove_unfinished(self.message)
            self.message = None
            self.dul.event_queue.put(_INVALID_PDU)

    def remove_unfinished(self) -> None:
        """Drop what a peer began to send and did not end."""
        if self.message is not None:
            remove_unfinished(self.message)


class _AtOnce(queue.Queue[Any]):
    """Of complete messages; those that bring an object are served instead of waiting."""

    def __init__(self, association: Association, came: threading.Event) -> None:
        super().__init__()
        self._association, self._came = association, came

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        context_id, message = item
        if isinstance(message, C_STORE) and message.is_valid_request:
            self._association._serve_request(message, context_id)
        else:
            super().put(item, block, timeout)
            self._came.set()


class _Told(queue.Queue[Any]):
    """Of what the receiving thread has for the other one, which hears of it at once."""

    def __init__(self, came: threading.Event) -> None:
        super().__init__()
        self._came = came

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        super().put(item, block, timeout)
        self._came.set()


class Checkpoint(threading.Event):
    """Where the association's own thread passes each time it looks: here it waits until there is something to see."""

    def __init__(self) -> None:
        super().__init__()
        self.came = threading.Event()
        self.set()

    def wait(self, timeout: float | None = None) -> bool:
        self.came.wait(_LOOKS_EVERY_S)
        self.came.clear()
        return super().wait(timeout)


class GuardedDul(DULServiceProvider):  # type: ignore[misc]
    def __init__(self, association: Association, came: threading.Event) -> None:
        super().__init__(association)
        self._came = came
        self.to_user_queue = _Told(came)
        self._run_loop_delay = 0  # the socket waits

    def run(self) -> None:
        try:
            super().run()
        finally:
            self._came.set()
            connections.close_all()  # this thread's own


class PatientAcse(ACSE):  # type: ignore[misc]
    def __init__(self, association: Association, before_release: Callable[[], object]) -> None:
        super().__init__(association)
        self._before_release = before_release

    def send_release(self, is_response: bool = False) -> None:
        self._before_release()
        super().send_release(is_response)


def remove_unfinished(message: DIMSEMessage) -> None:
    """Close and remove the file that an object was being received into."""
    file: Any = message._data_set_file
    if file is not None:
        with contextlib.suppress(OSError):
            file.close()
        Path(file.name).unlink(missing_ok=True)


def _is_too_long(message: DIMSEMessage) -> bool:
    if message.encoded_command_set.tell() > MAX_COMMAND_BYTES:
        return True
    file: Any = message._data_set_file
    if file is not None:
        return bool(file.tell() > MAX_FILE_BYTES)
    return bool(message.data_set is not None and message.data_set.tell() > MAX_IDENTIFIER_BYTES)
