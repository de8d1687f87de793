"""Rows of a reader study. What is locked cannot change: the database refuses (``migrations/0001``)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.core.models import TimestampedModel
from reporting.predictions.models import Algorithm, InferenceJob
from reporting.reader_studies.analysis_models import AnalysisPart, AnalysisRun
from reporting.reader_studies.image_models import CaseObject, CaseSeries
from reporting.reader_studies.package_models import PackageBuild, PackageFile
from reporting.reader_studies.reading_models import DraftRating, Rating, Reading, ReadingEvent, Submission
from reporting.reader_studies.truth_models import ReferencePanel, ReferenceStandard, TruthImport, TruthStatement
from reporting.reader_studies.words import ArmKind, Design, Scale, StudyRole, StudyStatus
from reporting.studies.models import Study

__all__ = [
    "AnalysisPart",
    "AnalysisRun",
    "Arm",
    "Assignment",
    "Case",
    "CaseObject",
    "CaseSeries",
    "DraftRating",
    "PackageBuild",
    "PackageFile",
    "Protocol",
    "RatedFinding",
    "Rating",
    "Reader",
    "ReaderStudy",
    "ReaderStudyQuerySet",
    "Reading",
    "ReadingEvent",
    "ReferencePanel",
    "ReferenceStandard",
    "Session",
    "StudyMember",
    "Submission",
    "TruthImport",
    "TruthStatement",
]


class ReaderStudyQuerySet(models.QuerySet["ReaderStudy"]):
    def visible_to(self, user: User | AnonymousUser) -> ReaderStudyQuerySet:
        """Studies in which this person has a part now; readers from the lock on. Nobody else knows of one."""
        if not isinstance(user, User) or not may(user, Act.READER_STUDY_VIEW):
            return self.none()
        own = StudyMember.objects.filter(reader_study=models.OuterRef("pk"), user=user, ended_at__isnull=True)
        as_reader = own.filter(role=StudyRole.READER)
        unlocked = models.Q(status=StudyStatus.DESIGN) | models.Q(locked_at__isnull=True)
        return self.filter(models.Exists(own)).exclude(unlocked & models.Exists(as_reader))


class ReaderStudy(TimestampedModel):
    """One reading experiment. ``version`` is what a change must have seen; ``seed`` orders everything."""

    title = models.CharField(_("title"), max_length=200)
    question = models.TextField(_("question"), max_length=4000, blank=True)
    status = models.CharField(max_length=16, choices=StudyStatus, default=StudyStatus.DESIGN)
    version = models.PositiveIntegerField(default=1)
    design = models.CharField(_("design"), max_length=16, choices=Design, default=Design.FULLY_CROSSED)
    washout_days = models.PositiveSmallIntegerField(_("washout in days"), default=28)
    block_size = models.PositiveSmallIntegerField(_("cases per block"), default=0)  # 0: no pauses are proposed
    reader_groups = models.PositiveSmallIntegerField(_("groups of readers"), default=2)  # split-plot only
    stopping_rule = models.TextField(_("stopping rule"), max_length=2000, blank=True)
    stopping_limits = models.JSONField(default=dict, blank=True)  # ``stopping.Limits``
    sample_size = models.JSONField(default=dict, blank=True)  # ``sample_size.worked_out``; empty: none is kept
    seed = models.CharField(max_length=64)
    algorithm = models.ForeignKey(Algorithm, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    locked_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ReaderStudyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "reader studies"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=[StudyStatus.DESIGN, StudyStatus.ABANDONED], locked_at__isnull=True)
                | models.Q(status__in=[StudyStatus.RUNNING, StudyStatus.CLOSED, StudyStatus.ABANDONED])
                & models.Q(locked_at__isnull=False),
                name="a_study_being_read_was_locked",
            ),
            models.CheckConstraint(condition=models.Q(reader_groups__gte=2), name="a_split_has_two_groups"),
            models.CheckConstraint(condition=models.Q(seed__regex=r"^[0-9a-f]{32}$"), name="a_seed_is_hexadecimal"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_in_design(self) -> bool:
        return self.status == StudyStatus.DESIGN


class StudyMember(TimestampedModel):
    """A person's only part in a study. Ended, never removed: a former reader may not become its adjudicator."""

    reader_study = models.ForeignKey(ReaderStudy, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=StudyRole)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["reader_study", "user"], name="one_part_per_person_and_study"),
            models.UniqueConstraint(
                fields=["reader_study"], condition=models.Q(role=StudyRole.OWNER), name="a_study_has_one_owner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reader_study_id} {self.role}"


class RatedFinding(TimestampedModel):
    """What readers rate, on which scale, where. No ``levels``: once for the whole case; no ``sides``: once a level.

    ``grades``: words of an ordinal scale, lowest first. From ``positive_from`` on a rating counts as the disease.
    ``machine_finding``: what the algorithm calls it, or empty where the algorithm says nothing of it.
    """

    reader_study = models.ForeignKey(ReaderStudy, on_delete=models.PROTECT, related_name="findings")
    key = models.SlugField(max_length=32)
    label = models.CharField(_("finding"), max_length=120)
    scale = models.CharField(_("scale"), max_length=16, choices=Scale)
    levels = models.JSONField(default=list)
    sides = models.JSONField(default=list)
    machine_finding = models.CharField(max_length=16, blank=True)
    grades = models.JSONField(default=list)
    positive_from = models.FloatField(_("positive from"), null=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["reader_study", "key"], name="a_finding_is_rated_once"),
            models.UniqueConstraint(fields=["reader_study", "position"], name="findings_have_places"),
        ]

    def __str__(self) -> str:
        return self.label


class Arm(TimestampedModel):
    reader_study = models.ForeignKey(ReaderStudy, on_delete=models.PROTECT, related_name="arms")
    kind = models.CharField(max_length=24, choices=ArmKind)

    class Meta:
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["reader_study", "kind"], name="one_arm_of_a_kind")]

    def __str__(self) -> str:
        return self.kind


class Case(TimestampedModel):
    """One study within one reader study. ``code`` is drawn: it says nothing about the patient or the order of choice.

    ``job`` is the frozen reading of the algorithm. A retracted case keeps its readings and counts no more.
    ``copied_at``: when its images were made ready; ``withheld``: how many of its objects could not be.
    """

    reader_study = models.ForeignKey(ReaderStudy, on_delete=models.PROTECT, related_name="cases")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    job = models.ForeignKey(InferenceJob, null=True, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=8)
    stratum = models.CharField(max_length=32, blank=True)
    is_training = models.BooleanField(default=False)
    copied_at = models.DateTimeField(null=True)
    withheld = models.PositiveIntegerField(default=0)
    retracted_at = models.DateTimeField(null=True)
    retraction_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["reader_study", "study"], name="a_study_is_one_case"),
            models.UniqueConstraint(fields=["reader_study", "code"], name="case_codes_are_unique"),
            models.CheckConstraint(
                condition=models.Q(retracted_at__isnull=True) | ~models.Q(retraction_reason=""),
                name="a_retraction_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Reader(TimestampedModel):
    """A person who rates, known to everybody else by ``code``."""

    reader_study = models.ForeignKey(ReaderStudy, on_delete=models.PROTECT, related_name="readers")
    member = models.OneToOneField(StudyMember, on_delete=models.PROTECT, related_name="reader")
    code = models.CharField(max_length=8)
    experience_years = models.PositiveSmallIntegerField(_("years of experience"), null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["reader_study", "code"], name="reader_codes_are_unique"),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__isnull=True) | ~models.Q(withdrawal_reason=""),
                name="a_withdrawal_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Session(TimestampedModel):
    """A block of readings; between two of them lies the washout."""

    reader_study = models.ForeignKey(ReaderStudy, on_delete=models.PROTECT, related_name="sessions")
    number = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["reader_study", "number"], name="sessions_are_numbered")]

    def __str__(self) -> str:
        return str(self.number)


class Assignment(TimestampedModel):
    """What one reader reads, when. Written once at the lock; append-only."""

    reader = models.ForeignKey(Reader, on_delete=models.PROTECT, related_name="assignments")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="assignments")
    arm = models.ForeignKey(Arm, on_delete=models.PROTECT, related_name="assignments")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="assignments")
    block = models.PositiveSmallIntegerField()
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["session__number", "position"]
        constraints = [
            models.UniqueConstraint(fields=["reader", "case", "arm"], name="a_case_is_read_once_in_an_arm"),
            models.UniqueConstraint(fields=["reader", "session", "position"], name="one_reading_at_a_time"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Protocol(TimestampedModel):
    """What was locked (number 1), and each amendment after it; append-only. ``digest`` is over ``content``.

    ``washout_days``, ``stopping_limits``: what an amendment made of them, to be looked up without reading the whole
    content.
    """

    reader_study = models.ForeignKey(ReaderStudy, on_delete=models.PROTECT, related_name="protocols")
    number = models.PositiveIntegerField()
    content = models.TextField()  # canonical JSON
    digest = models.CharField(max_length=64)
    washout_days = models.PositiveSmallIntegerField(null=True)
    stopping_limits = models.JSONField(null=True)
    reason = models.CharField(max_length=1000, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["reader_study", "number"], name="protocol_versions_are_numbered"),
            models.CheckConstraint(
                condition=models.Q(number=1) | ~models.Q(reason=""), name="an_amendment_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reader_study_id} {self.number}"
