"""Peer learning as rows: what was drawn and how, who answered what, and who is told."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.core.models import TimestampedModel
from reporting.reports.models import ReportVersion
from reporting.studies.models import Study


class CaseGroup(models.TextChoices):
    """Why a place was drawn. Hidden from a reviewer until they have answered."""

    BLIND_FINAL = "blind_final", _("first read and final read differ")
    MODEL_FINAL = "model_final", _("machine and final read differ")
    PREPARED_FINAL = "prepared_final", _("prepared and final read differ")
    CONTROL = "control", _("random sample")


class CaseStatus(models.TextChoices):
    OPEN = "open", _("open")
    SETTLED = "settled", _("settled")
    CLOSED = "closed", _("closed: its report no longer counts")


class PeerDraw(TimestampedModel):
    """One day's draw. ``seed`` and the pool make it repeatable: the same facts and seed give the same cases.

    ``disagreements`` and ``agreements`` are the sizes of the pools, for whoever weighs the answers later.
    """

    day = models.DateField(unique=True)
    seed = models.CharField(max_length=32)
    disagreements = models.PositiveIntegerField()
    agreements = models.PositiveIntegerField()
    drawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return str(self.day)


class PeerCaseQuerySet(models.QuerySet["PeerCase"]):
    def takeable_by(self, user: User) -> PeerCaseQuerySet:
        """Open, of a report that counts, not held by somebody else, neither read nor answered by ``user``."""
        if not may(user, Act.PEER_REVIEW):
            return self.none()
        held = models.Q(claimed_until__gt=Now()) & ~models.Q(claimed_by=user)
        return (
            self.filter(status=CaseStatus.OPEN, study__in=Study.objects.visible_to(user))
            .exclude(held)
            .exclude(involved__contains=[str(user.pk)])
            .exclude(answers__reviewer=user)
        )

    def known_to(self, user: User | AnonymousUser) -> PeerCaseQuerySet:
        """What ``user`` holds, has answered, or was told of; nobody else knows a single case."""
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        reviews = models.Q(claimed_by=user) | models.Q(answers__reviewer=user)
        known = models.Q()
        if may(user, Act.PEER_REVIEW):
            known |= reviews
        if may(user, Act.PEER_OWN):
            known |= models.Q(notices__person=user)
        return self.filter(known, study__in=Study.objects.visible_to(user)).distinct() if known else self.none()


class PeerCase(TimestampedModel):
    """One place of one signed version that colleagues look at again.

    ``said``: who said what, frozen: ``machine``, ``final``, ``prepared``, ``blind_first`` → value (or absent), and
    ``image``: series, SOP instance and frame. ``involved``: ids of everybody who read it, who never get it to review.
    """

    draw = models.ForeignKey(PeerDraw, on_delete=models.PROTECT, related_name="cases")
    version = models.ForeignKey(ReportVersion, on_delete=models.PROTECT, related_name="+")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    finding = models.CharField(max_length=16)
    field = models.CharField(max_length=32)
    level = models.CharField(max_length=8)
    side = models.CharField(max_length=8, blank=True)
    group = models.CharField(max_length=16, choices=CaseGroup)
    rank = models.PositiveIntegerField()
    said = models.JSONField()
    involved = models.JSONField()
    reviewers = models.PositiveSmallIntegerField()  # how many answer before it may be settled
    status = models.CharField(max_length=8, choices=CaseStatus, default=CaseStatus.OPEN)
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    claimed_until = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=64, blank=True)  # what was agreed on; empty: it cannot be told
    reference = models.ForeignKey(
        "department_audit.ReferenceRead", null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = PeerCaseQuerySet.as_manager()

    class Meta:
        ordering = ["rank", "created_at"]
        constraints = [
            models.UniqueConstraint(fields=["version", "field", "level", "side"], name="a_place_is_drawn_once"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class PeerAnswer(TimestampedModel):
    """What one reviewer saw, before they were shown what anybody else did. An empty value: it cannot be told."""

    case = models.ForeignKey(PeerCase, on_delete=models.PROTECT, related_name="answers")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    value = models.CharField(max_length=64, blank=True)
    comment = models.CharField(max_length=500, blank=True)  # what there is to learn from it

    class Meta:
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["case", "reviewer"], name="a_reviewer_answers_once")]

    def __str__(self) -> str:
        return str(self.id)


class Grade(models.TextChoices):
    """RADPEER (American College of Radiology) of the signed value, where the department grades."""

    CONCUR = "1", _("1: concur")
    UNDERSTANDABLE_A = "2a", _("2a: understandable difference, unlikely to matter for the patient")
    UNDERSTANDABLE_B = "2b", _("2b: understandable difference, likely to matter for the patient")
    USUALLY_SEEN_A = "3a", _("3a: usually seen, unlikely to matter for the patient")
    USUALLY_SEEN_B = "3b", _("3b: usually seen, likely to matter for the patient")


class PeerGrade(TimestampedModel):
    answer = models.OneToOneField(PeerAnswer, on_delete=models.PROTECT, related_name="grade")
    grade = models.CharField(max_length=2, choices=Grade)

    def __str__(self) -> str:
        return self.grade


class PeerNotice(TimestampedModel):
    """Tells one person, and nobody else, that a place they read was looked at again; agreed or not."""

    case = models.ForeignKey(PeerCase, on_delete=models.PROTECT, related_name="notices")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    value = models.CharField(max_length=64, blank=True)  # what that person had said
    seen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="a_person_is_told_once")]

    def __str__(self) -> str:
        return str(self.id)
