"""The structure of a DICOM file, checked byte by byte before any library reads it (PS3.10 7.1, PS3.5 7).

Libraries inflate without limit, recurse without limit and accept values cut off by the end of the file (pydicom 3.0.2:
3 GB from a 1.5 MB deflated file; RecursionError at 249 nested sequences; short PixelData without a word). Here nothing
is inflated, nothing recurses, and every declared length is compared with the bytes that are there. Runs in the bounded
child (``header_child``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import BinaryIO

from pydicom.uid import MRSpectroscopyStorage

from reporting.studies.codestreams import Codestream, read_codestream
from reporting.studies.dicom_walk import EXPLICIT_BIG, IMPLICIT_LITTLE, LONG_VRS, SHORT_VRS, Seen, Walk
from reporting.studies.refusals import FileRefused, RefusalCode

MAX_FILE_BYTES = 2 * 1024**3
MAX_SIDE = 8192
MAX_FRAMES = 5000
MAX_SAMPLES = 512_000_000  # Rows × Columns × NumberOfFrames × SamplesPerPixel

DEFLATED = "1.2.840.10008.1.2.1.99"
NATIVE_SYNTAXES = frozenset({IMPLICIT_LITTLE, "1.2.840.10008.1.2.1", EXPLICIT_BIG})
RLE = "1.2.840.10008.1.2.5"
JPEG2000_SYNTAXES = frozenset({"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"})
# JPEG baseline and extended, lossless (two), JPEG-LS (two).
JPEG_SYNTAXES = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70, 80, 81))
ENCAPSULATED_SYNTAXES = JPEG_SYNTAXES | JPEG2000_SYNTAXES | {RLE}
_FLOAT_BYTES = 4  # of one number of a spectrum (PS3.3 C.8.14.4)
MEDIA_DIRECTORY_CLASS = "1.2.840.10008.1.3.10"

UID = re.compile(rb"[0-9]+(\.[0-9]+)*")
# What makes another program run the file or show it as something else (CVE-2019-11687): PE, ELF, ZIP, script, PDF,
# Java and Mach-O. Not TIFF: some scanners write a TIFF header there, as PS3.10 7.1 permits.
_DANGEROUS = (b"MZ", b"\x7fELF", b"PK\x03\x04", b"#!", b"%PDF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa")
_MARKUP = re.compile(rb"<\s*(!doctype|html|script|svg|\?xml|body|iframe)", re.IGNORECASE)


class _Tag(IntEnum):
    """Top-level elements whose raw value the gate looks at."""

    SOP_CLASS_UID = 0x00080016
    SOP_INSTANCE_UID = 0x00080018
    STUDY_INSTANCE_UID = 0x0020000D
    SERIES_INSTANCE_UID = 0x0020000E
    FRAME_OF_REFERENCE_UID = 0x00200052
    SAMPLES_PER_PIXEL = 0x00280002
    PHOTOMETRIC_INTERPRETATION = 0x00280004
    NUMBER_OF_FRAMES = 0x00280008
    ROWS = 0x00280010
    COLUMNS = 0x00280011
    BITS_ALLOCATED = 0x00280100
    DATA_POINT_ROWS = 0x00289001
    DATA_POINT_COLUMNS = 0x00289002
    DATA_REPRESENTATION = 0x00289108


@dataclass(frozen=True)
class Checked:
    """Of a file whose structure holds: where its data set begins, and where native whole numbers in little-endian order
    do (PS3.5 8.2), if its pixels are such.
    """

    transfer_syntax_uid: str
    data_set_at: int
    pixels_at: int | None


_REQUIRED_UIDS = (_Tag.SOP_CLASS_UID, _Tag.SOP_INSTANCE_UID, _Tag.STUDY_INSTANCE_UID, _Tag.SERIES_INSTANCE_UID)


def check_file(file: BinaryIO) -> Checked:
    """Walk the whole structure of one file, from its beginning. Raises :class:`FileRefused`."""
    size = file.seek(0, 2)
    file.seek(0)
    if size == 0:
        raise FileRefused(RefusalCode.EMPTY)
    if size > MAX_FILE_BYTES:
        raise FileRefused(RefusalCode.FILE_TOO_LARGE)
    _check_preamble(file.read(132))
    syntax = _read_meta(file, size)
    data_set_at = file.tell()
    encapsulated = syntax in ENCAPSULATED_SYNTAXES
    codestream = None
    if encapsulated and syntax != RLE:  # RLE declares no size of its own
        codestream = partial(read_codestream, jpeg2000=syntax in JPEG2000_SYNTAXES)
    walk = Walk(file, size, syntax, wanted=frozenset(_Tag), encapsulated=encapsulated, read_codestream=codestream)
    seen = walk.run()
    for tag in _REQUIRED_UIDS:
        _check_uid(seen, tag)
    if seen.values.get(_Tag.FRAME_OF_REFERENCE_UID, b"").strip(b"\0 "):
        _check_uid(seen, _Tag.FRAME_OF_REFERENCE_UID)
    _check_image(seen, syntax)
    is_native = seen.native_bits is None and syntax in NATIVE_SYNTAXES - {EXPLICIT_BIG}
    return Checked(syntax, data_set_at, seen.native_at if is_native else None)


def _check_preamble(start: bytes) -> None:
    if len(start) < 132 or start[128:] != b"DICM":
        raise FileRefused(RefusalCode.NOT_DICOM)
    if start.startswith(_DANGEROUS) or _MARKUP.search(start[:128]):
        raise FileRefused(RefusalCode.DANGEROUS_PREAMBLE)


def _read_meta(file: BinaryIO, size: int) -> str:
    """Walk group 2 (always explicit, little-endian); returns the transfer syntax, leaves the file at the data set."""
    uids: dict[int, str] = {}
    while True:
        start = file.tell()
        head = file.read(8)
        if len(head) < 8 or head[:2] != b"\x02\0":
            file.seek(start)
            break
        element, vr = int.from_bytes(head[2:4], "little"), head[4:6]
        if vr not in LONG_VRS | SHORT_VRS:
            raise FileRefused(RefusalCode.META_DAMAGED)
        length = int.from_bytes(file.read(4) if vr in LONG_VRS else head[6:8], "little")
        end = file.tell() + length
        if end > size:
            raise FileRefused(RefusalCode.TRUNCATED)
        if element == 0x00:
            group_length = int.from_bytes(file.read(4), "little")
            if length != 4 or end + group_length > size:
                raise FileRefused(RefusalCode.META_DAMAGED)
        elif element in (0x02, 0x10):
            text = file.read(min(length, 66)).strip(b"\0 ")
            if len(text) > 64 or not UID.fullmatch(text):
                raise FileRefused(RefusalCode.META_DAMAGED)
            uids[element] = text.decode()
        file.seek(end)
    syntax = uids.get(0x10, "")
    if uids.get(0x02) == MEDIA_DIRECTORY_CLASS:
        raise FileRefused(RefusalCode.MEDIA_DIRECTORY)
    if not syntax:
        raise FileRefused(RefusalCode.META_DAMAGED)
    if syntax == DEFLATED:
        raise FileRefused(RefusalCode.DEFLATED)
    if syntax not in NATIVE_SYNTAXES | ENCAPSULATED_SYNTAXES:
        raise FileRefused(RefusalCode.TRANSFER_SYNTAX)
    return syntax


def _check_uid(seen: Seen, tag: _Tag) -> None:
    raw = seen.values.get(tag, b"").strip(b"\0 ")
    if not raw:
        raise FileRefused(RefusalCode.UID_MISSING)
    if len(raw) > 64 or not UID.fullmatch(raw):
        raise FileRefused(RefusalCode.UID_MALFORMED)


def _check_image(seen: Seen, syntax: str) -> None:
    """Compare the size that the header declares with ceilings and with the pixel bytes present (PS3.3 C.7.6.3)."""

    def number(tag: _Tag, default: int, size: int = 2) -> int:
        raw = seen.values.get(tag, b"")
        if len(raw) not in (0, size):  # all are one US or UL: anything else a library would read otherwise than we do
            raise FileRefused(RefusalCode.DAMAGED)
        return int.from_bytes(raw, "big" if syntax == EXPLICIT_BIG else "little") if raw else default

    rows, columns, samples = number(_Tag.ROWS, 0), number(_Tag.COLUMNS, 0), number(_Tag.SAMPLES_PER_PIXEL, 1)
    try:
        frames = max(1, int(seen.values.get(_Tag.NUMBER_OF_FRAMES, b"").strip(b"\0 ") or b"1"))
    except ValueError as error:
        raise FileRefused(RefusalCode.DAMAGED) from error
    if max(rows, columns) > MAX_SIDE or frames > MAX_FRAMES or rows * columns * frames * samples > MAX_SAMPLES:
        raise FileRefused(RefusalCode.IMAGE_TOO_LARGE)
    bits = seen.native_bits or number(_Tag.BITS_ALLOCATED, 0)
    if seen.native_bytes is not None and seen.fragments is not None:
        raise FileRefused(RefusalCode.DAMAGED)  # which of them is the image is anybody's guess
    if seen.values[_Tag.SOP_CLASS_UID].strip(b"\0 ") == MRSpectroscopyStorage.encode():
        points = number(_Tag.DATA_POINT_ROWS, 1, 4) * number(_Tag.DATA_POINT_COLUMNS, 1, 4)
        parts = 2 if seen.values.get(_Tag.DATA_REPRESENTATION, b"").strip(b"\0 ") == b"COMPLEX" else 1
        cut_off = (seen.spectra_bytes or 0) < rows * columns * frames * points * parts * _FLOAT_BYTES
    elif seen.native_bytes is not None:
        if b"_422" in seen.values.get(_Tag.PHOTOMETRIC_INTERPRETATION, b""):
            samples = 2  # two pixels share their colour (PS3.3 C.7.6.3.1.2)
        cut_off = seen.native_bytes < (rows * columns * frames * samples * bits + 7) // 8
    elif seen.fragments is not None:
        # A codestream may be spread over fragments, but every frame begins in one and says its size there.
        begun = seen.fragments if syntax == RLE else seen.codestreams
        cut_off = begun < frames or seen.fragment_bytes == 0
        too_long = syntax == RLE and seen.longest_fragment > _longest_rle(rows * columns * samples * bits // 8)
        if too_long or seen.declared - {Codestream(rows, columns, samples)}:
            raise FileRefused(RefusalCode.IMAGE_SIZE_DISAGREES)
    else:
        cut_off = rows * columns > 0  # an image whose file ends before its pixels
    if cut_off:
        raise FileRefused(RefusalCode.TRUNCATED_PIXELS)


def _longest_rle(frame_bytes: int) -> int:
    """What no encoder exceeds for one frame (PS3.5 G): every byte a run of its own, and the header.

    Decoders unpack all of a longer fragment, to 64 times its length, before they look how much of it they need.
    """
    return 2 * frame_bytes + 1024
