"""Who may speak DICOM with us: application entities, by their title and the addresses they call from."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from reporting.core.models import TimestampedModel

AE_TITLE_LENGTH = 16
"""PS3.5 6.2, value representation AE."""


class PeerQuerySet(models.QuerySet["Peer"]):
    def at(self, address: str) -> list[Peer]:
        """Peers that may call from ``address``: a scanner's own, or one of a network that was allowed to them."""
        try:
            caller = ipaddress.ip_address(address)
        except ValueError:
            return []
        if isinstance(caller, ipaddress.IPv6Address) and caller.ipv4_mapped is not None:
            caller = caller.ipv4_mapped
        active = self.filter(is_active=True).select_related("received_as")
        return [peer for peer in active if any(caller in network for network in peer.networks())]


class Peer(TimestampedModel):
    """A scanner, workstation or archive that may send to us. ``addresses``: IP addresses and networks (CIDR)."""

    ae_title = models.CharField(_("AE title"), max_length=AE_TITLE_LENGTH, unique=True)
    addresses = models.JSONField(_("addresses"), default=list)
    # Whose name stands in the audit trail for what it sends.
    received_as = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    objects = PeerQuerySet.as_manager()

    class Meta:
        ordering = ["ae_title"]

    def __str__(self) -> str:
        return self.ae_title

    def networks(self) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        return [ipaddress.ip_network(address) for address in self.addresses]
