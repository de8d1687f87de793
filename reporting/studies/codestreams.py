"""What a compressed codestream itself declares about its image, read without decoding anything. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

_JP2_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"


class Codestream(NamedTuple):
    """The size a decoder will make room for; ``samples`` per pixel."""

    rows: int
    columns: int
    samples: int


def read_codestream(data: bytes, *, jpeg2000: bool) -> Codestream | None:
    """What a JPEG, JPEG-LS or JPEG 2000 codestream declares; ``None`` where none begins (a continuation fragment)."""
    return _jpeg2000(data) if jpeg2000 else _jpeg(data)


def _jpeg(data: bytes) -> Codestream | None:
    for marker, offset in _jpeg_segments(data):
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            return Codestream(*struct.unpack_from(">HHB", data, offset + 3))
    return None


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """(marker, offset of its length field) up to the first scan."""
    offset = 2
    if data[:2] != b"\xff\xd8":
        return
    while offset + 9 < len(data) and data[offset] == 0xFF:
        marker = data[offset + 1]
        if marker == 0xFF:
            offset += 1
            continue
        if marker == 0xDA:
            return
        yield marker, offset + 2
        offset += 2 + struct.unpack_from(">H", data, offset + 2)[0]


def _jpeg2000(data: bytes) -> Codestream | None:
    """SIZ directly after SOC (ISO/IEC 15444-1 A.5.1), also within the JP2 file that some toolkits store."""
    start = _codestream_box(data) if data.startswith(_JP2_SIGNATURE) else 0
    if start is None or not data.startswith(b"\xff\x4f\xff\x51", start) or len(data) < start + 42:
        return None
    width, height, left, top = struct.unpack_from(">IIII", data, start + 8)
    (samples,) = struct.unpack_from(">H", data, start + 40)
    return Codestream(height - top, width - left, samples)


def _codestream_box(data: bytes) -> int | None:
    """Where the first ``jp2c`` box's content starts: walked box by box, since any box may hold bytes that look so."""
    at = 0
    while at + 16 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        header = 16 if length == 1 else 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, at + 8)
        if kind == b"jp2c":
            return at + header
        if length < header:  # 0: the last box, and no codestream
            return None
        at += length
    return None
