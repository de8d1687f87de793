"""What we read and write ourselves of the upper layer and of DIMSE, beside pynetdicom and pydicom."""

from __future__ import annotations

import io
import struct

import pydicom
import pytest
from pynetdicom import PYNETDICOM_IMPLEMENTATION_UID
from pynetdicom.dimse_messages import C_ECHO_RQ, C_STORE_RQ, DIMSEMessage
from pynetdicom.dimse_primitives import C_ECHO, C_STORE
from pynetdicom.pdu import P_DATA_TF

from reporting.dicom_network.listener.wire import (
    StoreRequest,
    file_start,
    fragments,
    read_store_request,
    store_response,
)

MR, INSTANCE = "1.2.840.10008.5.1.4.1.1.4", "1.2.826.0.1.3680043.8.498.17"


def theirs(*, piece: int) -> list[bytes]:
    """A C-STORE-RQ as pynetdicom sends it, in PDUs of at most ``piece`` bytes."""
    request = C_STORE()
    request.MessageID, request.Priority = 7, 2
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = MR, INSTANCE
    request.DataSet = io.BytesIO(bytes(range(200)))
    message = C_STORE_RQ()
    message.primitive_to_message(request)
    return [P_DATA_TF(primitive).encode() for primitive in message.encode_msg(3, piece)]


@pytest.mark.parametrize("piece", [40, 16_000])
def test_a_request_of_the_library_is_read_whole(piece: int) -> None:
    parts = [part for pdu in theirs(piece=piece) for part in fragments(pdu)]
    command = b"".join(part.data for part in parts if part.is_command)
    assert read_store_request(command) == StoreRequest(7, MR, INSTANCE)
    assert b"".join(part.data for part in parts if not part.is_command) == bytes(range(200))
    assert {part.context_id for part in parts} == {3}
    assert [part.is_last for part in parts if part.is_command][-1]
    assert [part.is_last for part in parts if not part.is_command].count(True) == 1


@pytest.mark.parametrize("longest", [0, 64, 16_000])
def test_the_library_reads_our_answer(longest: int) -> None:
    sent = store_response(StoreRequest(7, MR, INSTANCE), 3, 0xC001, "same_uid_other_bytes", longest)
    message, at, is_whole = DIMSEMessage(), 0, False
    while at < len(sent):
        length = struct.unpack_from(">I", sent, at + 2)[0]
        assert not longest or length <= longest
        pdu = P_DATA_TF()
        pdu.decode(sent[at : at + 6 + length])
        assert not is_whole
        is_whole = message.decode_msg(pdu.to_primitive())
        at += 6 + length
    assert is_whole
    answer = message.message_to_primitive()
    assert isinstance(answer, C_STORE)
    assert (answer.MessageIDBeingRespondedTo, answer.Status) == (7, 0xC001)
    assert (answer.AffectedSOPClassUID, answer.AffectedSOPInstanceUID) == (MR, INSTANCE)
    assert message.command_set.ErrorComment == "same_uid_other_bytes"


def test_a_file_begins_as_the_standard_says() -> None:
    start = file_start(StoreRequest(7, MR, INSTANCE), "1.2.840.10008.1.2.1")
    meta = pydicom.dcmread(io.BytesIO(start)).file_meta
    assert (meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID) == (MR, INSTANCE)
    assert meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert meta.ImplementationClassUID == PYNETDICOM_IMPLEMENTATION_UID
    assert meta.FileMetaInformationVersion == b"\x00\x01"
    assert meta.FileMetaInformationGroupLength == len(start) - 132 - 12


def test_another_command_is_left_to_the_library() -> None:
    echo, message = C_ECHO(), C_ECHO_RQ()
    echo.MessageID = 1
    message.primitive_to_message(echo)
    (primitive,) = message.encode_msg(1, 16_000)
    ((_context, value),) = primitive.presentation_data_value_list
    assert read_store_request(value[1:]) is None
    assert read_store_request(b"") is None
    assert read_store_request(b"\xff" * 40) is None


def command(**without: bytes | None) -> bytes:
    elements = {
        "0002": MR.encode(),
        "0100": struct.pack("<H", 1),
        "0110": struct.pack("<H", 7),
        "0800": struct.pack("<H", 1),
        "1000": INSTANCE.encode(),
        **{name.removeprefix("e"): value for name, value in without.items()},
    }
    return b"".join(
        struct.pack("<HHI", 0, int(name, 16), len(value)) + value
        for name, value in elements.items()
        if value is not None
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"e0110": None},
        {"e0110": b"\x07"},
        {"e1000": None},
        {"e1000": b""},
        {"e1000": b"1" * 66},
        {"e0002": "中".encode()},
        {"e0800": struct.pack("<H", 0x0101)},
    ],
)
def test_a_request_that_lacks_something_is_no_request(wrong: dict[str, bytes | None]) -> None:
    assert read_store_request(command()) == StoreRequest(7, MR, INSTANCE)
    with pytest.raises(ValueError):
        read_store_request(command(**wrong))


@pytest.mark.parametrize("cut", [7, 11, 13, -1])
def test_a_fragment_that_does_not_fit_is_refused(cut: int) -> None:
    (pdu, *_rest) = theirs(piece=16_000)
    assert len(list(fragments(pdu))) == 1
    with pytest.raises(ValueError):
        list(fragments(pdu[:cut]))
    with pytest.raises(ValueError):
        list(fragments(pdu[:6] + struct.pack(">I", 1) + pdu[10:]))
