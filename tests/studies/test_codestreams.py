"""What compressed images say of their size, read from their own bytes."""

from __future__ import annotations

import struct

from reporting.studies.codestreams import Codestream, read_codestream

SIZ = b"\xff\x4f\xff\x51" + struct.pack(">HHIIIIIIIIH", 41, 0, 50, 40, 2, 8, 50, 40, 0, 0, 1)
SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def test_a_jpeg_says_its_size_in_its_frame_header() -> None:
    frame_header = b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc3\x00\x0b\x10\x00\x20\x00\x30\x01\x01\x11\x00\xff\xda"
    assert read_codestream(frame_header, jpeg2000=False) == Codestream(32, 48, 1)


def test_a_jpeg_2000_says_its_size_without_its_offset() -> None:
    assert read_codestream(SIZ, jpeg2000=True) == Codestream(32, 48, 1)


def test_within_a_jp2_file_only_the_codestream_box_counts() -> None:
    other = SIZ.replace(struct.pack(">II", 50, 40), struct.pack(">II", 9, 9))
    long_box = struct.pack(">I4sQ", 1, b"free", 16 + len(other)) + other
    data = SIGNATURE + _box(b"uuid", other) + long_box + _box(b"jp2c", SIZ)
    assert read_codestream(data, jpeg2000=True) == Codestream(32, 48, 1)


def test_where_none_begins_nothing_is_said() -> None:
    for data in (b"", SIZ[:30], bytes(100) + SIZ, SIGNATURE, SIGNATURE + bytes(40), SIGNATURE + _box(b"uuid", SIZ)):
        assert read_codestream(data, jpeg2000=True) is None
    for data in (b"", b"\xff\xd8", b"\xff\xd8" + b"\xff" * 40, b"\xff\xd8\xff\xda" + bytes(40)):
        assert read_codestream(data, jpeg2000=False) is None
