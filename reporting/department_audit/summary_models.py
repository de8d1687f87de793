"""What figures are answered from: sums of facts, kept in step with them (``keeping``) or counted anew (``recount``)."""

from __future__ import annotations

from django.db import models


class SummaryGroup(models.Model):
    """Reads alike in month (12 · year + month − 1) and in everything that figures are broken down by. Kept for ever."""

    month = models.PositiveIntegerField()
    algorithm = models.CharField(max_length=97)
    vendor = models.CharField(max_length=16)
    field_strength = models.CharField(max_length=8)
    sex = models.CharField(max_length=8)
    age_band = models.CharField(max_length=8)
    protocol = models.CharField(max_length=8)
    reader_group = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("month", "algorithm", "vendor", "field_strength", "sex", "age_band", "protocol", "reader_group")
                ],
                name="one_summary_group_of_a_kind",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SummaryPlace(models.Model):
    """A place that figures are asked for, or several together (empty: any), as a number. Kept for ever."""

    finding = models.CharField(max_length=16, blank=True)
    level = models.CharField(max_length=24, blank=True)
    side = models.CharField(max_length=8, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["finding", "level", "side"], name="one_summary_place_of_a_kind")]

    def __str__(self) -> str:
        return f"{self.finding}@{self.level}:{self.side}"


class SummaryCell(models.Model):
    """What the reads of one group add up to, each counted for itself, at the places of one sheet (``cells``).

    ``places``: where numbers that are not 0 lie (four bytes each); ``sums``: these numbers, in as few bytes as needed.
    """

    pk = models.CompositePrimaryKey("kind", "truth", "sheet", "group")
    kind = models.CharField(max_length=16)
    truth = models.CharField(max_length=16)
    sheet = models.CharField(max_length=64)
    group = models.ForeignKey(SummaryGroup, on_delete=models.PROTECT, related_name="+")
    places = models.BinaryField()
    sums = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class SummaryRepeat(models.Model):
    """Reads of patients who have several, at one place: patients (eight bytes of their key), groups, counts of each."""

    pk = models.CompositePrimaryKey("kind", "truth", "place", "bucket")
    kind = models.CharField(max_length=16)
    truth = models.CharField(max_length=16)
    place = models.ForeignKey(SummaryPlace, on_delete=models.PROTECT, related_name="+", db_index=False)
    bucket = models.PositiveSmallIntegerField()
    patients = models.BinaryField()
    groups = models.BinaryField()
    counts = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)
