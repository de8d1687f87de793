"""What the machine said. Rows here are never edited by a person and never rewritten by a later run."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from reporting.core.models import TimestampedModel
from reporting.core.two_people import DecidedByTwo
from reporting.predictions.blind_models import BlindBecause, BlindDecision, BlindReveal, BlindRule
from reporting.predictions.querysets import (
    AlgorithmQuerySet,
    CaseRunQuerySet,
    InferenceJobQuerySet,
    WorkerHeartbeatQuerySet,
)
from reporting.predictions.threshold_models import ThresholdChange
from reporting.studies.models import Series, Study


class AlgorithmKind(models.TextChoices):
    BUILT_IN = "built_in", _("Built in")
    BUNDLE = "bundle", _("MONAI bundle")
    CALLABLE = "callable", _("Python callable")


class AlgorithmStatus(models.TextChoices):
    REGISTERED = "registered", _("Registered")
    PROPOSED = "proposed", _("Proposed")
    ACTIVE = "active", _("Active")
    RETIRED = "retired", _("Retired")


class Algorithm(DecidedByTwo):
    """Algorithm Identification: which program with which weights (PS3.16 TID 4019).

    What it is never changes: another digest is another row. What it may do is its status: a senior proposes, the frozen
    cases are run, an auditor activates (``services.activation``).
    """

    name = models.CharField(max_length=64)
    version = models.CharField(max_length=32)
    weights_sha256 = models.CharField(max_length=64)
    applicability = models.CharField(
        max_length=256, blank=True
    )  # e.g. "trained on synthetic images; not for clinical use"
    kind = models.CharField(max_length=16, choices=AlgorithmKind, default=AlgorithmKind.BUILT_IN)
    # Where a worker finds it: the digest of a stored bundle, or the name of a callable.
    origin = models.JSONField(default=dict, blank=True)
    card = models.JSONField(default=dict, blank=True)  # network name → what was trained, on what, how well it did
    thresholds = models.JSONField(default=dict, blank=True)  # finding → operating point
    # Its suggestions fill drafts; any other active algorithm is shown beside them.
    fills_reports = models.BooleanField(default=False)
    status = models.CharField(max_length=16, choices=AlgorithmStatus, default=AlgorithmStatus.REGISTERED)

    objects = AlgorithmQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version", "weights_sha256"], name="algorithm_is_unique"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(status="active"), name="one_active_version_per_algorithm"
            ),
            models.UniqueConstraint(
                fields=["fills_reports"],
                condition=models.Q(status="active", fills_reports=True),
                name="one_active_algorithm_fills_reports",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class CaseRunStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    PASSED = "passed", _("Passed")
    FAILED = "failed", _("Failed")


class CaseRun(TimestampedModel):
    """One run of an algorithm on the frozen cases. ``set_digest`` names exactly which cases, ``results`` says how."""

    algorithm = models.ForeignKey(Algorithm, on_delete=models.PROTECT, related_name="case_runs")
    status = models.CharField(max_length=16, choices=CaseRunStatus, default=CaseRunStatus.QUEUED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    dispatched_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=128, blank=True)
    set_digest = models.CharField(max_length=64, blank=True)
    results = models.JSONField(default=dict, blank=True)

    objects = CaseRunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm"],
                condition=models.Q(status__in=["queued", "running"]),
                name="one_open_case_run_per_algorithm",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class JobStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class InferenceJob(TimestampedModel):
    """The work order. Celery only knocks; this row says what is to be done, by whom, until when."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="inference_jobs")
    algorithm = models.ForeignKey(Algorithm, on_delete=models.PROTECT, related_name="inference_jobs")
    status = models.CharField(max_length=16, choices=JobStatus, default=JobStatus.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)  # last knock, for the sweeper
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=32, blank=True)  # live progress
    device = models.CharField(max_length=64, blank=True)
    worker = models.CharField(max_length=128, blank=True)
    failure_reason = models.CharField(max_length=64, blank=True)  # stable code
    failure_message = models.CharField(max_length=500, blank=True)
    input_digest = models.CharField(max_length=64, blank=True)
    # Finding → {threshold, change}: operating points of the department that this attempt goes by, fixed like its input.
    thresholds = models.JSONField(default=dict, blank=True)
    # Where a reader pointed at disc C2/3 (LPS mm), for a study whose levels the machine could not name by itself.
    c2_3_hint_lps_mm = models.JSONField(null=True)
    # Gate, levels, measurements, timings: the analysis JSON without predictions (docs/analysis_schema.md).
    result = models.JSONField(null=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = InferenceJobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "algorithm"],
                condition=models.Q(status__in=["queued", "running"]),
                name="one_open_job_per_study_and_algorithm",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="running") | models.Q(lease_expires_at__isnull=False),
                name="running_job_has_a_lease",
            ),
        ]
        indexes = [models.Index(fields=["status", "lease_expires_at"], name="job_by_status_and_lease")]

    def __str__(self) -> str:
        return str(self.id)


class Prediction(TimestampedModel):
    """One machine statement about one finding at one level and side. Immutable; ``positive`` means disease."""

    job = models.ForeignKey(InferenceJob, on_delete=models.PROTECT, related_name="predictions")
    finding = models.CharField(max_length=16)
    level = models.CharField(max_length=8)
    side = models.CharField(max_length=8, blank=True)
    probability = models.FloatField()
    threshold = models.FloatField()
    positive = models.BooleanField()
    mm = models.FloatField(null=True)
    mm_from_mask = models.FloatField(null=True)
    grade = models.CharField(max_length=8, blank=True)
    zone = models.CharField(max_length=16, blank=True)
    herniation_side = models.CharField(max_length=8, blank=True)
    direction = models.CharField(max_length=16, blank=True)
    flags = models.JSONField(default=list)
    series_instance_uid = models.CharField(max_length=64, blank=True)
    sop_instance_uid = models.CharField(max_length=64, blank=True)
    frame_number = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "finding", "level", "side"], name="one_prediction_per_place"),
            models.CheckConstraint(
                condition=models.Q(probability__gte=0, probability__lte=1), name="probability_between_0_and_1"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class LabelMap(TimestampedModel):
    """A segmentation result in one series' own geometry; its bytes (gzipped NIfTI) lie under ``sha256``.

    A series of several packs of slices, each with an orientation of its own, has one map per ``pack``, from 1.
    """

    job = models.ForeignKey(InferenceJob, on_delete=models.PROTECT, related_name="label_maps")
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="label_maps")
    pack = models.PositiveSmallIntegerField(default=1)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["series", "pack"]
        constraints = [
            models.UniqueConstraint(fields=["job", "series", "pack"], name="one_label_map_per_job_series_and_pack")
        ]

    def __str__(self) -> str:
        return str(self.id)


class WorkerHeartbeat(models.Model):
    """When each worker was last alive. PGMQ has no ``celery inspect``; a row works with every broker."""

    name = models.CharField(max_length=128, unique=True)
    queues = models.JSONField(default=list)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    objects = WorkerHeartbeatQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


__all__ = [
    "Algorithm",
    "AlgorithmKind",
    "AlgorithmStatus",
    "BlindBecause",
    "BlindDecision",
    "BlindReveal",
    "BlindRule",
    "CaseRun",
    "CaseRunStatus",
    "InferenceJob",
    "JobStatus",
    "LabelMap",
    "Prediction",
    "ThresholdChange",
    "WorkerHeartbeat",
]
