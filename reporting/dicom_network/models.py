"""Who may speak DICOM with us: application entities, by their title and the addresses they call from."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from reporting.core.addresses import is_within
from reporting.core.models import TimestampedModel

AE_TITLE_LENGTH = 16
"""PS3.5 6.2, value representation AE."""


class PeerQuerySet(models.QuerySet["Peer"]):
    def at(self, address: str) -> list[Peer]:
        """Peers that may call from ``address``: a scanner's own, or one of a network that was allowed to them."""
        active = self.filter(is_active=True).select_related("received_as")
        return [peer for peer in active if is_within(address, peer.addresses)]


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
