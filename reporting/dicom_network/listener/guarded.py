"""pynetdicom's upper layer with ceilings: it reads what a peer announces without any (measured: 1.5 GB in 2 s).

``GuardedSocket``: no PDU longer than agreed, none slower than its time. ``PatientAcse``: a release is answered when
what came has been taken in as a whole. ``GuardedDul``: data go to ``messages`` without a detour. Both threads wait for
what they need; the library's look a thousand times a second, which an object waits for twice.
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
from typing import Any

from django.db import connections
from pynetdicom.acse import ACSE
from pynetdicom.association import Association
from pynetdicom.dul import DULServiceProvider
from pynetdicom.transport import AssociationSocket

from reporting.dicom_network.listener.limits import MAX_NEGOTIATION_BYTES, Limits
from reporting.dicom_network.listener.wire import P_DATA_TF

_PIECE = 256 * 1024
_WAITS_S = 0.002
"""For bytes of the peer; then the library looks whether the other thread has something to send."""
_LOOKS_EVERY_S = 0.05
"""At the clocks, of the thread that has nothing else to do."""
_DATA_CAME = "Evt10"  # PS3.8 table 9-10


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
            if select.select([sock], [], [], _WAITS_S)[0]:
                return True
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


class Told(queue.Queue[Any]):
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


class Data:
    """A P-DATA-TF PDU as it came, which the state machine hands on when it is the time for data."""

    def __init__(self, pdu: bytearray) -> None:
        self.pdu = pdu

    def to_primitive(self) -> Data:
        return self


class GuardedDul(DULServiceProvider):  # type: ignore[misc]
    def __init__(self, association: Association, came: threading.Event) -> None:
        super().__init__(association)
        self._came = came
        self.to_user_queue = Told(came)
        self._run_loop_delay = 0  # the socket waits

    def _decode_pdu(self, bytestream: bytearray) -> tuple[Any, str]:
        if bytestream[0] == P_DATA_TF:
            return Data(bytestream), _DATA_CAME
        decoded: tuple[Any, str] = super()._decode_pdu(bytestream)
        return decoded

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
