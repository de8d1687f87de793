"""A child process that reads untrusted bytes and may die without harm: one request in, one answer out, within limits.

It is bounded in address space, in processor time and in wall time per request; one that dies or hangs is replaced by
the next caller's. Idle children wait for the next caller of the same process, because starting one costs half a second.
``child_side`` is what runs in it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import reporting
from reporting.studies.refusals import RefusalCode

_ROOT = Path(reporting.__file__).resolve().parent.parent
_MAX_ANSWER_BYTES = 32 * 1024**2
_REQUESTS_PER_CHILD = 2000
_MAX_IDLE = 2  # of each kind


@dataclass(frozen=True)
class ChildLimits:
    """Bounds of one child; the times are per request."""

    memory_bytes: int = 512 * 1024**2
    cpu_seconds: int = 10
    wall_seconds: float = 30.0


class BoundedChild:
    """One child running ``module``, which calls ``child_side.serve``."""

    def __init__(self, module: str, limits: ChildLimits) -> None:
        self.module, self.limits = module, limits
        self.owner = os.getpid()
        self._requests = 0
        self._is_answering = False
        self._buffer = b""
        self._deadline = 0.0
        command = [sys.executable, "-m", module, str(limits.memory_bytes), str(limits.cpu_seconds)]
        # No secrets and no thread pools: each thread's stack would count against the address space.
        environment = {"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            command,
            env=environment,
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )

    def is_usable(self) -> bool:
        """Not one whose caller was interrupted: its answer would be taken for that of the next file."""
        is_alive = self._process.poll() is None and self.owner == os.getpid()
        return is_alive and not self._is_answering and self._requests < _REQUESTS_PER_CHILD

    def ask(self, path: Path, **wishes: int | str | None) -> bytes | RefusalCode:
        """Ask about one file and wait for the line it answers; a child that does not answer in time is killed."""
        self._requests += 1
        self._is_answering = True
        self._deadline = time.monotonic() + self.limits.wall_seconds
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps([str(path.absolute()), wishes]).encode() + b"\n")
        except BrokenPipeError:
            return self._ended()
        while b"\n" not in self._buffer:
            piece = self._next_piece()
            if isinstance(piece, RefusalCode):
                return piece
            self._buffer += piece
            if len(self._buffer) > _MAX_ANSWER_BYTES:
                self.kill()
                return RefusalCode.PARSER_MEMORY
        line, self._buffer = self._buffer.split(b"\n", 1)
        self._is_answering = False
        return line

    def read_into(self, target: memoryview) -> RefusalCode | None:
        """Fill ``target`` with the bytes that follow the line; ``None`` when all came within the request's time."""
        self._is_answering = True
        at = 0
        while at < len(target):
            piece: bytes | RefusalCode = self._buffer or self._next_piece()
            if isinstance(piece, RefusalCode):
                return piece
            piece, self._buffer = piece[: len(target) - at], piece[len(target) - at :]
            target[at : at + len(piece)] = piece
            at += len(piece)
        self._is_answering = False
        return None

    def kill(self) -> None:
        """End a child that is not to be trusted any more."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if self.owner == os.getpid():
            self.kill()

    def _next_piece(self) -> bytes | RefusalCode:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        ready, _, _ = select.select([descriptor], [], [], max(0.0, self._deadline - time.monotonic()))
        if not ready:
            self.kill()
            return RefusalCode.PARSER_TIME
        return os.read(descriptor, 1024 * 1024) or self._ended()

    def _ended(self) -> RefusalCode:
        code = self._process.wait()
        return RefusalCode.PARSER_TIME if code == -signal.SIGXCPU else RefusalCode.PARSER_DIED


_idle: list[BoundedChild] = []
_lock = threading.Lock()


def borrow(module: str, limits: ChildLimits) -> BoundedChild:
    """A child of this kind: one that waits, else a new one."""
    with _lock:
        for child in list(_idle):
            if (child.module, child.limits) == (module, limits):
                _idle.remove(child)
                if child.is_usable():
                    return child
                child.end()
    return BoundedChild(module, limits)


def give_back(child: BoundedChild) -> None:
    """Let the child wait for the next caller, or end it when it is spent or enough others wait."""
    with _lock:
        if child.is_usable() and sum(other.module == child.module for other in _idle) < _MAX_IDLE:
            _idle.append(child)
            return
    child.end()


@contextlib.contextmanager
def borrowed(module: str, limits: ChildLimits) -> Iterator[BoundedChild]:
    """A child to ask, given back afterwards; ended when the caller is interrupted: bytes may still be on their way."""
    child = borrow(module, limits)
    try:
        yield child
    except BaseException:
        child.end()
        raise
    give_back(child)


@atexit.register
def end_idle_children() -> None:
    """End the children that wait; also for tests that count processes."""
    with _lock:
        while _idle:
            _idle.pop().end()
