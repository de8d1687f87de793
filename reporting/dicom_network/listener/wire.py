"""What each object costs of the upper layer and of DIMSE, read and written directly (PS3.8 9.3.5, PS3.7 6.3 and 9.3.1).

pynetdicom makes a chain of messages and data sets of each: half of the processor time of an object. Associations, and
every other message, stay with it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pynetdicom import PYNETDICOM_IMPLEMENTATION_UID, PYNETDICOM_IMPLEMENTATION_VERSION

P_DATA_TF = 0x04
MAX_UID_BYTES = 64
_C_STORE_RQ, _C_STORE_RSP = 0x0001, 0x8001
_NO_DATA_SET = 0x0101
_COMMAND, _LAST = 0b01, 0b10


@dataclass(frozen=True, slots=True)
class Fragment:
    """One presentation data value: a piece of a command, or of a data set."""

    context_id: int
    is_command: bool
    is_last: bool
    data: memoryview


@dataclass(frozen=True, slots=True)
class StoreRequest:
    """The command of a C-STORE. The identifiers are as the peer wrote them."""

    message_id: int
    sop_class_uid: str
    sop_instance_uid: str


def fragments(pdu: bytes | bytearray) -> Iterator[Fragment]:
    """Of one whole P-DATA-TF PDU. Raises ``ValueError`` where a declared length does not fit."""
    view, at = memoryview(pdu), 6
    while at < len(pdu):
        if at + 6 > len(pdu):
            raise ValueError("a fragment is cut off")
        length, context_id, control = struct.unpack_from(">IBB", pdu, at)
        end = at + 4 + length
        if length < 2 or end > len(pdu):
            raise ValueError("a fragment is not as long as it says")
        yield Fragment(context_id, bool(control & _COMMAND), bool(control & _LAST), view[at + 6 : end])
        at = end


def read_store_request(command: bytes | bytearray) -> StoreRequest | None:
    """``None`` for any other command. Raises ``ValueError`` for a C-STORE-RQ without what it must have."""
    elements = dict(_elements(command))
    if elements.get(0x0100) != struct.pack("<H", _C_STORE_RQ):
        return None
    if elements.get(0x0800, b"") == struct.pack("<H", _NO_DATA_SET):
        raise ValueError("a C-STORE without an object")
    try:
        (message_id,) = struct.unpack("<H", elements[0x0110])
        uids = [elements[element].rstrip(b"\0 ").decode("ascii") for element in (0x0002, 0x1000)]
    except (KeyError, struct.error) as error:
        raise ValueError("a C-STORE lacks what it must have") from error
    if not all(0 < len(uid) <= MAX_UID_BYTES for uid in uids):
        raise ValueError("a C-STORE without identifiers")
    return StoreRequest(message_id, *uids)


def _elements(command: bytes | bytearray) -> Iterator[tuple[int, bytes]]:
    """Group 0000, implicit little-endian; ends where it is not well-formed, and the library says so."""
    at = 0
    while at + 8 <= len(command):
        group, element, length = struct.unpack_from("<HHI", command, at)
        at += 8 + length
        if group or at > len(command):
            return
        yield element, bytes(command[at - length : at])


def store_response(request: StoreRequest, context_id: int, status: int, comment: str, max_pdu_bytes: int) -> bytes:
    """The PDUs of a C-STORE-RSP, none longer than the peer takes (0: any). ``comment``: ASCII, at most 64."""
    parts = [
        _element(0x0002, _padded(request.sop_class_uid, b"\0")),
        _element(0x0100, struct.pack("<H", _C_STORE_RSP)),
        _element(0x0120, struct.pack("<H", request.message_id)),
        _element(0x0800, struct.pack("<H", _NO_DATA_SET)),
        _element(0x0900, struct.pack("<H", status)),
        _element(0x0902, _padded(comment, b" ")) if comment else b"",
        _element(0x1000, _padded(request.sop_instance_uid, b"\0")),
    ]
    length = sum(map(len, parts))
    command = b"".join([_element(0x0000, struct.pack("<I", length)), *parts])
    step = max(1, max_pdu_bytes - 6) if max_pdu_bytes else len(command)
    pdus = []
    for at in range(0, len(command), step):
        piece = command[at : at + step]
        control = _COMMAND | (_LAST if at + step >= len(command) else 0)
        pdus.append(struct.pack(">BBIIBB", P_DATA_TF, 0, len(piece) + 6, len(piece) + 2, context_id, control) + piece)
    return b"".join(pdus)


def file_start(request: StoreRequest, transfer_syntax_uid: str) -> bytes:
    """What stands before the data set in a file: preamble and file meta information (PS3.10 7.1)."""
    parts = [
        _long_meta(0x0001, b"OB", b"\x00\x01"),
        _meta(0x0002, b"UI", _padded(request.sop_class_uid, b"\0")),
        _meta(0x0003, b"UI", _padded(request.sop_instance_uid, b"\0")),
        _meta(0x0010, b"UI", _padded(transfer_syntax_uid, b"\0")),
        _meta(0x0012, b"UI", _padded(PYNETDICOM_IMPLEMENTATION_UID, b"\0")),
        _meta(0x0013, b"SH", _padded(PYNETDICOM_IMPLEMENTATION_VERSION, b" ")),
    ]
    length = sum(map(len, parts))
    return b"".join([bytes(128), b"DICM", _meta(0x0000, b"UL", struct.pack("<I", length)), *parts])


def _element(element: int, value: bytes) -> bytes:
    return struct.pack("<HHI", 0, element, len(value)) + value


def _meta(element: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", 2, element, vr, len(value)) + value


def _long_meta(element: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sHI", 2, element, vr, 0, len(value)) + value


def _padded(text: str, with_byte: bytes) -> bytes:
    value = text.encode("ascii")
    return value + with_byte if len(value) % 2 else value
