"""One association, from its first byte to its last, in the calling thread."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import uuid

from django.conf import settings
from django.db import DatabaseError
from pynetdicom import _config, evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.transport import AddressInformation

from reporting.accounts.models import User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.request_id import remote_address, request_id
from reporting.dicom_network.listener import commitment, completion, storing
from reporting.dicom_network.listener.contexts import supported_contexts
from reporting.dicom_network.listener.guarded import Checkpoint, GuardedDul, GuardedSocket, PatientAcse
from reporting.dicom_network.listener.limits import Limits
from reporting.dicom_network.listener.messages import GuardedDimse
from reporting.dicom_network.models import Peer
from reporting.studies.services import end_receptions_of_this_request

# The library writes what it receives into its log, identifiers included, unless told not to.
_config.LOG_HANDLER_LEVEL = "none"
_config.LOG_REQUEST_IDENTIFIERS = _config.LOG_RESPONSE_IDENTIFIERS = False
# Who calls and from where: also in the thread that receives.
_config.PASS_CONTEXTVARS = True

_NO_OTHERS = 1000
"""How many associations the library may count; places are given by the listener's front."""

logger = logging.getLogger(__name__)


def serve(connection: socket.socket, address: str, limits: Limits, tls: ssl.SSLContext | None) -> None:
    """Speak with whoever connected from ``address``; return when the connection is closed.

    An address that no peer may call from is not listened to at all; of the others, only the peers of that address are.
    """
    token, address_token = request_id.set(uuid.uuid4().hex), remote_address.set(address)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(limits.negotiation_s)
        peers = Peer.objects.at(address)
        if not peers:
            _refused("address")
            return
        if tls is not None:
            try:
                connection = tls.wrap_socket(connection, server_side=True)
            except OSError:
                _refused("tls")
                return
        _speak(connection, address, {peer.ae_title: peer for peer in peers}, limits)
    finally:
        with contextlib.suppress(OSError):
            connection.close()
        request_id.reset(token)
        remote_address.reset(address_token)


def _speak(connection: socket.socket, address: str, peers: dict[str, Peer], limits: Limits) -> None:
    entity = ApplicationEntity(settings.DICOM_AE_TITLE)
    entity.require_called_aet = True
    entity.require_calling_aet = list(peers)
    entity.maximum_associations = _NO_OTHERS
    entity.acse_timeout, entity.network_timeout = limits.negotiation_s, limits.silence_s
    entity.dimse_timeout = limits.silence_s
    association = Association(entity, "acceptor")
    checkpoint = association._reactor_checkpoint = Checkpoint()
    association.dul = GuardedDul(association, checkpoint.came)
    # Again: they set the timers of the layer below, which is another now.
    association.acse_timeout, association.network_timeout = limits.negotiation_s, limits.silence_s
    association.dimse = GuardedDimse(
        association, checkpoint.came, lambda arrived: arrived.store(peers[association.requestor.ae_title].received_as)
    )

    def before_release() -> None:
        association.dimse.questions.end()
        _end_receptions()

    association.acse = PatientAcse(association, before_release)
    association.set_socket(GuardedSocket(association, connection, limits))
    association.acceptor.maximum_length = limits.max_pdu_bytes
    association.acceptor.ae_title = entity.ae_title
    association.acceptor.address_info = AddressInformation.from_tuple(connection.getsockname())
    association.acceptor.implementation_class_uid = entity.implementation_class_uid
    association.acceptor.implementation_version_name = entity.implementation_version_name
    association.acceptor.supported_contexts = supported_contexts()
    association.requestor.address_info = AddressInformation(address, 0)

    def by(event: Event) -> User:
        return peers[event.assoc.requestor.ae_title].received_as

    def on_commitment(event: Event) -> tuple[int, None]:
        return commitment.asked(event, peers[event.assoc.requestor.ae_title]), None

    def on_rejected(event: Event) -> None:
        _refused("title")

    association.bind(evt.EVT_C_ECHO, lambda event: storing.SUCCESS)
    association.bind(evt.EVT_N_ACTION, on_commitment)
    association.bind(evt.EVT_N_CREATE, lambda event: completion.created(event, by(event)))
    association.bind(evt.EVT_N_SET, lambda event: completion.changed(event, by(event)))
    association.bind(evt.EVT_REJECTED, on_rejected)
    try:
        association.run_reactor()
    finally:
        association.kill()
        association.dul.join(limits.negotiation_s)
        association.dimse.questions.end()
        association.dimse.remove_unfinished()
        _end_receptions()


def _end_receptions() -> None:
    try:
        end_receptions_of_this_request()
    except DatabaseError:
        logger.exception("what an association brought could not be described now; the clock will do it")


def _refused(why: str) -> None:
    """Kept in the trail: somebody called who may not, or called somebody we are not."""
    logger.warning("an association was refused: %s", why)
    record(AuditAct.ASSOCIATION_REFUSED, by=None, outcome="failure", data={"reason": why})
