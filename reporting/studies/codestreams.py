"""The image size that a compressed codestream itself declares, read without decoding anything. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator


def codestream_size(data: bytes, *, jpeg2000: bool) -> tuple[int, int] | None:
    """(rows, columns) a JPEG, JPEG-LS or JPEG 2000 codestream declares; ``None`` for a continuation fragment."""
    if jpeg2000:
        start = data[:4096].find(b"\xff\x4f\xff\x51")
        if start < 0 or len(data) < start + 24:
            return None
        width, height, left, top = struct.unpack_from(">IIII", data, start + 8)
        return height - top, width - left
    for marker, offset in _jpeg_segments(data):
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            height, width = struct.unpack_from(">HH", data, offset + 3)
            return height, width
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
