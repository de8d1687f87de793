"""Who may send to us: said by an administrator, kept in the audit trail."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import Role, User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.addresses import checked_networks
from reporting.core.dicom_address import is_ae_title
from reporting.core.errors import InvalidInput, StaleVersion, WrongState
from reporting.dicom_network.models import Peer


def add_peer(ae_title: str, *, addresses: Sequence[str], received_as: User, by: User | None) -> Peer:
    """Let ``ae_title`` send from ``addresses`` (IP addresses or networks). ``by=None``: the operator of the machine.

    Raises:
        NotAllowed: the actor's role does not manage peers.
        InvalidInput: no AE title, no address, or an account that may not take studies in.
        WrongState: a peer of this title is there already.
    """
    if by is not None:
        require(by, Act.PEER_MANAGE)
    if not is_ae_title(ae_title):
        raise InvalidInput(_("An AE title has 1 to 16 characters and no backslash"))
    if not received_as.is_active or Role(received_as.role) is not Role.SERVICE:
        raise InvalidInput(_("What a peer sends is received in the name of an active service account"))
    try:
        with transaction.atomic():
            peer = Peer.objects.create(ae_title=ae_title, addresses=_checked(addresses), received_as=received_as)
            record(AuditAct.PEER_ADDED, by=by, about=peer, data={"ae_title": ae_title, "addresses": peer.addresses})
    except IntegrityError as error:
        raise WrongState(_("There is already a peer of this AE title")) from error
    return peer


@transaction.atomic
def change_peer(
    peer: Peer, *, addresses: Sequence[str], is_active: bool, by: User | None, expected_version: int
) -> Peer:
    """Say anew from where a peer may call, or that it may not any more. Holds from its next association on.

    Raises ``NotAllowed``, ``InvalidInput``, ``StaleVersion``.
    """
    if by is not None:
        require(by, Act.PEER_MANAGE)
    peer = Peer.objects.select_for_update().get(pk=peer.pk)
    if peer.version != expected_version:
        raise StaleVersion(_("Somebody else has changed this meanwhile. Load the page again."))
    before = {"addresses": peer.addresses, "is_active": peer.is_active}
    peer.addresses, peer.is_active = _checked(addresses), is_active
    peer.version += 1
    peer.save(update_fields=["addresses", "is_active", "version", "updated_at"])
    after = {"addresses": peer.addresses, "is_active": peer.is_active}
    record(AuditAct.PEER_CHANGED, by=by, about=peer, data={"from": before, "to": after})
    return peer


def _checked(addresses: Sequence[str]) -> list[str]:
    try:
        checked = checked_networks(addresses)
    except ValueError as error:
        raise InvalidInput(_("This is neither an IP address nor a network")) from error
    if not checked:
        raise InvalidInput(_("A peer needs at least one address to call from"))
    return checked
