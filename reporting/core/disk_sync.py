"""Wait until files and folders are on the disk: several at once, for then the file system commits them together."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue

_AT_ONCE = 8

_Done = SimpleQueue[Exception | None]


def sync(path: Path) -> None:
    """Of a file its bytes, of a folder the names in it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_together(paths: Sequence[Path]) -> None:
    """:func:`sync` of each. Raises what one of them raised, when all have ended."""
    if not paths:
        return
    done: _Done = SimpleQueue()
    for path in paths[1:]:
        _waiting_for_threads().put((path, done))
    errors = [_error_of(paths[0]), *(done.get() for _path in paths[1:])]
    for error in errors:
        if error is not None:
            raise error


def _error_of(path: Path) -> Exception | None:
    """Whatever it is: a thread that died of it would let its caller wait for ever."""
    try:
        sync(path)
    except Exception as error:
        return error
    return None


@functools.cache
def _waiting_for_threads() -> SimpleQueue[tuple[Path, _Done]]:
    """Threads of this process that stay: to start one, or an executor's future, takes longer than to tell them."""
    waiting: SimpleQueue[tuple[Path, _Done]] = SimpleQueue()

    def work() -> None:
        while True:
            path, done = waiting.get()
            done.put(_error_of(path))

    for _number in range(_AT_ONCE):
        threading.Thread(target=work, name="disk sync", daemon=True).start()
    return waiting


os.register_at_fork(after_in_child=_waiting_for_threads.cache_clear)
