"""Marks drawn on images for training, and what was decided about each. Both tables are append-only.

A mark is no part of a report: it changes no value, no level map, no prediction and nothing that was signed.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from reporting.core.models import TimestampedModel
from reporting.core.states import Transitions
from reporting.predictions.models import InferenceJob
from reporting.studies.models import SopInstance, Study

if TYPE_CHECKING:
    from reporting.accounts.models import User


class MarkKind(models.TextChoices):
    VERTEBRA_POINT = "vertebra_point", _("Vertebra point")
    LIGAMENT_POINT = "ligament_point", _("Ligament point")
    CONTOUR = "contour", _("Contour")
    DISC_SLICE = "disc_slice", _("Disc slice")


class MarkOrigin(models.TextChoices):
    DRAWN = "drawn", _("drawn")
    MACHINE = "machine", _("taken from the machine as it is")


class MarkState(models.TextChoices):
    OPEN = "open", _("waits for review")
    ACCEPTED = "accepted", _("accepted")
    REJECTED = "rejected", _("sent back")
    RETRACTED = "retracted", _("taken back")
    AMENDED = "amended", _("replaced by another")


MARK_TRANSITIONS = Transitions[MarkState](
    {
        MarkState.OPEN: frozenset({MarkState.ACCEPTED, MarkState.REJECTED, MarkState.RETRACTED, MarkState.AMENDED}),
        MarkState.ACCEPTED: frozenset({MarkState.OPEN}),
        MarkState.REJECTED: frozenset({MarkState.OPEN}),
        # The end: what replaces a mark is a mark of its own.
        MarkState.RETRACTED: frozenset(),
        MarkState.AMENDED: frozenset(),
    }
)


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def of_study(self, study: Study) -> CorrectionQuerySet:
        return self.filter(study=study)

    def accepted(self) -> CorrectionQuerySet:
        """What two people stand behind: the only marks that training may use."""
        latest = CorrectionDecision.objects.filter(correction=models.OuterRef("pk")).order_by("-number")
        return self.alias(latest=models.Subquery(latest.values("state")[:1])).filter(latest=MarkState.ACCEPTED)

    def seen_by(self, user: User, *, blind: bool) -> CorrectionQuerySet:
        """Without the machine's places and what others marked after seeing them, for who reads without the machine."""
        return self.filter(author=user, origin=MarkOrigin.DRAWN) if blind else self


class Correction(TimestampedModel):
    """One mark on one frame, as it was drawn.

    ``points``: [[column, row], …] of the stored frame; ``points_lps_mm``: the same in the patient, worked out by the
    server. A contour is closed without repeating its first point. ``level`` is what its author calls it, in the level
    map of ``level_map_version``; a disc slice without a level belongs to no disc. ``says``: see ``corrections.rules``.
    """

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="corrections")
    report = models.ForeignKey("reports.Report", on_delete=models.PROTECT, related_name="corrections")
    level_map_version = models.PositiveIntegerField()
    instance = models.ForeignKey(SopInstance, on_delete=models.PROTECT, related_name="+")
    frame = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=MarkKind)
    structure = models.CharField(max_length=8)
    level = models.CharField(max_length=8, blank=True)
    side = models.CharField(max_length=8, blank=True)
    says = models.CharField(max_length=16, blank=True)
    points = models.JSONField(default=list)
    points_lps_mm = models.JSONField(default=list)
    frame_of_reference_uid = models.CharField(max_length=64, blank=True)
    diameter_px = models.PositiveSmallIntegerField(null=True)
    origin = models.CharField(max_length=8, choices=MarkOrigin, default=MarkOrigin.DRAWN)
    job = models.ForeignKey(InferenceJob, null=True, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=[k.value for k in MarkKind]), name="mark_kind_is_known"),
            models.CheckConstraint(
                condition=models.Q(origin="drawn") | models.Q(job__isnull=False), name="machine_mark_names_its_job"
            ),
        ]
        indexes = [models.Index(fields=["study", "created_at"], name="marks_of_a_study")]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def last_decision(self) -> CorrectionDecision | None:
        """``None`` while nobody has decided anything. Prefetch ``decisions`` for many marks."""
        decisions = list(self.decisions.all())
        return decisions[-1] if decisions else None

    @property
    def state(self) -> MarkState:
        last = self.last_decision
        return MarkState(last.state) if last else MarkState.OPEN

    @property
    def version(self) -> int:
        """Counts what was decided, from 1."""
        last = self.last_decision
        return last.number + 1 if last else 1

    @property
    def subject(self) -> tuple[uuid.UUID, int, str, str, str, str]:
        """What a point or label is about: of one subject one mark may be accepted. Contours may be many."""
        level, says = self.level, self.says
        if self.kind == MarkKind.DISC_SLICE:
            level, says = "", ""  # a slice belongs to one disc or to none
        elif self.kind == MarkKind.LIGAMENT_POINT:
            says = ""
        elif self.kind == MarkKind.VERTEBRA_POINT and says.startswith("slip_"):
            says = "slip"
        return self.instance_id, self.frame, f"{self.kind}:{self.structure}", level, self.side, says


class CorrectionDecision(TimestampedModel):
    """What became of a mark: accepted, rejected, taken back, replaced, or waiting again. The last one counts."""

    correction = models.ForeignKey(Correction, on_delete=models.PROTECT, related_name="decisions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=MarkState)
    comment = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            # Two people deciding at once: the second is told.
            models.UniqueConstraint(fields=["correction", "number"], name="mark_decisions_are_numbered"),
            models.CheckConstraint(
                condition=~models.Q(state="rejected") | ~models.Q(comment=""), name="rejected_mark_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.correction_id} {self.state}"
