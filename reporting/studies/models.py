"""What was scanned. DICOM's word for a DICOM thing; rows point at bytes stored once under their digest."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models.functions import Greatest, Least, Now
from django.utils.translation import gettext_lazy as _

from reporting.accounts.models import Role, User
from reporting.accounts.permissions import Act, may
from reporting.core.models import TimestampedModel
from reporting.vocabulary import SeriesRole


class Patient(TimestampedModel):
    patient_id = models.CharField(_("patient ID"), max_length=64)
    issuer = models.CharField(max_length=64, blank=True)
    name = models.CharField(_("name"), max_length=324)  # PN: three groups of 64 characters and their separators
    birth_date = models.DateField(null=True)
    sex = models.CharField(_("sex"), max_length=1, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient_id", "issuer"], name="patient_is_unique_within_issuer"),
        ]

    def __str__(self) -> str:
        return str(self.id)


_IMPORTER_SEES_DAYS = 3


class StudyQuerySet(models.QuerySet["Study"]):
    def visible_to(self, user: User | AnonymousUser) -> StudyQuerySet:
        """Studies this user may know about: :func:`of_visible_study`."""
        return self.filter(of_visible_study(user))

    def received_within_days(self, days: int) -> StudyQuerySet:
        return self.filter(created_at__gte=Now() - timedelta(days=days))


def of_visible_study(user: User | AnonymousUser, path: str = "") -> models.Q:
    """Condition on rows whose study this user may know about; ``path`` leads to the study ("series__study__").

    Seniors and auditors: the department; juniors: section, assigned or shared; importers: what came lately. On the path
    itself, not as a list of studies: every frame asks this, and the database would plan the list each time.
    """
    if not isinstance(user, User) or not may(user, Act.STUDY_VIEW):
        return models.Q(pk__in=[])
    role = Role(user.role)
    if role in (Role.SENIOR, Role.AUDITOR):
        return models.Q()
    if role is Role.IMPORTER:
        # By the database's clock: the condition may be compiled once and asked for days.
        return models.Q(**{f"{path}created_at__gte": Now() - timedelta(days=_IMPORTER_SEES_DAYS)})
    shared = StudyShare.objects.filter(study=models.OuterRef(f"{path}pk"), user=user, ended_at__isnull=True)
    own = models.Q(**{f"{path}section": user.section}) | models.Q(**{f"{path}assigned_to": user})
    return own | models.Q(models.Exists(shared))


class Study(TimestampedModel):
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="studies")
    study_instance_uid = models.CharField(max_length=64, unique=True)
    accession_number = models.CharField(_("accession number"), max_length=64, blank=True)
    description = models.CharField(_("examination"), max_length=128, blank=True)
    study_date = models.DateField(null=True)
    referring_unit = models.CharField(max_length=128, blank=True)
    # Why it was asked for, in the words of the request that the images carry: offered to a reader, and no more.
    indication = models.TextField(blank=True, default="")
    # The paper's cohort facts (its Table 1): kept with the study, at examination time.
    age_years = models.FloatField(_("age at examination"), null=True)
    section = models.CharField(_("section"), max_length=64, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="assigned_studies"
    )
    assignment_version = models.PositiveIntegerField(default=1)  # counts who it was given to: see assign_study

    objects = StudyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "studies"
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["-created_at"]),
            models.Index(fields=["section", "-created_at"]),
            models.Index(fields=["accession_number"], name="study_accession"),
            models.Index(fields=["study_date"], name="study_day"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class StudyShare(TimestampedModel):
    """A colleague of another section who was asked for an opinion may see the study, until it is ended."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="shares")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    shared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "user"], condition=models.Q(ended_at__isnull=True), name="study_is_shared_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class Series(TimestampedModel):
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="series_set")
    series_instance_uid = models.CharField(max_length=64, unique=True)
    series_number = models.IntegerField(null=True)
    description = models.CharField(max_length=128, blank=True)
    modality = models.CharField(max_length=16)
    frame_of_reference_uid = models.CharField(max_length=64, blank=True)
    role = models.CharField(
        max_length=16, default=SeriesRole.UNKNOWN.value, choices=[(r.value, r.value) for r in SeriesRole]
    )
    role_reason = models.CharField(max_length=64, blank=True)
    # Protocol parameters (PS3.3 C.8.3), as far as the header says them: tr_ms, te_ms, flip_deg, thickness_mm,
    # spacing_mm, fov_mm, matrix, manufacturer, model, field_t …
    protocol = models.JSONField(default=dict)
    # ``completeness.Completeness``: slices, missing, duplicates, gaps along the normal.
    completeness = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "series"
        ordering = ["series_number", "series_instance_uid"]

    def __str__(self) -> str:
        return str(self.id)


class ReceptionQuerySet(models.QuerySet["Reception"]):
    def under_way(self) -> ReceptionQuerySet:
        return self.filter(ended_at__isnull=True)

    def silent_for(self, seconds: float) -> ReceptionQuerySet:
        """Under way, but nothing came for so long: who received it is gone."""
        since = Now() - timedelta(seconds=seconds)
        lately = SopInstance.objects.filter(reception=models.OuterRef("pk"), created_at__gte=since)
        return self.under_way().filter(~models.Exists(lately), created_at__lt=since)


class Reception(TimestampedModel):
    """What one sender brings of one study, one object at a time.

    When it ends, the series are described from all their objects and the audit trail says what came: to do so with
    each object would cost more with each. It ends with the association, or by the clock if the receiver was killed.
    """

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="receptions")
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    request_id = models.CharField(max_length=64)
    remote_address = models.CharField(max_length=64, blank=True)
    is_new_study = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)

    objects = ReceptionQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["request_id", "study"],
                condition=models.Q(ended_at__isnull=True),
                name="study_is_received_once_at_a_time_in_an_association",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SopInstance(TimestampedModel):
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="sop_instances")
    sop_instance_uid = models.CharField(max_length=64, unique=True)
    sop_class_uid = models.CharField(max_length=64)
    transfer_syntax_uid = models.CharField(max_length=64)
    instance_number = models.IntegerField(null=True)
    number_of_frames = models.PositiveIntegerField(default=1)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    # ``header_codec`` JSON without patient and study, so that what concerns the whole series (its role, gaps) is
    # worked out again when more objects come, without opening every file.
    header = models.JSONField(default=dict)
    reception = models.ForeignKey(Reception, null=True, on_delete=models.PROTECT, related_name="sop_instances")

    class Meta:
        ordering = ["instance_number", "sop_instance_uid"]
        constraints = [
            models.CheckConstraint(condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="sha256_is_hexadecimal"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class FrameAlignment(TimestampedModel):
    """How two frames of reference of one study lie to each other, as a reader said who looked at both.

    A point of ``from_uid`` lies at the same point plus ``offset_mm`` (LPS) in ``to_uid``.

    An offset of zero says that their coordinates agree as they are; ``None`` that nobody holds them aligned any more.
    Each pair of frames of reference has one row, whichever way round it was said first.
    """

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="alignments")
    from_uid = models.CharField(max_length=64)
    to_uid = models.CharField(max_length=64)
    offset_mm = models.JSONField(null=True)
    version = models.PositiveIntegerField(default=1)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                "study",
                Least("from_uid", "to_uid"),
                Greatest("from_uid", "to_uid"),
                name="frames_of_reference_are_aligned_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class QuarantineReason(models.TextChoices):
    SAME_UID_OTHER_BYTES = "same_uid_other_bytes", _("An object with this UID but other content is already stored")
    STUDY_OF_OTHER_PATIENT = "study_of_other_patient", _("The study already belongs to another patient")
    SERIES_OF_OTHER_STUDY = "series_of_other_study", _("The series already belongs to another study")
    PATIENT_CONFLICT = "patient_conflict", _("The patient's name, sex or birth date differ from what is stored")


class QuarantinedFileQuerySet(models.QuerySet["QuarantinedFile"]):
    def visible_to(self, user: User | AnonymousUser) -> QuarantinedFileQuerySet:
        """Files beside studies this user may know about, and those they sent themselves."""
        if not isinstance(user, User) or not may(user, Act.QUARANTINE_VIEW):
            return self.none()
        if Role(user.role) in (Role.SENIOR, Role.AUDITOR):
            return self
        return self.filter(models.Q(study__in=Study.objects.visible_to(user)) | models.Q(received_by=user))


class QuarantinedFile(TimestampedModel):
    """A file that contradicts what is stored: kept, shown, and never merged on its own."""

    study = models.ForeignKey(Study, null=True, on_delete=models.PROTECT, related_name="quarantined_files")
    reason = models.CharField(max_length=32, choices=QuarantineReason)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    sop_instance_uid = models.CharField(max_length=64)
    study_instance_uid = models.CharField(max_length=64)
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = QuarantinedFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sha256", "reason"], name="quarantined_once_per_reason"),
        ]

    def __str__(self) -> str:
        return str(self.id)
