"""Headers of untrusted files, read in a bounded child process that may die without harm.

One child reads many files (starting one costs half a second, reading a file a few milliseconds). It is bounded in
address space, in processor time and in wall time per file; when it dies or hangs, the file it was reading is refused
by name and the next file gets a new child. Idle children wait for the next caller of the same process.
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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import reporting
from reporting.studies.header_codec import decode_header
from reporting.studies.headers import InstanceHeader
from reporting.studies.refusals import RefusalCode

_ROOT = Path(reporting.__file__).resolve().parent.parent
_MAX_ANSWER_BYTES = 32 * 1024**2
_FILES_PER_CHILD = 2000
_MAX_IDLE = 2


@dataclass(frozen=True)
class ChildLimits:
    """Bounds of one child; the times are per file."""

    memory_bytes: int = 512 * 1024**2
    cpu_seconds: int = 10
    wall_seconds: float = 30.0


HeaderOutcome = InstanceHeader | RefusalCode


def read_headers(paths: Iterable[Path], limits: ChildLimits | None = None) -> Iterator[HeaderOutcome]:
    """For each path in order: its header, or why it is refused. Never raises for what a file contains."""
    limits = limits or ChildLimits()
    child: _Child | None = None
    try:
        for path in paths:
            child = child or _borrow(limits)
            outcome = child.read(path)
            if not child.is_usable():
                child.end()
                child = None
            yield outcome
    finally:
        if child is not None:
            _give_back(child)


class _Child:
    def __init__(self, limits: ChildLimits) -> None:
        self.limits = limits
        self.owner = os.getpid()
        self._files = 0
        self._buffer = b""
        command = [sys.executable, "-m", "reporting.studies.header_child"]
        command += [str(limits.memory_bytes), str(limits.cpu_seconds)]
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
        return self._process.poll() is None and self._files < _FILES_PER_CHILD and self.owner == os.getpid()

    def read(self, path: Path) -> HeaderOutcome:
        """Ask for one file and wait, no longer than the wall limit; a child that does not answer is killed."""
        self._files += 1
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(str(path.absolute())).encode() + b"\n")
        except BrokenPipeError:
            return self._ended()
        answer = self._answer_line(time.monotonic() + self.limits.wall_seconds)
        if isinstance(answer, RefusalCode):
            return answer
        try:
            content = json.loads(answer)
            return RefusalCode(content["refused"]) if "refused" in content else decode_header(content["header"])
        except (ValueError, KeyError, TypeError, AttributeError):
            # Not what the child's program writes: do not trust it any more.
            self._kill()
            return RefusalCode.PARSER_DIED

    def _answer_line(self, deadline: float) -> bytes | RefusalCode:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                self._kill()
                return RefusalCode.PARSER_TIME
            piece = os.read(descriptor, 1024 * 1024)
            if not piece:
                return self._ended()
            self._buffer += piece
            if len(self._buffer) > _MAX_ANSWER_BYTES:
                self._kill()
                return RefusalCode.PARSER_MEMORY
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line

    def _ended(self) -> RefusalCode:
        code = self._process.wait()
        return RefusalCode.PARSER_TIME if code == -signal.SIGXCPU else RefusalCode.PARSER_DIED

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if self.owner == os.getpid():
            self._kill()


_idle: list[_Child] = []
_lock = threading.Lock()


def _borrow(limits: ChildLimits) -> _Child:
    with _lock:
        for child in list(_idle):
            if child.limits == limits:
                _idle.remove(child)
                if child.is_usable():
                    return child
                child.end()
    return _Child(limits)


def _give_back(child: _Child) -> None:
    with _lock:
        if child.is_usable() and len(_idle) < _MAX_IDLE:
            _idle.append(child)
            return
    child.end()


@atexit.register
def end_idle_children() -> None:
    """End the children that wait; also for tests that count processes."""
    with _lock:
        while _idle:
            _idle.pop().end()
