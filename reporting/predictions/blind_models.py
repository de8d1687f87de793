"""Blind-first reading as rows: who is to read first without the machine, what was decided for whom, and until when.

All three tables are append-only: a study that made a statistic later shows how it was allotted.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.core.models import TimestampedModel
from reporting.studies.models import Study


class BlindRuleQuerySet(models.QuerySet["BlindRule"]):
    def visible_to(self, user: User) -> BlindRuleQuerySet:
        """All, for those who may set them; the others who read see what was set for themselves."""
        if may(user, Act.BLIND_RULE):
            return self
        return self.filter(user=user) if may(user, Act.REPORT_EDIT) else self.none()

    def in_force(self) -> BlindRuleQuerySet:
        """The newest of each person, each study and of the fraction, unless it ended the one before."""
        newest = BlindRule.objects.order_by("user_id", "study_id", "-created_at").distinct("user_id", "study_id")
        return self.filter(pk__in=newest.values("pk"), is_on=True)


class BlindRule(TimestampedModel):
    """From now on: a person, a study, or a random fraction of all first readings. The newest of its kind holds.

    ``seed`` makes a fraction's draw repeatable; it is made by the server and shown to nobody who reads.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    study = models.ForeignKey(Study, null=True, on_delete=models.PROTECT, related_name="+")
    fraction = models.FloatField(null=True)
    seed = models.CharField(max_length=64, blank=True)
    is_on = models.BooleanField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = BlindRuleQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, study__isnull=True, fraction__isnull=True)
                | models.Q(user__isnull=True, study__isnull=False, fraction__isnull=True)
                | models.Q(user__isnull=True, study__isnull=True, fraction__gte=0, fraction__lte=1),
                name="blind_rule_is_of_one_kind",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def percent(self) -> str:
        """Of a fraction, as people write it."""
        return f"{100 * (self.fraction or 0.0):.4g}"


class BlindBecause(models.TextChoices):
    USER = "user", _("this reader reads blind first")
    STUDY = "study", _("this study is read blind first")
    FRACTION = "fraction", _("drawn at random")
    NO_RULE = "no_rule", _("no rule applies")
    NOT_DRAWN = "not_drawn", _("not drawn")
    ALREADY_READ = "already_read", _("somebody had read it already")


class BlindDecision(TimestampedModel):
    """Made once, when a reader first comes near a study, and never changed by a later rule."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    blind = models.BooleanField()
    because = models.CharField(max_length=16, choices=BlindBecause)
    rule = models.ForeignKey(BlindRule, null=True, on_delete=models.PROTECT, related_name="+")
    draw = models.FloatField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["study", "reader"], name="one_blind_decision_per_reading")]

    def __str__(self) -> str:
        return str(self.id)


class BlindReveal(TimestampedModel):
    """From here on the reader sees the machine; without a reader, everybody: the study is reported."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["study", "reader"], name="revealed_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return str(self.id)
