"""Paragraphs that a person wrote by hand instead of the generated ones."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from reporting.core.models import TimestampedModel


class EditedText(TimestampedModel):
    """One paragraph in one language; the fields stay the data. An empty ``text`` means that the generated one stands.

    ``generated`` is what the fields said when it was last edited: when that changes, the reader is asked again.
    """

    report = models.ForeignKey("reports.Report", on_delete=models.PROTECT, related_name="edited_texts")
    section = models.CharField(max_length=16)  # a block of the template, or rendering.IMPRESSION
    language = models.CharField(max_length=2)
    text = models.TextField(blank=True)
    generated = models.TextField(blank=True)
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField()
    report_version = models.PositiveIntegerField()

    class Meta:
        ordering = ["section", "language"]
        constraints = [
            models.UniqueConstraint(fields=["report", "section", "language"], name="one_text_per_paragraph"),
            models.CheckConstraint(condition=models.Q(language__in=["en", "zh"]), name="edited_text_language_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.language}"

    @property
    def key(self) -> tuple[str, str]:
        return self.section, self.language
