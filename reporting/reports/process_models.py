"""What happens around a report: first reads, critical findings told to a clinician, notes between colleagues.

All tables here are append-only: a correction is a further row.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reporting.accounts.models import User
from reporting.core.models import TimestampedModel
from reporting.predictions.models import BlindDecision
from reporting.reports.states import ReportStatus


class FirstRead(TimestampedModel):
    """What a reader said before the machine was shown, and what the machine had said, place by place.

    ``values`` is canonical JSON: [{field, structure, level, side, instance, state, value, set_by, bulk, machine}].
    """

    report = models.ForeignKey("reports.Report", on_delete=models.PROTECT, related_name="first_reads")
    decision = models.OneToOneField(BlindDecision, on_delete=models.PROTECT, related_name="first_read")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    report_version = models.PositiveIntegerField()
    values = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return str(self.id)


class CriticalAlertQuerySet(models.QuerySet["CriticalAlert"]):
    def pending(self) -> CriticalAlertQuerySet:
        """Nobody has been told yet, and it was not taken back. An escalation does not stop the clock."""
        settled = CriticalNotice.objects.filter(alert=models.OuterRef("pk"), kind__in=["told", "retracted"])
        return self.filter(~models.Exists(settled))

    def overdue(self) -> CriticalAlertQuerySet:
        return self.pending().filter(due_at__lt=Now())

    def pending_by_study(self, study_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, CriticalAlert]:
        """For a list: the most urgent pending alert of each study that has one."""
        found: dict[uuid.UUID, CriticalAlert] = {}
        for alert in self.pending().filter(report__study__in=study_ids).select_related("report").order_by("due_at"):
            found.setdefault(alert.report.study_id, alert)
        return found


class CriticalAlert(TimestampedModel):
    """A finding of category 1, 2 or 3 that a reader called critical; ``due_at`` is when somebody must know of it."""

    report = models.ForeignKey("reports.Report", on_delete=models.PROTECT, related_name="critical_alerts")
    code = models.CharField(max_length=64)
    category = models.PositiveSmallIntegerField()
    fingerprint = models.CharField(max_length=64, blank=True)
    finding_en = models.CharField(max_length=500)
    finding_zh = models.CharField(max_length=500)
    keys = models.JSONField(default=list)
    found_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    found_at = models.DateTimeField()
    due_at = models.DateTimeField()
    report_version = models.PositiveIntegerField()

    objects = CriticalAlertQuerySet.as_manager()

    class Meta:
        ordering = ["category", "found_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(category__in=[1, 2, 3]), name="critical_category_is_known"),
        ]
        indexes = [models.Index(fields=["report", "due_at"], name="critical_alert_by_report")]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_overdue(self) -> bool:
        """Of a pending one."""
        return timezone.now() > self.due_at


class NoticeKind(models.TextChoices):
    TOLD = "told", _("told")
    ESCALATED = "escalated", _("escalated")
    RETRACTED = "retracted", _("retracted")


class NoticeMethod(models.TextChoices):
    PHONE = "phone", _("telephone")
    IN_PERSON = "in_person", _("in person")
    MESSAGE = "message", _("message with receipt")
    OTHER = "other", _("other")


class CriticalNotice(TimestampedModel):
    """Who told whom of an alert, when it was received and how; or that nobody could be reached; or that it was none."""

    alert = models.ForeignKey(CriticalAlert, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=16, choices=NoticeKind)
    told_by = models.CharField(_("told by"), max_length=128)
    told_to = models.CharField(_("told to"), max_length=128, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True)
    method = models.CharField(_("method"), max_length=16, choices=NoticeMethod, blank=True)
    read_back = models.BooleanField(_("read back"), default=False)
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind="told")
                | models.Q(received_at__isnull=False) & ~models.Q(told_to="") & ~models.Q(method=""),
                name="told_notice_says_whom_when_and_how",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="retracted") | ~models.Q(comment=""), name="retracted_notice_says_why"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_late(self) -> bool:
        return self.received_at is not None and self.received_at > self.alert.due_at


class NoteKind(models.TextChoices):
    CONSULT = "consult", _("Second opinion asked")
    ANSWER = "answer", _("Second opinion")
    RETURN = "return", _("Returned")
    RESOLVED = "resolved", _("Resolved")


class ReportNoteQuerySet(models.QuerySet["ReportNote"]):
    def waiting_for(self, user: User) -> ReportNoteQuerySet:
        """What a colleague said to ``user`` and nobody has taken up.

        A question without an answer, a comment of a returned draft that is not dealt with, an answer since which the
        report has not been changed.
        """
        open_to_change = models.Q(report__status__in=[ReportStatus.DRAFT, ReportStatus.PRELIMINARY])
        alive = open_to_change | models.Q(report__status=ReportStatus.FINAL)
        is_asked = models.Q(kind=NoteKind.CONSULT, answered_by=None) & alive
        is_returned = models.Q(kind=NoteKind.RETURN, answered_by=None, report__status=ReportStatus.DRAFT)
        is_answered = models.Q(kind=NoteKind.ANSWER, report_version=models.F("report__version")) & open_to_change
        return self.filter(to=user).filter(is_asked | is_returned | is_answered)


class ReportNote(TimestampedModel):
    """Words between colleagues about a report, perhaps about one place of it; no part of what is signed."""

    report = models.ForeignKey("reports.Report", on_delete=models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=16, choices=NoteKind)
    text = models.TextField(max_length=2000)
    place = models.CharField(max_length=80, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    answers = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="answered_by")
    report_version = models.PositiveIntegerField()

    objects = ReportNoteQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind="consult") | models.Q(to__isnull=False), name="consult_names_a_colleague"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="answer") | models.Q(answers__isnull=False), name="answer_names_its_question"
            ),
            models.UniqueConstraint(
                fields=["answers"], condition=models.Q(kind="resolved"), name="comment_is_resolved_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
