"""Who may send to us, and where they listen for our answers: said by an administrator, kept in the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from pynetdicom.sop_class import StorageCommitmentPushModel

from reporting.accounts.models import Role, User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.addresses import checked_networks
from reporting.core.dicom_address import is_ae_title, is_host_with_port
from reporting.core.dicom_association import NoAssociation, association
from reporting.core.errors import InvalidInput, WrongState
from reporting.core.versioned_change import locked, say_anew
from reporting.dicom_network.models import Peer

_PING_S = 10


@dataclass(frozen=True)
class Listens:
    """Where a peer is told what became of its storage commitments; nowhere: only on the association it asked on."""

    host: str = ""
    port: int | None = None
    uses_tls: bool = False


def add_peer(
    ae_title: str, *, addresses: Sequence[str], received_as: User, by: User | None, listens: Listens = Listens()
) -> Peer:
    """Let ``ae_title`` send from ``addresses`` (IP addresses or networks). ``by=None``: the operator of the machine.

    Raises:
        NotAllowed: the actor's role does not manage peers.
        InvalidInput: no AE title, no address, half an address, or an account that may not take studies in.
        WrongState: a peer of this title is there already.
    """
    if by is not None:
        require(by, Act.PEER_MANAGE)
    if not is_ae_title(ae_title):
        raise InvalidInput(_("An AE title has 1 to 16 characters and no backslash"))
    if not received_as.is_active or Role(received_as.role) is not Role.SERVICE:
        raise InvalidInput(_("What a peer sends is received in the name of an active service account"))
    _check(listens)
    said = {"addresses": _checked(addresses), **asdict(listens)}
    try:
        with transaction.atomic():
            peer = Peer.objects.create(ae_title=ae_title, received_as=received_as, **said)
            record(AuditAct.PEER_ADDED, by=by, about=peer, data={"ae_title": ae_title, **said})
    except IntegrityError as error:
        raise WrongState(_("There is already a peer of this AE title")) from error
    return peer


@transaction.atomic
def change_peer(
    peer: Peer, *, addresses: Sequence[str], listens: Listens, is_active: bool, by: User | None, expected_version: int
) -> Peer:
    """Say anew from where a peer may call and where it listens, or that it may not any more.

    Holds from its next association on. Raises ``NotAllowed``, ``InvalidInput``, ``StaleVersion``.
    """
    if by is not None:
        require(by, Act.PEER_MANAGE)
    _check(listens)
    after = {"addresses": _checked(addresses), **asdict(listens), "is_active": is_active}
    peer = locked(peer, expected_version)
    before = {key: getattr(peer, key) for key in after}
    say_anew(peer, after)
    record(AuditAct.PEER_CHANGED, by=by, about=peer, data={"from": before, "to": after})
    return peer


def ping_peer(peer: Peer, *, by: User | None) -> str:
    """Whether it would be told: an association for our report, released at once. The code of what is wrong, or nothing.

    Raises ``NotAllowed``, :class:`InvalidInput` when it listens nowhere.
    """
    if by is not None:
        require(by, Act.PEER_MANAGE)
    if peer.listens_at is None:
        raise InvalidInput(_("It listens nowhere: it is told only on its own association"))
    fault = ""
    try:
        with association(peer.listens_at, StorageCommitmentPushModel, answer_s=_PING_S, as_scp=True):
            pass
    except NoAssociation as none:
        fault = none.code
    outcome = "failure" if fault else "success"
    record(AuditAct.PEER_TESTED, by=by, about=peer, outcome=outcome, data={"fault": fault})
    return fault


def _check(listens: Listens) -> None:
    if listens != Listens() and not is_host_with_port(listens.host, listens.port or 0):
        raise InvalidInput(_("Where it listens is a host name or address with a port"))


def _checked(addresses: Sequence[str]) -> list[str]:
    try:
        checked = checked_networks(addresses)
    except ValueError as error:
        raise InvalidInput(_("This is neither an IP address nor a network")) from error
    if not checked:
        raise InvalidInput(_("A peer needs at least one address to call from"))
    return checked
