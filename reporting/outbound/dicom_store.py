"""C-STORE of one object to an archive. The library's log, which quotes identifiers, stays off."""

from __future__ import annotations

import io
import socket
from typing import Any

from django.conf import settings
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import _config, evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.sop_class import Verification

from reporting.outbound.models import Destination
from reporting.outbound.receivers import ANSWER_S, CONNECT_S, NotSent, tls_context

_config.LOG_HANDLER_LEVEL = "none"
_config.LOG_REQUEST_IDENTIFIERS = _config.LOG_RESPONSE_IDENTIFIERS = False


def store_object(content: bytes, destination: Destination) -> None:
    """Return once the archive said that it has the object. Raises :class:`NotSent`."""
    dataset = dcmread(io.BytesIO(content))
    with _Association(destination, dataset.SOPClassUID) as association:
        try:
            status = association.send_c_store(dataset)
        except (RuntimeError, ValueError, AttributeError) as error:
            raise NotSent("not_encodable", for_good=True) from error
        code = status.get("Status")
        if code is None:
            raise NotSent("connection_lost")
        if code != 0 and code & 0xF000 != 0xB000:  # B000: stored, with a warning (PS3.4 B.2.3)
            # Of resources (A7xx) there may be more tomorrow; what is not understood stays so.
            raise NotSent(f"status_{code:04x}", for_good=code & 0xFF00 != 0xA700)


def echo(destination: Destination) -> None:
    """C-ECHO: whether the archive knows us. Raises :class:`NotSent`."""
    with _Association(destination, Verification) as association:
        if association.send_c_echo().get("Status") != 0:
            raise NotSent("no_answer")


class _Association:
    def __init__(self, destination: Destination, sop_class: str) -> None:
        self._destination, self._sop_class = destination, sop_class
        self._association: Any = None

    def __enter__(self) -> Any:
        entity = ApplicationEntity(settings.DICOM_AE_TITLE)
        entity.connection_timeout, entity.acse_timeout = CONNECT_S, CONNECT_S
        entity.dimse_timeout = entity.network_timeout = ANSWER_S
        entity.add_requested_context(self._sop_class, [ExplicitVRLittleEndian, "1.2.840.10008.1.2"])
        to = self._destination
        handlers = [(evt.EVT_CONN_OPEN, _without_delay)]
        tls = (tls_context(), to.host) if to.uses_tls else None
        self._association = entity.associate(
            to.host, to.port, ae_title=to.ae_title, evt_handlers=handlers, tls_args=tls
        )
        if self._association.is_established:
            return self._association
        if self._association.is_rejected:
            raise NotSent("association_rejected")
        if self._association.acceptor.primitive is not None:
            raise NotSent("sop_class_not_accepted", for_good=True)
        raise NotSent("no_connection")

    def __exit__(self, *error: object) -> None:
        if self._association is not None and self._association.is_established:
            self._association.release()


def _without_delay(event: Any) -> None:
    """Each fragment leaves at once: else every object waits for the peer's delayed acknowledgement (45 ms)."""
    sock = event.assoc.dul.socket.socket
    if sock is not None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
