"""We call somebody who speaks DICOM: one association, over TLS where he wants it, and a stable code where none is had.

Used for sending reports, for asking archives and for telling peers what became of their storage commitments.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import _config, build_role, evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.sop_class import Verification
from pynetdicom.transport import AddressInformation, AssociationSocket

from reporting.core.dicom_address import Called
from reporting.core.outgoing_tls import tls_context

# The library writes what it sends and receives into its log, identifiers included, unless told not to.
_config.LOG_HANDLER_LEVEL = "none"
_config.LOG_REQUEST_IDENTIFIERS = _config.LOG_RESPONSE_IDENTIFIERS = False

CONNECT_S, ECHO_S = 10, 20
_ACCEPTED = 0
"""The result of an A-ASSOCIATE; no presentation context needs to be (PS3.8 table 9-17 and 9-18)."""
_PLAIN = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]


class NoAssociation(Exception):
    """``code``: no_connection, connection_lost, tls_failed, association_rejected, no_answer (to an echo), and
    sop_class_not_accepted, the only one that says something of what was asked for.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@contextmanager
def association(
    called: Called, sop_class: str, *, answer_s: float, connect_s: float = CONNECT_S, as_scp: bool = False
) -> Iterator[Any]:
    """An established association for one SOP class, released at the end. Raises :class:`NoAssociation`.

    ``as_scp``: we are the class's provider although we call (PS3.7 D.3.3.4); who does not agree to that takes nothing.
    """
    made = _requested(called, UID(sop_class), answer_s, connect_s, as_scp)
    try:
        yield made
    finally:
        if made.is_established:
            made.release()


def echo(called: Called) -> None:
    """C-ECHO: whether they know us. Raises :class:`NoAssociation`."""
    with association(called, Verification, answer_s=ECHO_S) as made:
        if made.send_c_echo().get("Status") != 0:
            raise NoAssociation("no_answer")


def _requested(called: Called, sop_class: UID, answer_s: float, connect_s: float, as_scp: bool) -> Any:
    entity = _Entity(settings.DICOM_AE_TITLE)
    entity.connection_timeout = entity.acse_timeout = connect_s
    entity.dimse_timeout = entity.network_timeout = answer_s
    entity.add_requested_context(sop_class, _PLAIN)
    roles = [build_role(sop_class, scp_role=True)] if as_scp else []
    host = called.host.strip("[]")
    failed: list[OSError] = []
    try:
        tls = (_context(failed), host) if called.uses_tls else None
    except OSError as error:  # the file of our authorities
        raise NoAssociation("tls_failed") from error
    try:
        made: Any = entity.associate(
            host, called.port, ae_title=called.ae_title, ext_neg=roles, tls_args=tls, evt_handlers=_HANDLERS
        )
    except (OSError, UnicodeError) as error:  # no such name
        raise NoAssociation("no_connection") from error
    if made.is_established and not _is_accepted(made.accepted_contexts, as_scp):
        made.release()
        raise NoAssociation("sop_class_not_accepted")
    if made.is_established:
        return made
    if failed:
        raise NoAssociation("tls_failed") from failed[0]
    if made.is_rejected:
        raise NoAssociation("association_rejected")
    answer = made.acceptor.primitive
    if answer is None:
        raise NoAssociation("no_connection")
    if answer.result == _ACCEPTED and not made.accepted_contexts:
        raise NoAssociation("sop_class_not_accepted")
    raise NoAssociation("connection_lost")  # accepted, and broken off before it was used


def _is_accepted(contexts: Sequence[Any], as_scp: bool) -> bool:
    return any(context.as_scp if as_scp else context.as_scu for context in contexts)


def _context(failed: list[OSError]) -> ssl.SSLContext:
    """Keeps why no TLS came about: the library says of every failure only that there was one."""

    class Sealed(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            try:
                super().do_handshake(block)
            except OSError as error:
                failed.append(error)
                raise

    context = tls_context()
    context.sslsocket_class = Sealed
    return context


def _stands_still(event: evt.Event) -> None:
    """Who sends first waits until the association's own thread stands still; when it has ended, it would never."""
    event.assoc._is_paused = True


_HANDLERS = [(evt.EVT_ABORTED, _stands_still), (evt.EVT_RELEASED, _stands_still)]


class _Socket(AssociationSocket):  # type: ignore[misc]
    def _shutdown_socket(self) -> None:
        """The library leaves a socket that could not connect to the garbage collector."""
        sock = self.socket
        super()._shutdown_socket()
        if sock is not None:
            sock.close()


class _Entity(ApplicationEntity):  # type: ignore[misc]
    def _create_socket(self, assoc: Association, address: AddressInformation, tls_args: Any) -> AssociationSocket:
        made = _Socket(assoc, address=address)
        # Each fragment leaves at once: else the peer's delayed acknowledgement is waited for (45 ms).
        made.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.tls_args = tls_args
        return made
