"""The words of the department audit: what a row compares, what became of a machine statement, what counts as truth."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Comparison(models.TextChoices):
    """What kind of field a row compares. Only classes have a positive answer, and so a confusion matrix."""

    CLASS = "class", _("present or absent")
    DETAIL = "detail", _("detail")
    SIZE = "size", _("size in mm")


class Outcome(models.TextChoices):
    """What became of a machine statement, or of a place where the machine said nothing that counts."""

    ACCEPTED = "accepted", _("accepted")
    CHANGED = "changed", _("changed")
    REJECTED = "rejected", _("rejected")
    ADDED = "added", _("added")
    BULK = "bulk", _("confirmed in bulk")
    NOT_EVALUABLE = "not_evaluable", _("not evaluable")
    UNDECIDED = "undecided", _("nobody said anything")


class Standing(models.TextChoices):
    """Whether a signed version is the one that counts for its report."""

    CURRENT = "current", _("counts")
    HANDED_OVER = "handed_over", _("prepared, not final yet")
    SUPERSEDED = "superseded", _("followed by a later version")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Truth(models.TextChoices):
    """What the machine is held against. The final read saw the machine: concordance. The others are accuracy."""

    FINAL = "final", _("final read (concordance)")
    BLIND = "blind", _("blind first read")
    ADJUDICATED = "adjudicated", _("adjudicated")
    FOLLOW_UP = "follow_up", _("follow-up")
    SURGERY = "surgery", _("surgery")


REFERENCES = (Truth.ADJUDICATED, Truth.FOLLOW_UP, Truth.SURGERY)
UNKNOWN = "unknown"


class Protocol(models.TextChoices):
    """Whether the images were made as those of the paper's Table 1."""

    INSIDE = "inside", _("as in the paper's Table 1")
    OUTSIDE = "outside", _("other than in the paper's Table 1")
    UNKNOWN = "unknown", _("not known")


class ReaderGroup(models.TextChoices):
    """Who read, never by name."""

    SENIOR_ALONE = "senior", _("senior alone")
    JUNIOR_THEN_SENIOR = "junior_senior", _("junior, then senior")
    JUNIOR = "junior", _("junior")


class AgeBand(models.TextChoices):
    UNDER_18 = "0-17", _("under 18")
    TO_39 = "18-39", "18–39"
    TO_49 = "40-49", "40–49"
    TO_59 = "50-59", "50–59"
    TO_69 = "60-69", "60–69"
    FROM_70 = "70+", _("70 and over")
    UNKNOWN = "unknown", _("not known")


_BANDS = ((18, AgeBand.UNDER_18), (40, AgeBand.TO_39), (50, AgeBand.TO_49), (60, AgeBand.TO_59), (70, AgeBand.TO_69))


def age_band(age_years: float | None) -> AgeBand:
    """The band of an age at examination; unknown for none, or one that no person has."""
    if age_years is None or not 0 <= age_years < 130:
        return AgeBand.UNKNOWN
    return next((band for limit, band in _BANDS if age_years < limit), AgeBand.FROM_70)
