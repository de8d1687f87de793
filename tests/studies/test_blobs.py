"""Bytes are kept once, whole and verifiable."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from reporting.core.errors import StorageFull
from reporting.studies import blobs
from tests.factories import make_study


def test_bytes_are_kept_under_their_digest_and_come_back() -> None:
    kept = blobs.store_bytes(b"cervical")
    assert blobs.blob_path(kept.sha256).name == kept.sha256
    with blobs.open_blob(kept.sha256) as file:
        assert file.read() == b"cervical"
    blobs.store_bytes(b"cervical")
    assert list(blobs.kept_digests()) == [kept.sha256]


def test_a_changed_or_missing_file_is_never_handed_out() -> None:
    kept = blobs.store_bytes(b"cervical")
    blobs.blob_path(kept.sha256).write_bytes(b"lumbar")
    with pytest.raises(blobs.BlobDamaged, match="damaged"):
        blobs.open_blob(kept.sha256)
    blobs.blob_path(kept.sha256).unlink()
    with pytest.raises(blobs.BlobDamaged, match="missing"):
        blobs.verified_path(kept.sha256)


def test_good_bytes_sent_again_heal_a_damaged_file() -> None:
    kept = blobs.store_bytes(b"cervical")
    blobs.blob_path(kept.sha256).write_bytes(b"lumbar")
    blobs.store_bytes(b"cervical")
    assert blobs.verified_path(kept.sha256).read_bytes() == b"cervical"


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63])
def test_what_is_no_digest_never_becomes_a_path(name: str) -> None:
    with pytest.raises(ValueError, match="digest"):
        blobs.blob_path(name)


def test_a_disk_that_fills_while_writing_leaves_nothing_behind() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"first"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageFull):
        blobs.stage(chunks())
    assert not list(blobs.incoming_dir().iterdir())


def test_a_really_full_file_system_refuses_and_recovers(tmp_path: Path, settings: object) -> None:
    """A one-megabyte file system of its own; skipped where mounting is not allowed."""
    small = tmp_path / "small"
    small.mkdir()
    if os.geteuid() != 0 or os.system(f"mount -t tmpfs -o size=1m tmpfs {small} 2>/dev/null") != 0:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        settings.BLOB_DIR, settings.MIN_FREE_BYTES = small / "blobs", 100_000  # type: ignore[attr-defined]
        kept = blobs.store_bytes(b"a" * 500_000)
        with pytest.raises(StorageFull):
            blobs.store_bytes(b"b" * 500_000)
        settings.MIN_FREE_BYTES = 0  # type: ignore[attr-defined]
        with pytest.raises(StorageFull):
            blobs.stage([b"c" * 400_000, b"c" * 400_000])  # the file system's own error
        assert [path.name for path in blobs.incoming_dir().iterdir()] == []
        blobs.blob_path(kept.sha256).unlink()
        blobs.store_bytes(b"b" * 500_000)
    finally:
        os.system(f"umount {small}")


def test_abandoned_uploads_are_swept_and_running_ones_are_not() -> None:
    old, new = blobs.stage([b"old"]), blobs.stage([b"new"])
    os.utime(old.path, (time.time() - 2 * blobs.ABANDONED_AFTER_S,) * 2)
    assert blobs.sweep_incoming() == 1
    assert new.path.exists()
    assert not old.path.exists()


@pytest.mark.django_db
def test_scrub_names_exactly_the_damaged_and_the_missing() -> None:
    study = make_study(objects=4)
    whole, damaged, missing, _other = study.series_set.get().sop_instances.all()
    out = StringIO()
    call_command("scrub_blobs", stdout=out)
    assert "4 files verified" in out.getvalue()

    path = blobs.blob_path(damaged.sha256)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    blobs.blob_path(missing.sha256).unlink()
    out = StringIO()
    with pytest.raises(CommandError, match="2 files"):
        call_command("scrub_blobs", stdout=out)
    lines = out.getvalue().splitlines()
    assert f"damaged {damaged.sha256} studies.SopInstance {damaged.pk}" in lines
    assert f"missing {missing.sha256} studies.SopInstance {missing.pk}" in lines
    assert whole.sha256 not in out.getvalue()
