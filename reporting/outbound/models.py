"""The outbox: where to send, and what is to be sent."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from reporting.core.models import TimestampedModel


class Form(models.TextChoices):
    """What a signed version is sent as."""

    DICOM_SR = "dicom_sr", _("DICOM structured report")
    DICOM_PDF = "dicom_pdf", _("PDF in a DICOM object")


class Destination(TimestampedModel):
    """An archive that gets signed reports by C-STORE. ``forms``: what of :class:`Form` it is sent."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    ae_title = models.CharField(_("AE title"), max_length=16)
    forms = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(port__gte=1, port__lte=65535), name="destination_port_is_a_port"),
        ]

    def __str__(self) -> str:
        return self.name


class DeliveryStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    PARKED = "parked", _("Given up")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self) -> DeliveryQuerySet:
        """To be taken now: waiting and its pause over, or taken by a worker that was not heard of again."""
        waiting = models.Q(status=DeliveryStatus.WAITING, not_before__lte=Now())
        lost = models.Q(status=DeliveryStatus.SENDING, lease_expires_at__lt=Now())
        return self.filter(waiting | lost).order_by("not_before", "created_at")

    def owned_by(self, delivery: Delivery) -> DeliveryQuerySet:
        """The row while this attempt still holds it."""
        return self.filter(pk=delivery.pk, status=DeliveryStatus.SENDING, attempt=delivery.attempt)


class Delivery(TimestampedModel):
    """One thing to send to one place. The row is the work order: it has a state, an attempt number and a lease.

    ``subject``: the report version. ``dedup_key``: asked for twice, it is sent once. ``fault``: a stable code, never a
    word of the receiver's answer.
    """

    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, related_name="deliveries")
    form = models.CharField(max_length=16, choices=Form)
    subject = models.UUIDField()
    dedup_key = models.CharField(max_length=128, unique=True)
    status = models.CharField(max_length=8, choices=DeliveryStatus, default=DeliveryStatus.WAITING)
    attempt = models.PositiveIntegerField(default=0)
    tries_left = models.PositiveIntegerField(default=12)
    not_before = models.DateTimeField(db_default=Now())
    lease_expires_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)  # of the bytes that were accepted

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["not_before"],
                name="delivery_open",
                condition=models.Q(status__in=["waiting", "sending"]),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=[s.value for s in DeliveryStatus]), name="delivery_status_is_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(status="sent") | models.Q(sent_at__isnull=False), name="sent_delivery_says_when"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
