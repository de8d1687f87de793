"""Messages as their fragments come: objects to a file and into the store, all others to pynetdicom, within limits.

An object is stored and answered in the thread that received it, where the library would hand it to another.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import DIMSEMessage
from pynetdicom.dimse_primitives import N_EVENT_REPORT
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.pdu_primitives import P_DATA

from reporting.dicom_network.listener.guarded import Data, Told
from reporting.dicom_network.listener.limits import MAX_COMMAND_BYTES, MAX_IDENTIFIER_BYTES, MIN_BYTES_PER_S
from reporting.dicom_network.listener.questions import Questions
from reporting.dicom_network.listener.storing import Answer, ArrivingObject
from reporting.dicom_network.listener.wire import Fragment, fragments, read_store_request, store_response
from reporting.studies.dicom_gate import MAX_FILE_BYTES

_INVALID_PDU = "Evt19"  # PS3.8 table 9-10: unrecognised or invalid PDU received; the peer gets an A-ABORT
_WHOLE_COMMAND = b"\x03"

logger = logging.getLogger(__name__)


class _Messages(Told):
    """Without the answers to our questions: the association's thread would take them for requests."""

    def __init__(self, came: threading.Event, questions: Questions) -> None:
        super().__init__(came)
        self._questions = questions

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        _context_id, message = item
        if isinstance(message, N_EVENT_REPORT) and message.MessageIDBeingRespondedTo is not None:
            self._questions.answered(message)
            return
        if message is None:  # the connection is gone
            self._questions.end()
        super().put(item, block, timeout)


class GuardedDimse(DIMSEServiceProvider):  # type: ignore[misc]
    """``on_object`` stores what came and says what to answer."""

    message: Any

    def __init__(
        self, association: Association, came: threading.Event, on_object: Callable[[ArrivingObject], Answer]
    ) -> None:
        super().__init__(association)
        self.questions = Questions(self.send_msg)
        self.msg_queue = _Messages(came, self.questions)
        self._sending = threading.Lock()
        self._on_object = on_object
        self._command = bytearray()
        self._arriving: ArrivingObject | None = None
        self._began_at, self._size_bytes = 0.0, 0  # of the message that is coming

    def receive_primitive(self, primitive: Data) -> None:
        try:
            self._require_pace(len(primitive.pdu))
            for fragment in fragments(primitive.pdu):
                self._take(fragment)
        except Exception as error:  # whatever a library says about a peer's bytes
            logger.warning("a message could not be read: %s", type(error).__name__)
            self.remove_unfinished()
            self.message = None
            self.dul.event_queue.put(_INVALID_PDU)

    def send_msg(self, primitive: Any, context_id: int) -> None:
        """Answers and questions come from several threads; the fragments of one may not part another's."""
        with self._sending:
            super().send_msg(primitive, context_id)

    def remove_unfinished(self) -> None:
        """Drop the object that a peer began to send and did not end."""
        if self._arriving is not None:
            self._arriving.abandon()
            self._arriving = None

    def _require_pace(self, size_bytes: int) -> None:
        now = time.monotonic()
        if self._arriving is None and self.message is None and not self._command:
            self._began_at, self._size_bytes = now, 0
        self._size_bytes += size_bytes
        took = now - self._began_at
        if took > self.assoc.network_timeout and self._size_bytes < took * MIN_BYTES_PER_S:
            raise ValueError("a message drips")

    def _take(self, fragment: Fragment) -> None:
        if self._arriving is not None:
            self._object(self._arriving, fragment)
        elif fragment.is_command:
            self._command += fragment.data
            if len(self._command) > MAX_COMMAND_BYTES:
                raise ValueError("a command without end")
            if fragment.is_last:
                command, self._command = bytes(self._command), bytearray()
                self._begin(fragment.context_id, command)
        else:
            control = b"\x02" if fragment.is_last else b"\x00"
            self._leave_to_library(fragment.context_id, control + bytes(fragment.data))

    def _begin(self, context_id: int, command: bytes) -> None:
        request = read_store_request(command)
        if request is None:
            self._leave_to_library(context_id, _WHOLE_COMMAND + command)
            return
        context = self.assoc._accepted_cx.get(context_id)
        if context is None or self.message is not None:
            raise ValueError("an object where none may come")
        self._arriving = ArrivingObject(request, context_id, str(context.transfer_syntax[0]))

    def _object(self, arriving: ArrivingObject, fragment: Fragment) -> None:
        if fragment.is_command or fragment.context_id != arriving.context_id:
            raise ValueError("an object is interrupted")
        arriving.write(fragment.data)
        if arriving.size_bytes > MAX_FILE_BYTES:
            raise ValueError("an object without end")
        if fragment.is_last:
            status, comment = self._on_object(arriving)
            self._arriving = None
            self._send_at_once(
                store_response(arriving.request, arriving.context_id, status, comment, self.maximum_pdu_size)
            )

    def _send_at_once(self, message: bytes) -> None:
        """Only in the thread that also sends what waits: what another thread began to say is said to its end first."""
        waiting = self.dul.to_provider_queue
        with self._sending:
            while waiting.queue and isinstance(waiting.queue[0], P_DATA):
                self.dul._send(P_DATA_TF(waiting.get()))
            self.dul.socket.send(message)

    def _leave_to_library(self, context_id: int, value: bytes) -> None:
        primitive = P_DATA()
        primitive.presentation_data_value_list = [[context_id, value]]
        super().receive_primitive(primitive)
        if self.message is not None and _is_too_long(self.message):
            raise ValueError("a message without end")


def _is_too_long(message: DIMSEMessage) -> bool:
    identifier = message.data_set.tell() if message.data_set is not None else 0
    return message.encoded_command_set.tell() > MAX_COMMAND_BYTES or identifier > MAX_IDENTIFIER_BYTES
