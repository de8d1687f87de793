"""The listener's front: accepts connections, gives each to an idle process, starts a new process for one that died.

It reads nothing from anybody. One address holds at most ``per_address`` processes, so that a peer that opens many
connections and says nothing leaves room for the others; whoever finds no place waits for one.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import signal
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from reporting.dicom_network.listener.limits import Limits
from reporting.dicom_network.listener.worker import READY, work

MAX_WAITING = 64
WAITS_S = 30.0
"""A peer that got no place for so long is let go: it would give up itself about now."""
ENDS_WITHIN_S = 20.0
_TICK_S = 0.5

logger = logging.getLogger(__name__)


@dataclass
class _Process:
    pid: int
    control: socket.socket
    address: str = ""  # whom it serves

    def is_idle(self) -> bool:
        return not self.address


@dataclass(frozen=True)
class _Waiting:
    connection: socket.socket
    address: str
    since: float


class Front:
    """``run`` returns after SIGTERM or SIGINT, when all processes have ended."""

    def __init__(self, listening: socket.socket, limits: Limits, tls: ssl.SSLContext | None) -> None:
        self._listening, self._limits, self._tls = listening, limits, tls
        self._processes: dict[int, _Process] = {}
        self._waiting: deque[_Waiting] = deque()
        self._selector = selectors.DefaultSelector()
        self._is_ending = False

    def run(self, on_ready: Callable[[], None]) -> None:
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._end)
        self._listening.setblocking(False)
        self._selector.register(self._listening, selectors.EVENT_READ, None)
        for _number in range(self._limits.processes):
            self._start()
        on_ready()
        while not self._is_ending:
            for key, _events in self._selector.select(_TICK_S):
                if key.data is None:
                    self._accept()
                else:
                    self._hear(key.data)
            self._give_up_late()
            self._hand_out()
        self._listening.close()
        self._end_all()

    def _end(self, number: int, frame: object) -> None:
        self._is_ending = True

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            self._become_worker(ours, theirs)
        theirs.close()
        process = _Process(pid, ours)
        self._processes[pid] = process
        self._selector.register(ours, selectors.EVENT_READ, process)

    def _become_worker(self, ours: socket.socket, theirs: socket.socket) -> None:
        """In the child: keep nothing of the front but the end of its pair; never return."""
        status = 1
        try:
            ours.close()
            self._selector.close()
            self._listening.close()
            for other in self._processes.values():
                other.control.close()
            for waiting in self._waiting:
                waiting.connection.close()
            work(theirs, self._limits, self._tls)
            status = 0
        except SystemExit:
            status = 0
        finally:
            os._exit(status)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            connection, address = self._listening.accept()
            if len(self._waiting) >= MAX_WAITING:
                connection.close()
            else:
                self._waiting.append(_Waiting(connection, str(address[0]), time.monotonic()))

    def _hear(self, process: _Process) -> None:
        try:
            said = process.control.recv(64)
        except ConnectionResetError:
            said = b""
        if said.endswith(READY):
            process.address = ""
        elif not said:
            self._bury(process)
            if not self._is_ending:
                self._start()

    def _bury(self, process: _Process) -> None:
        self._selector.unregister(process.control)
        process.control.close()
        del self._processes[process.pid]
        _pid, status = os.waitpid(process.pid, 0)
        if status:
            logger.error("process %s of the listener ended with status %s", process.pid, status)

    def _give_up_late(self) -> None:
        while self._waiting and time.monotonic() - self._waiting[0].since > WAITS_S:
            self._waiting.popleft().connection.close()

    def _hand_out(self) -> None:
        idle = [process for process in self._processes.values() if process.is_idle()]
        left: deque[_Waiting] = deque()
        for waiting in self._waiting:
            busy_for = sum(process.address == waiting.address for process in self._processes.values())
            if not idle or busy_for >= self._limits.per_address:
                left.append(waiting)
                continue
            process = idle.pop()
            try:
                socket.send_fds(process.control, [waiting.address.encode()], [waiting.connection.fileno()])
            except OSError:  # it died; its end of the pair says so in the next round
                left.append(waiting)
                continue
            process.address = waiting.address
            waiting.connection.close()  # the process has its own descriptor now
        self._waiting = left

    def _end_all(self) -> None:
        """Idle processes end at once, busy ones after their association, none later than ``ENDS_WITHIN_S``."""
        for waiting in self._waiting:
            waiting.connection.close()
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + ENDS_WITHIN_S
        while self._processes and time.monotonic() < deadline:
            for key, _events in self._selector.select(_TICK_S):
                if key.data is not None:
                    self._hear(key.data)
        self._signal_all(signal.SIGKILL)
        for process in list(self._processes.values()):
            self._bury(process)

    def _signal_all(self, number: signal.Signals) -> None:
        for pid in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def listen(bind: str) -> socket.socket:
    """A listening socket at ``host:port`` (``[host]:port`` for IPv6; port 0: any free one)."""
    host, _colon, port = bind.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, int(port)), family=family, backlog=128)
