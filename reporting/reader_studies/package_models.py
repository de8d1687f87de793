"""A package that was asked for, and the file that it became, which never changes."""

from __future__ import annotations

from django.db import models

from reporting.core.models import TimestampedModel
from reporting.reader_studies.work_models import WorkOrder


class PackageBuild(WorkOrder):
    reader_study = models.ForeignKey("reader_studies.ReaderStudy", on_delete=models.PROTECT, related_name="packages")

    class Meta(WorkOrder.Meta):
        constraints = [
            models.UniqueConstraint(fields=["reader_study", "number"], name="packages_are_numbered"),
            models.CheckConstraint(
                condition=models.Q(status="finished", finished_at__isnull=False, done=1) | ~models.Q(status="finished"),
                name="a_finished_package_is_whole",
            ),
        ]


class PackageFile(TimestampedModel):
    """Bytes in the blob store; append-only. The row comes with the end of its build, never before."""

    build = models.OneToOneField(PackageBuild, on_delete=models.PROTECT, related_name="file")
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return self.sha256
