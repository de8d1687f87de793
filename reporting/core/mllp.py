"""The frame around an HL7 v2 message on a TCP connection: <VT> message <FS><CR> (MLLP release 1).

By hand, since the clients and servers at hand cut long messages, wait for ever or read without a limit
(docs/decisions.md).
"""

from __future__ import annotations

import socket
import time

START, END = b"\x0b", b"\x1c\r"
_PIECE = 64 * 1024


class BrokenFrame(Exception):
    """What came is no frame: ``code`` says why (``no_start``, ``too_long``, ``cut_off``, ``too_slow``)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def framed(message: bytes) -> bytes:
    return START + message + END


class FrameReader:
    """Takes one message after the other: none longer than ``max_bytes``, none that takes longer than ``within_s``."""

    def __init__(self, connection: socket.socket, *, max_bytes: int, within_s: float) -> None:
        self._connection, self._max_bytes, self._within_s = connection, max_bytes, within_s
        self._held = bytearray()

    @property
    def head(self) -> bytes:
        """The beginning of what is being read."""
        return bytes(self._held[:4096])

    def next(self, *, idle_s: float) -> bytes | None:
        """The next message; ``None`` when the other side has hung up, or said nothing for ``idle_s``, between two.

        Raises :class:`BrokenFrame`; ``OSError`` of the connection.
        """
        if not self._held and not self._more(idle_s):
            return None
        until = time.monotonic() + self._within_s
        if self._held[:1] != START:
            raise BrokenFrame("no_start")
        looked = 0
        while (end := self._held.find(END, max(0, looked - 1))) < 0:
            looked = len(self._held)
            if looked > self._max_bytes:
                raise BrokenFrame("too_long")
            left = until - time.monotonic()
            if left <= 0:
                raise BrokenFrame("too_slow")
            if not self._more(left):
                raise BrokenFrame("too_slow" if time.monotonic() >= until else "cut_off")
        message = bytes(self._held[1:end])
        del self._held[: end + len(END)]
        if len(message) > self._max_bytes:
            raise BrokenFrame("too_long")
        return message

    def _more(self, wait_s: float) -> bool:
        self._connection.settimeout(wait_s)
        try:
            piece = self._connection.recv(_PIECE)
        except TimeoutError:
            return False
        self._held += piece
        return bool(piece)
