"""The outbox: where to send, and what is to be sent."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from reporting.core.hl7_text import Charset
from reporting.core.models import TimestampedModel


class Kind(models.TextChoices):
    """What a receiver speaks."""

    DICOM = "dicom", _("DICOM archive")
    MLLP = "mllp", _("HL7 v2 receiver (MLLP)")
    FHIR = "fhir", _("FHIR server")


class Form(models.TextChoices):
    """What a signed version is sent as."""

    DICOM_SR = "dicom_sr", _("DICOM structured report")
    DICOM_PDF = "dicom_pdf", _("PDF in a DICOM object")
    DICOM_SEG = "dicom_seg", _("DICOM segmentation of the structures")
    DICOM_KEY = "dicom_key", _("DICOM selection of key images")
    HL7_ORU = "hl7_oru", _("HL7 v2.5 result (ORU^R01)")
    FHIR_R4 = "fhir_r4", _("FHIR R4 report")
    FHIR_R5 = "fhir_r5", _("FHIR R5 report")


FORMS_OF = {
    Kind.DICOM: (Form.DICOM_SR, Form.DICOM_PDF, Form.DICOM_SEG, Form.DICOM_KEY),
    Kind.MLLP: (Form.HL7_ORU,),
    Kind.FHIR: (Form.FHIR_R4, Form.FHIR_R5),
}
WHOLE_STATE = (Form.HL7_ORU, Form.FHIR_R4, Form.FHIR_R5)
"""Each message says how the report stands as a whole: later ones take the place of earlier ones, and go after them."""


class Said(models.TextChoices):
    """What happened to the report. A version is sent again when it is withdrawn."""

    PRELIMINARY = "preliminary", _("Preliminary")
    FINAL = "final", _("Final")
    ADDENDUM = "addendum", _("Addendum")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Destination(TimestampedModel):
    """Who gets signed reports. ``forms``: what of :class:`Form` it is sent.

    ``path``: of a FHIR server's base address; ``secret_name``: the file of its token in the folder of secrets.
    ``application``, ``facility``: MSH-5 and MSH-6 of HL7 v2.
    """

    name = models.CharField(_("name"), max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.DICOM)
    host = models.CharField(_("host"), max_length=255)
    port = models.PositiveIntegerField(_("port"))
    uses_tls = models.BooleanField(_("TLS"), default=False)
    forms = models.JSONField(_("forms"), default=list)
    with_preliminary = models.BooleanField(_("preliminary reports too"), default=False)
    ae_title = models.CharField(_("AE title"), max_length=16, blank=True)
    application = models.CharField(_("application (MSH-5)"), max_length=64, blank=True)
    facility = models.CharField(_("facility (MSH-6)"), max_length=64, blank=True)
    charset = models.CharField(
        _("character set"), max_length=16, default=Charset.UTF_8.value, choices=[(c.value, c.value) for c in Charset]
    )
    languages = models.JSONField(_("languages"), default=list)
    path = models.CharField(_("path"), max_length=255, blank=True)
    secret_name = models.CharField(_("file of the token"), max_length=64, blank=True)
    is_active = models.BooleanField(_("is sent reports"), default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(port__gte=1, port__lte=65535), name="destination_port_is_a_port"),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in Kind]), name="destination_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DeliveryStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    PARKED = "parked", _("Given up")
    SUPERSEDED = "superseded", _("Overtaken by a later state")
    EMPTY = "empty", _("Nothing to send")


OPEN = (DeliveryStatus.WAITING, DeliveryStatus.SENDING)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self) -> DeliveryQuerySet:
        """To be taken now: waiting and its pause over, or taken by a worker that was not heard of again.

        What says how a report stands waits for what was said of it before.
        """
        waiting = models.Q(status=DeliveryStatus.WAITING, not_before__lte=Now())
        lost = models.Q(status=DeliveryStatus.SENDING, lease_expires_at__lt=Now())
        before = Delivery.objects.filter(
            destination=models.OuterRef("destination"),
            form=models.OuterRef("form"),
            report=models.OuterRef("report"),
            step__lt=models.OuterRef("step"),
            form__in=WHOLE_STATE,
            status__in=OPEN,
        )
        return self.filter(waiting | lost).exclude(models.Exists(before)).order_by("not_before", "created_at")

    def owned_by(self, delivery: Delivery) -> DeliveryQuerySet:
        """The row while this attempt still holds it."""
        return self.filter(pk=delivery.pk, status=DeliveryStatus.SENDING, attempt=delivery.attempt)

    def overtaken_by(self, delivery: Delivery) -> DeliveryQuerySet:
        """What must not be sent any more once ``delivery`` was: it would put the receiver back to an earlier state."""
        if delivery.form not in WHOLE_STATE:
            return self.none()
        same = self.filter(destination=delivery.destination_id, form=delivery.form, report=delivery.report)
        return same.filter(step__lt=delivery.step).exclude(status=DeliveryStatus.SENT)


class Delivery(TimestampedModel):
    """One thing to send to one place. The row is the work order: it has a state, an attempt number and a lease.

    ``subject``: the report version; ``said``: what happened with it; ``step``: how many things had happened by then.
    ``dedup_key``: asked for twice, it is sent once. ``fault``: a stable code, never a word of the receiver's answer.
    """

    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, related_name="deliveries")
    form = models.CharField(max_length=16, choices=Form)
    report = models.UUIDField(null=True)  # of rows from before it was kept: unknown
    subject = models.UUIDField()
    said = models.CharField(max_length=16, choices=Said, default=Said.FINAL)
    step = models.PositiveIntegerField(default=0)
    dedup_key = models.CharField(max_length=128, unique=True)
    status = models.CharField(max_length=16, choices=DeliveryStatus, default=DeliveryStatus.WAITING)
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
            ),
            models.Index(fields=["status", "-created_at"], name="delivery_by_status"),
            models.Index(fields=["report", "destination", "form"], name="delivery_of_report"),
            models.Index(fields=["sent_at"], name="delivery_sent_at", condition=models.Q(status="sent")),
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
