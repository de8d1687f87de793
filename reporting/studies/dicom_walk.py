"""One pass over the elements of a data set (PS3.5 7): every declared length against the bytes that are there.

Nothing recurses: nesting costs one entry of a list. Of a value at most 64 kB are read into memory.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from pydicom.datadict import dictionary_has_tag, dictionary_VR

from reporting.studies.codestreams import Codestream
from reporting.studies.refusals import FileRefused, RefusalCode

MAX_DEPTH = 64  # DCMTK's own default for nested sequences
MAX_ELEMENTS = 1_000_000

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
LONG_VRS = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())

_PEEK_BYTES = 64 * 1024  # of each fragment, to see the size its codestream declares
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_DATA = {0x7FE00010: None, 0x7FE00008: 32, 0x7FE00009: 64}  # bits of float and double pixels; else BitsAllocated
_SPECTROSCOPY_DATA = 0x56000020


@dataclass
class _Level:
    """An open container: the data set itself, a sequence, or an item. ``limit`` is where it must have ended at last."""

    is_sequence: bool
    end: int | None  # None: ended by a delimiter
    limit: int
    explicit: bool


@dataclass
class Seen:
    """Raw values of the wanted top-level elements, and how much pixel data there is."""

    values: dict[int, bytes] = field(default_factory=dict)
    native_at: int | None = None  # where they begin in the file
    native_bytes: int | None = None
    native_bits: int | None = None
    spectra_bytes: int | None = None
    fragments: int | None = None
    fragment_bytes: int = 0
    longest_fragment: int = 0
    codestreams: int = 0  # fragments in which one begins
    declared: set[Codestream] = field(default_factory=set)


class Walk:
    """One pass over the data set with its own stack, so that nesting costs a list entry and no recursion."""

    def __init__(
        self,
        file: BinaryIO,
        size: int,
        syntax: str,
        *,
        wanted: frozenset[int],
        encapsulated: bool,
        read_codestream: Callable[[bytes], Codestream | None] | None = None,
    ) -> None:
        self._file, self._size, self._at = file, size, file.tell()
        self._order = ">" if syntax == EXPLICIT_BIG else "<"
        self._tag = struct.Struct(f"{self._order}HH")
        self._encapsulated, self._wanted, self._read_codestream = encapsulated, wanted, read_codestream
        self._levels = [_Level(False, size, size, syntax != IMPLICIT_LITTLE)]
        self._seen = Seen()
        self._elements = 0

    def run(self) -> Seen:
        while self._levels:
            level = self._levels[-1]
            if level.end is not None and self._at >= level.end:
                if self._at > level.end:
                    raise FileRefused(RefusalCode.DAMAGED)
                self._levels.pop()
                continue
            self._elements += 1
            if self._elements > MAX_ELEMENTS:
                raise FileRefused(RefusalCode.TOO_MANY_ELEMENTS)
            if (
                len(self._levels) == 1
                and self._size - self._at < 8
                and not self._read(self._size - self._at).strip(b"\x00")
            ):
                break  # padding to an even or block length after the last element
            head = self._read(8)
            if level.is_sequence:
                self._sequence_part(head, level)
            else:
                self._element(head, level)
        return self._seen

    def _sequence_part(self, head: bytes, level: _Level) -> None:
        tag, length = self._tag_of(head), self._long(head[4:8])
        if tag == _SEQUENCE_END and level.end is None:
            self._levels.pop()
        elif tag == _ITEM:
            self._open(is_sequence=False, length=length, level=level, explicit=level.explicit)
        else:
            raise FileRefused(RefusalCode.DAMAGED)

    def _element(self, head: bytes, level: _Level) -> None:
        tag = self._tag_of(head)
        if tag == _ITEM_END and level.end is None:
            self._levels.pop()
            return
        if tag >> 16 == 0xFFFE or (tag >> 16 <= 0x0007 and len(self._levels) == 1):
            raise FileRefused(RefusalCode.DAMAGED)
        vr, length = self._vr_and_length(tag, head, level)
        if vr == b"SQ" or (length == _UNDEFINED and vr == b"UN"):
            # The content of an unknown sequence is implicit little-endian whatever the rest is (PS3.5 6.2.2).
            self._open(is_sequence=True, length=length, level=level, explicit=level.explicit and vr == b"SQ")
        elif length == _UNDEFINED:
            if vr not in (b"OB", b"OW") or not self._encapsulated:
                raise FileRefused(RefusalCode.DAMAGED)
            self._fragments(tag, level)
        else:
            self._value(tag, length, level)

    def _vr_and_length(self, tag: int, head: bytes, level: _Level) -> tuple[bytes, int]:
        if level.explicit:
            vr = head[4:6]
            if vr in SHORT_VRS:
                return vr, struct.unpack(f"{self._order}H", head[6:8])[0]
            if vr in LONG_VRS:
                return vr, self._long(self._read(4))
            raise FileRefused(RefusalCode.DAMAGED)
        length = self._long(head[4:8])
        if length == _UNDEFINED:
            return b"SQ", length
        known = dictionary_VR(tag) if dictionary_has_tag(tag) else "UN"
        return known.encode() if known == "SQ" else b"UN", length

    def _open(self, *, is_sequence: bool, length: int, level: _Level, explicit: bool) -> None:
        if len(self._levels) > 2 * MAX_DEPTH:
            raise FileRefused(RefusalCode.TOO_DEEP)
        end = None if length == _UNDEFINED else self._end_of(length, level.limit)
        self._levels.append(_Level(is_sequence, end, level.limit if end is None else end, explicit))

    def _value(self, tag: int, length: int, level: _Level) -> None:
        pixels = tag in PIXEL_DATA and len(self._levels) == 1
        spectra = tag == _SPECTROSCOPY_DATA and len(self._levels) == 1
        end = self._end_of(
            length, level.limit, RefusalCode.TRUNCATED_PIXELS if pixels or spectra else RefusalCode.TRUNCATED
        )
        if pixels:
            self._seen.native_at, self._seen.native_bytes = self._at, length
            self._seen.native_bits = PIXEL_DATA[tag]
        elif spectra:
            self._seen.spectra_bytes = length
        elif tag in self._wanted and len(self._levels) == 1:
            if tag in self._seen.values:  # which of the two a library would believe is anybody's guess
                raise FileRefused(RefusalCode.DAMAGED)
            self._seen.values[tag] = self._read(min(length, 66))
        self._go_to(end)

    def _fragments(self, tag: int, level: _Level) -> None:
        """Walk encapsulated pixel data (PS3.5 A.4): offset table, fragments, and the delimiter that must come."""
        count = total = 0
        while True:
            head = self._read(8, RefusalCode.TRUNCATED_PIXELS)
            mark, length = self._tag_of(head), self._long(head[4:8])
            if mark == _SEQUENCE_END:
                break
            if mark != _ITEM:
                raise FileRefused(RefusalCode.DAMAGED)
            end = self._end_of(length, level.limit, RefusalCode.TRUNCATED_PIXELS)
            if count:  # the first item is the offset table
                total += length
                if len(self._levels) == 1:
                    self._fragment(length)
            self._go_to(end)
            count += 1
            self._elements += 1
            if self._elements > MAX_ELEMENTS:
                raise FileRefused(RefusalCode.TOO_MANY_ELEMENTS)
        if tag == 0x7FE00010 and len(self._levels) == 1:
            self._seen.fragments, self._seen.fragment_bytes = max(0, count - 1), total

    def _fragment(self, length: int) -> None:
        self._seen.longest_fragment = max(self._seen.longest_fragment, length)
        declared = self._read_codestream(self._read(min(length, _PEEK_BYTES))) if self._read_codestream else None
        if declared is not None:
            self._seen.codestreams += 1
            self._seen.declared.add(declared)

    def _end_of(self, length: int, limit: int, cut_off: RefusalCode = RefusalCode.TRUNCATED) -> int:
        end = self._at + length
        if end > self._size:
            raise FileRefused(cut_off)
        if end > limit:
            raise FileRefused(RefusalCode.DAMAGED)
        return end

    def _read(self, count: int, cut_off: RefusalCode = RefusalCode.TRUNCATED) -> bytes:
        data = self._file.read(count)
        self._at += len(data)
        if len(data) < count:
            raise FileRefused(cut_off)
        return data

    def _go_to(self, position: int) -> None:
        self._file.seek(position)
        self._at = position

    def _tag_of(self, head: bytes) -> int:
        group, element = self._tag.unpack_from(head)
        return int(group) << 16 | int(element)

    def _long(self, data: bytes) -> int:
        return int(struct.unpack(f"{self._order}I", data)[0])
