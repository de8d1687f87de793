"""What the listener makes of the fragments of messages, without a network."""

from __future__ import annotations

import queue
import shutil
import struct
import threading
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from pynetdicom.dimse_primitives import N_EVENT_REPORT
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

from reporting.accounts.models import Role, User
from reporting.dicom_network.listener import limits, messages, storing
from reporting.dicom_network.listener.guarded import Data
from reporting.dicom_network.listener.messages import GuardedDimse
from reporting.studies import blobs
from reporting.studies.models import Patient, SopInstance
from tests.factories import make_user
from tests.studies.objects import mr_bytes

pytestmark = pytest.mark.django_db

MR, EXPLICIT = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.1.2.1"


class Line:
    """The two ends of an association that has been agreed upon: ``sent`` is what the peer would read."""

    def __init__(self, by: User) -> None:
        self.sent: list[bytes] = []
        self.events: queue.Queue[str] = queue.Queue()
        socket = SimpleNamespace(send=self.sent.append)
        waiting: queue.Queue[Any] = queue.Queue()
        association: Any = SimpleNamespace(
            _accepted_cx={1: SimpleNamespace(transfer_syntax=[EXPLICIT])},
            dul=SimpleNamespace(
                event_queue=self.events,
                socket=socket,
                to_provider_queue=waiting,
                send_pdu=waiting.put,
                _send=lambda pdu: self.sent.append(pdu.encode()),
            ),
            get_handlers=lambda _event: [],
            network_timeout=60,
            is_requestor=False,
            requestor=SimpleNamespace(maximum_length=16_384),
        )
        self.dimse = GuardedDimse(association, threading.Event(), lambda arrived: arrived.store(by))

    def hear(self, *fragments: tuple[int, int, bytes]) -> None:
        """One PDU of fragments: context, control header, data."""
        body = b"".join(
            struct.pack(">IBB", len(data) + 2, context, control) + data for context, control, data in fragments
        )
        self.dimse.receive_primitive(Data(bytearray(struct.pack(">BBI", 4, 0, len(body)) + body)))

    def send_next(self) -> None:
        """As the upper layer does, one PDU of what waits."""
        dul: Any = self.dimse.dul
        dul._send(P_DATA_TF(dul.to_provider_queue.get_nowait()))

    def statuses(self) -> list[int]:
        found = []
        for sent in self.sent:
            pdu = P_DATA_TF()
            pdu.decode(sent)
            ((_context, value),) = pdu.to_primitive().presentation_data_value_list
            at = value.index(struct.pack("<HHI", 0, 0x0900, 2)) + 8
            found.append(struct.unpack_from("<H", value, at)[0])
        return found


def request(uid: str) -> bytes:
    elements = {0x0002: MR.encode(), 0x0100: b"\1\0", 0x0110: b"\7\0", 0x0800: b"\1\0", 0x1000: uid.encode()}
    return b"".join(struct.pack("<HHI", 0, element, len(value)) + value for element, value in elements.items())


def data_set(uid: str, **values: object) -> bytes:
    """What follows the file meta information."""
    whole = mr_bytes(study="1.2.3.4", SOPInstanceUID=uid, **values)
    length = struct.unpack_from("<I", whole, 140)[0]
    return whole[144 + length :]


@pytest.fixture
def line() -> Line:
    return Line(make_user(Role.SERVICE))


def test_an_object_in_many_fragments_and_pdus_is_stored(line: Line) -> None:
    command, data = request("1.2.3"), data_set("1.2.3")
    line.hear((1, 1, command[:20]))
    line.hear((1, 3, command[20:]), (1, 0, data[:100]), (1, 0, data[100:101]))
    line.hear((1, 2, data[101:]))
    line.hear((1, 3, request("1.2.4")), (1, 2, data_set("1.2.4")), (1, 3, request("1.2.3")), (1, 2, data))
    assert line.statuses() == [storing.SUCCESS] * 3
    assert set(SopInstance.objects.values_list("sop_instance_uid", flat=True)) == {"1.2.3", "1.2.4"}
    assert not list(blobs.incoming_dir().iterdir())
    assert line.events.empty()


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("GB18030", "Zhang^San=张^三丰"),
        ("ISO_IR 192", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        (["", "ISO 2022 IR 58"], "Zhang^San=张^三丰"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
    ],
)
def test_names_that_come_over_the_network_are_right_in_all_their_groups(
    line: Line, character_set: str | list[str], name: str
) -> None:
    data = data_set("1.2.3", PatientName=name, SpecificCharacterSet=character_set)
    line.hear((1, 3, request("1.2.3")), (1, 2, data))
    assert line.statuses() == [storing.SUCCESS]
    assert Patient.objects.get().name == name


@pytest.mark.parametrize(
    "fragments",
    [
        [(1, 3, request("1.2.3")), (1, 3, request("1.2.4"))],  # a command within an object
        [(1, 3, request("1.2.3")), (3, 2, b"0")],  # of another context
        [(3, 3, request("1.2.3"))],  # under a context that was not agreed upon
        [(1, 3, request("1.2.3").replace(b"\7\0", b"\7"))],  # no command at all: left to the library, and no message
    ],
)
def test_what_is_no_message_ends_the_association_and_leaves_nothing(
    line: Line, fragments: list[tuple[int, int, bytes]]
) -> None:
    line.hear(*fragments)
    assert line.events.get_nowait() == "Evt19"
    assert not line.sent
    assert not list(blobs.incoming_dir().iterdir())


def test_an_object_larger_than_accepted_is_cut_off(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MAX_FILE_BYTES", 1_000_000)
    line.hear((1, 3, request("1.2.3")))
    for _number in range(8):
        line.hear((1, 0, bytes(125_000)))
        if not line.events.empty():
            break
    assert line.events.get_nowait() == "Evt19"
    assert not list(blobs.incoming_dir().iterdir())


@pytest.mark.parametrize("before", [True, False])
def test_what_a_full_disk_does_not_take_is_refused_and_the_next_object_is_not(
    line: Line, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    free = SimpleNamespace(free=0)
    data = data_set("1.2.3")
    if not before:
        line.hear((1, 3, request("1.2.3")))
        monkeypatch.setattr(blobs, "_CHECK_SPACE_EVERY", 0)
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda path: free)
        if before:
            line.hear((1, 3, request("1.2.3")))
        line.hear((1, 0, data[:100]))
        line.hear((1, 2, data[100:]))
    assert line.statuses() == [storing.OUT_OF_RESOURCES]
    assert not list(blobs.incoming_dir().iterdir())
    line.hear((1, 3, request("1.2.3")), (1, 2, data))
    assert line.statuses() == [storing.OUT_OF_RESOURCES, storing.SUCCESS]
    assert SopInstance.objects.count() == 1


def test_a_message_that_drips_is_cut_off_and_a_slow_one_is_not(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(messages, "time", SimpleNamespace(monotonic=lambda: now[0]))
    line.hear((1, 3, request("1.2.3")))
    for _second in range(200):  # twice as fast as the slowest
        now[0] += 1
        line.hear((1, 0, bytes(2 * limits.MIN_BYTES_PER_S)))
    assert line.events.empty()
    for _minute in range(10):
        now[0] += 59  # never silent for as long as the association's timer allows
        line.hear((1, 0, b"0"))
    assert line.events.get_nowait() == "Evt19"
    assert not list(blobs.incoming_dir().iterdir())


def test_a_failure_of_ours_is_answered(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **more: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(storing, "ingest_instances", fail)
    line.hear((1, 3, request("1.2.3")), (1, 2, data_set("1.2.3")))
    assert line.statuses() == [storing.PROCESSING_FAILURE]
    assert not list((settings.BLOB_DIR / "incoming").iterdir())


def event_report(length: int = 0) -> N_EVENT_REPORT:
    made = N_EVENT_REPORT()
    made.MessageID, made.EventTypeID = 1, 1
    made.AffectedSOPClassUID = StorageCommitmentPushModel
    made.AffectedSOPInstanceUID = StorageCommitmentPushModelInstance
    if length:
        made.EventInformation = BytesIO(bytes(length))
    return made


def is_last(pdu: bytes) -> bool:
    return bool(pdu[11] & 2)


def test_an_answer_does_not_part_a_question_that_is_going_out(line: Line) -> None:
    line.dimse.send_msg(event_report(40_000), 1)
    line.send_next()
    line.send_next()
    line.hear((1, 3, request("1.2.3")), (1, 2, data_set("1.2.3")))
    *question, answer = line.sent
    assert [is_last(pdu) for pdu in question] == [True, False, False, True]  # the command, and three of the data set
    line.sent = [answer]
    assert line.statuses() == [storing.SUCCESS]
    assert line.dimse.dul.to_provider_queue.empty()


def test_only_answers_are_kept_from_the_thread_that_serves_requests(line: Line) -> None:
    answer, no_answer = event_report(), event_report()
    answer.MessageIDBeingRespondedTo, answer.Status = 1, 0
    for message in (answer, no_answer, answer):
        line.dimse.msg_queue.put((1, message))
    assert line.dimse.msg_queue.get_nowait() == (1, no_answer)
    assert line.dimse.msg_queue.empty()
