"""Who may speak DICOM with us, by title and address; and the archives that we ask for earlier studies."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from reporting.core.addresses import is_within
from reporting.core.dicom_address import Called
from reporting.core.models import TimestampedModel

AE_TITLE_LENGTH = 16
"""PS3.5 6.2, value representation AE."""


class PeerQuerySet(models.QuerySet["Peer"]):
    def at(self, address: str) -> list[Peer]:
        """Peers that may call from ``address``: a scanner's own, or one of a network that was allowed to them."""
        active = self.filter(is_active=True).select_related("received_as")
        return [peer for peer in active if is_within(address, peer.addresses)]


class Peer(TimestampedModel):
    """A scanner, workstation or archive that may send to us. ``addresses``: IP addresses and networks (CIDR).

    ``host``, ``port``: where it listens for what became of its storage commitments, if it does.
    """

    ae_title = models.CharField(_("AE title"), max_length=AE_TITLE_LENGTH, unique=True)
    addresses = models.JSONField(_("addresses"), default=list)
    # Whose name stands in the audit trail for what it sends.
    received_as = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    host = models.CharField(_("host"), max_length=255, blank=True)
    port = models.PositiveIntegerField(_("port"), null=True, blank=True)
    uses_tls = models.BooleanField(_("TLS"), default=False)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    objects = PeerQuerySet.as_manager()

    class Meta:
        ordering = ["ae_title"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(host="", port=None, uses_tls=False)
                | (~models.Q(host="") & models.Q(port__isnull=False, port__gte=1, port__lte=65535)),
                name="peer_listens_at_host_and_port",
            ),
        ]

    def __str__(self) -> str:
        return self.ae_title

    @property
    def listens_at(self) -> Called | None:
        return Called(self.host, self.port, self.ae_title, self.uses_tls) if self.port is not None else None


class StepStatus(models.TextChoices):
    """Of a performed procedure step, in DICOM's own words (PS3.3 C.4.14)."""

    IN_PROGRESS = "IN PROGRESS"
    COMPLETED = "COMPLETED"
    DISCONTINUED = "DISCONTINUED"


class ProcedureStep(TimestampedModel):
    """An examination that a scanner said it had begun (MPPS): what it may go on to speak of, until it has ended."""

    sop_instance_uid = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=16, choices=StepStatus, default=StepStatus.IN_PROGRESS)
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return str(self.id)


class Archive(TimestampedModel):
    """Asked for earlier studies (C-FIND), which it sends to our listener (C-MOVE): so it must be a peer, too."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    host = models.CharField(_("host"), max_length=255)
    port = models.PositiveIntegerField(_("port"))
    ae_title = models.CharField(_("AE title"), max_length=AE_TITLE_LENGTH)
    uses_tls = models.BooleanField(_("TLS"), default=False)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(port__gte=1, port__lte=65535), name="archive_port_is_a_port"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def called(self) -> Called:
        return Called(self.host, self.port, self.ae_title, self.uses_tls)


class RetrievalStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    FETCHING = "fetching", _("Being fetched")
    DONE = "done", _("Fetched")
    FAILED = "failed", _("Not fetched")


class RetrievalQuerySet(models.QuerySet["Retrieval"]):
    def due(self) -> RetrievalQuerySet:
        """Waiting, or taken by a worker that was not heard of again."""
        lost = models.Q(status=RetrievalStatus.FETCHING, lease_expires_at__lt=Now())
        return self.filter(models.Q(status=RetrievalStatus.WAITING) | lost).order_by("created_at")

    def owned_by(self, retrieval: Retrieval) -> RetrievalQuerySet:
        """The row while this attempt still holds it."""
        return self.filter(pk=retrieval.pk, status=RetrievalStatus.FETCHING, attempt=retrieval.attempt)


class Retrieval(TimestampedModel):
    """One study asked for from an archive. The row is the work order, with an attempt number and a lease.

    ``objects_sent``, ``objects_missing``: what the archive says it sent, and could not send. ``fault``: a stable code.
    """

    archive = models.ForeignKey(Archive, on_delete=models.PROTECT, related_name="retrievals")
    study_instance_uid = models.CharField(max_length=64)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=8, choices=RetrievalStatus, default=RetrievalStatus.WAITING)
    attempt = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    objects_sent = models.PositiveIntegerField(default=0)
    objects_missing = models.PositiveIntegerField(default=0)
    fault = models.CharField(max_length=64, blank=True)

    objects = RetrievalQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["archive", "study_instance_uid"],
                condition=models.Q(status__in=["waiting", "fetching"]),
                name="study_is_fetched_once_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
