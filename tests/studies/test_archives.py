"""Archives from outside are unpacked member by member, and never to more than was allowed."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from reporting.studies.archives import ArchiveLimits, ArchiveRefused, MemberRefused, is_zip, iter_zip_members


def _zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _read_all(path: Path, limits: ArchiveLimits | None = None) -> dict[str, bytes]:
    return {member.name: b"".join(member.chunks()) for member in iter_zip_members(path, limits)}


def test_members_come_out_with_their_bytes_and_folders_are_skipped(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"folder/": b"", "folder/one": b"1" * 10, "two": b"", "__MACOSX/._one": b"x"})
    assert is_zip(path)
    assert _read_all(path) == {"folder/one": b"1" * 10, "two": b""}


def test_names_that_climb_out_are_only_shown(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"../../etc/passwd": b"a", "/root/x": b"b", "C:\\windows\\y": b"c"})
    assert set(_read_all(path)) == {"../../etc/passwd", "/root/x", "C:\\windows\\y"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.zip"]


def test_control_and_direction_characters_do_not_reach_the_page(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"a\u202egpj.exe\nb": b"a"})
    assert set(_read_all(path)) == {"a\ufffdgpj.exe\ufffdb"}


def test_names_in_gb18030_are_readable(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("xxxx.dcm")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, b"a")
    raw = (tmp_path / "a.zip").read_bytes().replace(b"xxxx.dcm", "颈椎.dcm".encode("gb18030"))
    (tmp_path / "a.zip").write_bytes(raw)
    assert set(_read_all(tmp_path / "a.zip")) == {"颈椎.dcm"}


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("Müller/HWS é.dcm", "latin-1"), ("Müller.dcm", "cp437"), ("Årsjö.dcm", "utf-8"), ("王伟 MRI.dcm", "gb18030")],
)
def test_names_of_west_and_east_are_readable_without_a_flag(tmp_path: Path, name: str, encoding: str) -> None:
    raw = name.encode(encoding)
    path = _zip(tmp_path / "a.zip", {"x" * len(raw): b"a"})
    path.write_bytes(path.read_bytes().replace(b"x" * len(raw), raw))
    assert set(_read_all(path)) == {name}


def test_a_bomb_is_refused_after_the_first_megabytes(tmp_path: Path) -> None:
    path = _zip(tmp_path / "bomb.zip", {"good": b"ok", "bomb": bytes(64 * 1024**2)})
    came_out = []

    def unpack() -> None:
        for member in iter_zip_members(path):
            came_out.extend(len(chunk) for chunk in member.chunks())

    with pytest.raises(ArchiveRefused) as refusal:
        unpack()
    assert refusal.value.code == "archive_bomb"
    assert sum(came_out) < 20 * 1024**2


def test_the_sum_of_many_small_members_is_bounded_too(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {f"{n}": bytes(1000) for n in range(20)}, zipfile.ZIP_STORED)
    with pytest.raises(ArchiveRefused, match="far more"):
        _read_all(path, ArchiveLimits(max_total_bytes=10_000))


def test_too_many_members_are_refused_before_any_is_read(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {f"{n}": b"" for n in range(11)})
    with pytest.raises(ArchiveRefused) as refusal:
        next(iter_zip_members(path, ArchiveLimits(max_members=10)))
    assert refusal.value.code == "archive_too_many_files"


def test_a_huge_directory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 900_000_000, 0, 0)
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04" + end)
    with pytest.raises(ArchiveRefused) as refusal:
        next(iter_zip_members(path))
    assert refusal.value.code == "archive_too_many_files"


def test_overlapping_members_are_a_bomb(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"a": b"A" * 5000, "b": b"B" * 5000}, zipfile.ZIP_STORED)
    raw = bytearray(path.read_bytes())
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 42 : second + 46] = (0).to_bytes(4, "little")  # the second entry points at the first one's data
    path.write_bytes(raw)
    with pytest.raises(ArchiveRefused) as refusal:
        next(iter_zip_members(path))
    assert refusal.value.code == "archive_bomb"


def test_one_bad_member_does_not_cost_the_others(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("x", b"x")
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("nested.zip", inner.getvalue())
        archive.writestr("lzma", b"l" * 100, zipfile.ZIP_LZMA)
        archive.writestr("damaged", b"d" * 100, zipfile.ZIP_STORED)
        archive.writestr("good", b"g")
    path.write_bytes(path.read_bytes().replace(b"d" * 100, b"d" * 99 + b"!"))
    outcome: dict[str, str] = {}
    for member in iter_zip_members(path):
        try:
            outcome[member.name] = b"".join(member.chunks()).decode()
        except MemberRefused as refusal:
            outcome[member.name] = refusal.code
    assert outcome == {
        "nested.zip": "nested_archive",
        "lzma": "compression_unknown",
        "damaged": "archive_damaged",
        "good": "g",
    }


def test_encrypted_members_are_refused_with_the_reason(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"secret": b"s" * 50})
    raw = bytearray(path.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(magic) + offset] |= 1
    path.write_bytes(raw)
    with pytest.raises(MemberRefused, match="encrypted"):
        _read_all(path)


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x05\x06", b"PK\x03\x04" + b"\xff" * 400])
def test_half_an_archive_is_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(ArchiveRefused) as refusal:
        list(iter_zip_members(path))
    assert refusal.value.code == "archive_damaged"
