"""Days of the department's time zone; those of 23 and 25 hours are days like others."""

from __future__ import annotations

from datetime import date, datetime, time

from django.utils import timezone


def midnight(day: date) -> datetime:
    """When a day begins in the department."""
    return datetime.combine(day, time(), tzinfo=timezone.get_default_timezone())


def day_of(moment: datetime) -> date:
    return timezone.localtime(moment, timezone.get_default_timezone()).date()
