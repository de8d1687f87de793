"""Files and folders are waited for together; what one of them says is heard when all have ended."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from reporting.core.disk_sync import sync_together


def test_all_are_synced_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path, *(tmp_path / str(number) for number in range(7))]
    for path in paths[1:]:
        path.touch()
    together = threading.Barrier(len(paths), timeout=30)
    monkeypatch.setattr("reporting.core.disk_sync.os.fsync", lambda _descriptor: together.wait())
    sync_together(paths)


@pytest.mark.parametrize("at", [0, 1, 39])
def test_one_that_fails_is_told_after_the_others_have_ended(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / str(number) for number in range(40)]
    for path in paths:
        path.touch()
    bad, ended = paths[at].stat().st_ino, []

    def fsync(descriptor: int) -> None:
        inode = os.fstat(descriptor).st_ino
        ended.append(inode)
        if inode == bad:
            raise RuntimeError("the disk")

    monkeypatch.setattr("reporting.core.disk_sync.os.fsync", fsync)
    for _again in range(2):
        with pytest.raises(RuntimeError, match="the disk"):
            sync_together(paths)
    assert len(ended) == 2 * len(paths)
    monkeypatch.undo()
    sync_together(paths)


def test_nothing_is_nothing_to_wait_for() -> None:
    sync_together([])


def test_a_child_that_was_forked_has_threads_of_its_own(tmp_path: Path) -> None:
    sync_together([tmp_path, tmp_path])
    child = os.fork()
    if child == 0:
        status = 1
        try:
            sync_together([tmp_path, tmp_path])
            status = 0
        finally:
            os._exit(status)
    _pid, status = os.waitpid(child, 0)
    assert status == 0
