"""Monitoring as rows: daily figures, the baseline they are held against, and alarms with their owner and history."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reporting.core.models import TimestampedModel
from reporting.core.states import Transitions


class DailyFigure(models.Model):
    """What one day gave for one measure and group. ``total`` of ``n``: hits, or the sum of values."""

    measure = models.CharField(max_length=32)
    group = models.CharField(max_length=64, blank=True)  # a finding, a vendor, a parameter of a series
    algorithm = models.CharField(max_length=97, blank=True)  # name and version, where it depends on one
    day = models.DateField()  # of the department's time zone
    n = models.PositiveIntegerField()
    total = models.FloatField()

    class Meta:
        ordering = ["measure", "group", "algorithm", "day"]
        constraints = [
            models.UniqueConstraint(fields=["measure", "group", "algorithm", "day"], name="one_figure_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.group} {self.day}"


class Baseline(TimestampedModel):
    """Days that stand for "as usual", frozen with their figures. The newest one of its measure holds. Append-only."""

    measure = models.CharField(max_length=32)
    group = models.CharField(max_length=64, blank=True)
    algorithm = models.CharField(max_length=97, blank=True)
    first_day = models.DateField()
    last_day = models.DateField()
    days = models.JSONField()  # [[day, n, total], …] as they were when it was frozen
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["measure", "group", "algorithm", "-created_at"], name="newest_baseline")]

    def __str__(self) -> str:
        return f"{self.measure} {self.group} {self.first_day}"


class AlarmRule(models.TextChoices):
    SEVEN_DAYS = "seven_days", _("seven days in a row beyond the baseline's interval")
    LIMITS = "limits", _("a day beyond the control limits")
    EWMA = "ewma", _("moving average (EWMA) beyond its limits")
    CUSUM = "cusum", _("cumulative sum (CUSUM) above its limit")
    STATE = "state", _("beyond a fixed limit")


class AlarmStatus(models.TextChoices):
    OPEN = "open", pgettext_lazy("alarm", "open")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    CLOSED = "closed", _("closed")


ALARM_TRANSITIONS = Transitions[AlarmStatus](
    {
        AlarmStatus.OPEN: frozenset({AlarmStatus.ACKNOWLEDGED, AlarmStatus.CLOSED}),
        AlarmStatus.ACKNOWLEDGED: frozenset({AlarmStatus.CLOSED}),
        AlarmStatus.CLOSED: frozenset(),  # the end: what comes back is another alarm
    }
)


class Alarm(TimestampedModel):
    """Something left its usual range. Nobody is mailed: it stands on the page until somebody closes it."""

    measure = models.CharField(max_length=32)
    group = models.CharField(max_length=64, blank=True)
    algorithm = models.CharField(max_length=97, blank=True)
    rule = models.CharField(max_length=16, choices=AlarmRule)
    first_day = models.DateField()
    last_day = models.DateField()
    status = models.CharField(max_length=16, choices=AlarmStatus, default=AlarmStatus.OPEN)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    figures = models.JSONField(default=dict)  # value, limits and counts of the newest day

    class Meta:
        ordering = ["-last_day", "-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "group", "algorithm", "rule"],
                condition=~models.Q(status="closed"),
                name="one_standing_alarm_per_rule",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class AlarmAct(models.TextChoices):
    RAISED = "raised", _("raised")
    AGAIN = "again", _("still so")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    ASSIGNED = "assigned", _("handed to")
    CLOSED = "closed", _("closed")


class AlarmEvent(TimestampedModel):
    """What was done about an alarm. Append-only. ``by``: nobody where the clock did it."""

    alarm = models.ForeignKey(Alarm, on_delete=models.PROTECT, related_name="events")
    act = models.CharField(max_length=16, choices=AlarmAct)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.alarm_id} {self.act}"
