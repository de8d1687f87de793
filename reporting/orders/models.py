"""Who may tell us something, what they told, and what stands because of it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from reporting.core.addresses import is_within
from reporting.core.hl7_text import Charset
from reporting.core.models import TimestampedModel
from reporting.studies.models import Study


class MessageSenderQuerySet(models.QuerySet["MessageSender"]):
    def at(self, address: str) -> list[MessageSender]:
        """Who may send from ``address``."""
        return [sender for sender in self.filter(is_active=True) if is_within(address, sender.addresses)]


class MessageSender(TimestampedModel):
    """A RIS, HIS or integration engine. ``addresses``: IP addresses and networks (CIDR) that it calls from.

    ``application``, ``facility``: what MSH-3 and MSH-4 must say; empty: whatever they say. ``charset``: of messages
    without MSH-18.
    """

    name = models.CharField(_("name"), max_length=64, unique=True)
    addresses = models.JSONField(_("addresses"), default=list)
    application = models.CharField(_("application (MSH-3)"), max_length=64, blank=True)
    facility = models.CharField(_("facility (MSH-4)"), max_length=64, blank=True)
    charset = models.CharField(
        _("character set"), max_length=16, default=Charset.UTF_8.value, choices=[(c.value, c.value) for c in Charset]
    )
    is_active = models.BooleanField(_("may send"), default=True)
    version = models.PositiveIntegerField(default=1)

    objects = MessageSenderQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class OrderStatus(models.TextChoices):
    PLACED = "placed", _("Placed")
    HELD = "held", _("On hold")
    CANCELLED = "cancelled", _("Cancelled")


class OrderQuerySet(models.QuerySet["Order"]):
    def for_study(self, study: Study) -> OrderQuerySet:
        """The orders that a study was made for, newest first: its accession number and its patient, not cancelled.

        The patient may go by another number by now, if the hospital said that both are one.
        """
        patient = study.patient
        if not study.accession_number or not patient.patient_id:
            return self.none()
        same = models.Q(patient_id__in=PatientMerge.objects.numbers_of_one_with(patient.patient_id))
        same |= models.Q(patient_id=patient.patient_id)
        if patient.issuer:  # what one side does not say contradicts nothing
            same &= models.Q(issuer__in=[patient.issuer, ""])
        return (
            self.filter(same, accession_number=study.accession_number)
            .exclude(status=OrderStatus.CANCELLED)
            .order_by("-said_at", "-created_at")
        )


class Order(TimestampedModel):
    """An imaging order as the newest message about it has it. ``said_at``: that message's own time (MSH-7)."""

    sender = models.ForeignKey(MessageSender, on_delete=models.PROTECT, related_name="orders")
    placer_number = models.CharField(max_length=128)
    filler_number = models.CharField(max_length=128, blank=True)
    accession_number = models.CharField(max_length=64, blank=True)
    patient_id = models.CharField(max_length=64)
    issuer = models.CharField(max_length=64, blank=True)
    procedure_code = models.CharField(max_length=64, blank=True)
    procedure = models.CharField(max_length=256, blank=True)
    # Why it was asked for, in the words of who asked: what the report's indication begins with.
    indication = models.TextField(blank=True)
    referring_unit = models.CharField(max_length=128, blank=True)
    ordering_provider = models.CharField(max_length=256, blank=True)
    priority = models.CharField(max_length=16, blank=True)
    scheduled_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=16, choices=OrderStatus, default=OrderStatus.PLACED)
    said_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-said_at"]
        indexes = [models.Index(fields=["accession_number"], name="order_accession")]
        constraints = [
            models.UniqueConstraint(fields=["sender", "placer_number"], name="order_is_known_by_its_placer_number"),
            models.CheckConstraint(
                condition=models.Q(status__in=[s.value for s in OrderStatus]), name="order_status_is_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Outcome(models.TextChoices):
    TAKEN = "taken", _("Taken")
    PARKED = "parked", _("Could not be used")
    DISMISSED = "dismissed", _("Dismissed")
    REFUSED = "refused", _("Not of a kind that is taken")


class InboundMessage(TimestampedModel):
    """One message, received and committed before it was answered. ``content``: its bytes while people must look.

    ``fault``: a stable code, never a word of the message.
    """

    sender = models.ForeignKey(MessageSender, on_delete=models.PROTECT, related_name="messages")
    control_id = models.CharField(max_length=199, blank=True)
    kind = models.CharField(max_length=32, blank=True)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    outcome = models.CharField(max_length=16, choices=Outcome)
    fault = models.CharField(max_length=64, blank=True)
    content = models.BinaryField(blank=True, default=b"")
    times = models.PositiveIntegerField(default=1)  # how often it came

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["sender", "control_id"], name="message_by_control_id")]
        constraints = [
            models.UniqueConstraint(fields=["sender", "sha256"], name="message_is_kept_once"),
            models.CheckConstraint(
                condition=models.Q(outcome__in=[o.value for o in Outcome]), name="message_outcome_is_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


_LONGEST_CHAIN = 10


class PatientMergeQuerySet(models.QuerySet["PatientMerge"]):
    def numbers_of_one_with(self, number: str) -> set[str]:
        """Other patient numbers that were said to be the same person as ``number``, over several merges."""
        known, new = {number.strip()}, {number.strip()}
        for _step in range(_LONGEST_CHAIN):
            touching = self.filter(models.Q(kept_id__in=new) | models.Q(merged_id__in=new))
            found = {each for pair in touching.values_list("kept_id", "merged_id") for each in pair}
            new = found - known
            if not new:
                break
            known |= new
        return known - {number.strip()}


class PatientMerge(TimestampedModel):
    """The hospital says that two numbers are one person. Nothing is moved: both numbers find the studies of both."""

    message = models.ForeignKey(InboundMessage, on_delete=models.PROTECT, related_name="merges")
    kept_id = models.CharField(max_length=64)
    kept_issuer = models.CharField(max_length=64, blank=True)
    merged_id = models.CharField(max_length=64)
    merged_issuer = models.CharField(max_length=64, blank=True)
    said_at = models.DateTimeField()

    objects = PatientMergeQuerySet.as_manager()

    class Meta:
        ordering = ["-said_at"]
        indexes = [models.Index(fields=["kept_id"]), models.Index(fields=["merged_id"])]

    def __str__(self) -> str:
        return str(self.id)
