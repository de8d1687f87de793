"""What the doctor says: reports, findings, and the versions and signatures that nothing can change."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.core.models import TimestampedModel
from reporting.predictions.models import InferenceJob, Prediction
from reporting.reports.correction_models import Correction, CorrectionDecision
from reporting.reports.critical_models import CriticalList
from reporting.reports.house_rules_models import HouseRulesVersion
from reporting.reports.level_line import Line, line_of
from reporting.reports.places import Place
from reporting.reports.process_models import (
    CriticalAlert,
    CriticalNotice,
    FirstRead,
    NoteKind,
    NoticeKind,
    NoticeMethod,
    ReportNote,
)
from reporting.reports.states import OPEN_STATUSES, VALUED_STATES, FindingState, ReportStatus
from reporting.reports.text_models import EditedText
from reporting.studies.models import Study

STATUS_LABELS = {
    ReportStatus.DRAFT: _("Draft"),
    ReportStatus.PRELIMINARY: _("Preliminary"),
    ReportStatus.FINAL: _("Final"),
    ReportStatus.DISCARDED: _("Discarded"),
    ReportStatus.WITHDRAWN: _("Withdrawn"),
}
STATE_LABELS = {
    FindingState.UNSET: _("not set"),
    FindingState.AI_SUGGESTED: _("suggested by the machine"),
    FindingState.HUMAN_CONFIRMED: _("confirmed"),
    FindingState.HUMAN_CHANGED: _("changed"),
    FindingState.NOT_EVALUABLE: _("not evaluable"),
}


class ReportTemplate(TimestampedModel):
    """A template version as it was when reports were written with it."""

    version = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    definition = models.JSONField()

    def __str__(self) -> str:
        return self.version


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, user: User | AnonymousUser) -> ReportQuerySet:
        """Reports this user may know about: those of the studies they may see, if their role reads reports."""
        if not may(user, Act.REPORT_VIEW):
            return self.none()
        return self.filter(study__in=Study.objects.visible_to(user))

    def open(self) -> ReportQuerySet:
        """Draft or preliminary."""
        return self.filter(status__in=[s.value for s in OPEN_STATUSES])

    def final(self) -> ReportQuerySet:
        return self.filter(status=ReportStatus.FINAL.value)


class Report(TimestampedModel):
    """One report of one study. ``version`` counts changes: every change names the version it saw."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="reports")
    status = models.CharField(
        max_length=16, default=ReportStatus.DRAFT.value, choices=[(s.value, STATUS_LABELS[s]) for s in ReportStatus]
    )
    version = models.PositiveIntegerField(default=1)
    template = models.ForeignKey(ReportTemplate, on_delete=models.PROTECT, related_name="reports")
    job = models.ForeignKey(InferenceJob, null=True, on_delete=models.PROTECT, related_name="reports")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    # Kept from the day the report was opened; none: from before lists had versions (see rules_of).
    critical_list = models.ForeignKey(CriticalList, null=True, on_delete=models.PROTECT, related_name="+")
    house_rules = models.ForeignKey(HouseRulesVersion, null=True, on_delete=models.PROTECT, related_name="+")
    level_map_version = models.PositiveIntegerField(default=1)
    closing_reason = models.CharField(max_length=500, blank=True)  # why withdrawn or discarded

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["study"],
                condition=models.Q(status__in=["draft", "preliminary"]),
                name="one_open_report_per_study",
            ),
            models.UniqueConstraint(
                fields=["study"], condition=models.Q(status="final"), name="one_final_report_per_study"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=[s.value for s in ReportStatus]), name="report_status_is_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(status="withdrawn") | ~models.Q(closing_reason=""),
                name="withdrawn_report_says_why",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_draft(self) -> bool:
        return self.status == ReportStatus.DRAFT.value


class LevelAct(models.TextChoices):
    """What made a level map."""

    FOUND = "found", _("as the machine found them")
    SHIFT = "shift", _("all levels moved")
    MAPPING = "mapping", _("set level by level")
    MOVE = "move", _("one level renamed")
    INSERT = "insert", _("a missed level inserted")
    INSERT_BLOCK = "insert_block", _("a block vertebra counted as two")
    REMOVE = "remove", _("an extra level taken out")
    SLICE = "slice", _("another slice chosen")
    UNDO = "undo", _("a correction taken back")


class LevelMap(TimestampedModel):
    """Which structure the reader calls which level. A relabel writes the next version; predictions stay as they are.

    ``places`` (see ``level_line``) say it; ``mapping`` is the same as structure → level, ``null`` outside the reported
    range. ``slices``: structure → the axial slice that a reader chose instead of the machine's.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="level_maps")
    version = models.PositiveIntegerField()
    mapping = models.JSONField()
    places = models.JSONField(default=dict)
    slices = models.JSONField(default=dict)
    act = models.CharField(max_length=16, choices=LevelAct, default=LevelAct.FOUND)
    undoes = models.PositiveIntegerField(null=True)  # the version that an undo takes back
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["version"]
        constraints = [models.UniqueConstraint(fields=["report", "version"], name="level_map_version_is_unique")]

    def __str__(self) -> str:
        return f"{self.report_id} {self.version}"

    def line(self) -> Line:
        return line_of(self.places, self.mapping)

    @property
    def is_as_found(self) -> bool:
        """Whether every structure of the machine has the machine's own name and slice."""
        found = {structure: level for structure, level in self.mapping.items() if not structure.startswith("@")}
        return not self.slices and all(structure == level for structure, level in found.items())


class Finding(TimestampedModel):
    """One human statement, or the place where one is missing, with what the machine said beside it.

    ``structure`` is what it was seen on, for ever (``level_line``); ``level`` where the current level map puts that.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="findings")
    field = models.CharField(max_length=32)
    structure = models.CharField(max_length=24, blank=True)
    level = models.CharField(max_length=24, blank=True)
    side = models.CharField(max_length=8, blank=True)
    instance = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(
        max_length=16, default=FindingState.UNSET.value, choices=[(s.value, STATE_LABELS[s]) for s in FindingState]
    )
    value = models.JSONField(null=True)  # code, list of codes, number or text
    unit = models.CharField(max_length=16, blank=True)
    prediction = models.ForeignKey(Prediction, null=True, on_delete=models.PROTECT, related_name="findings")
    machine_value = models.JSONField(null=True)
    # Why the machine's statement is no suggestion: level_uncertain, withheld, not_herniated …
    machine_note = models.CharField(max_length=64, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(null=True)
    bulk = models.BooleanField(default=False)
    report_version = models.PositiveIntegerField(default=1)  # the report's version that this row last changed in

    class Meta:
        ordering = ["field", "level", "side", "instance"]
        constraints = [
            # Checked at the end of each statement, so that a relabel can move all rows at once.
            models.UniqueConstraint(
                fields=["report", "field", "level", "side", "instance"],
                name="one_finding_per_place",
                deferrable=models.Deferrable.IMMEDIATE,
                violation_error_message=_("There is already a finding at this place"),
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[s.value for s in FindingState]), name="finding_state_is_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["human_confirmed", "human_changed", "not_evaluable"])
                | models.Q(set_by__isnull=False, set_at__isnull=False),
                name="human_statement_has_a_human",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="ai_suggested") | models.Q(prediction__isnull=False),
                name="suggestion_has_a_prediction",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["unset", "not_evaluable"]) | models.Q(value__isnull=True),
                name="unset_finding_has_no_value",
            ),
        ]

    def __str__(self) -> str:
        return str(self.place)

    @property
    def place(self) -> Place:
        return Place(self.field, self.level, self.side, self.instance)

    @property
    def human_value(self) -> Any:
        """The value a person stands behind, or ``None``; what leaves the system as "the value" is this."""
        return self.value if FindingState(self.state) in VALUED_STATES else None


class CheckAnswer(TimestampedModel):
    """A reader's answer to a question of the consistency checks or to "critical?".

    ``fingerprint`` covers the values the question was about: change them and the question is asked again.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="check_answers")
    code = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    answer = models.CharField(max_length=16)
    comment = models.CharField(max_length=500, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(answer__in=["accepted", "yes", "no", "not_now"]), name="check_answer_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.answer}"


class VersionKind(models.TextChoices):
    PRELIMINARY = "preliminary", _("Preliminary report")
    FINAL = "final", _("Final report")
    ADDENDUM = "addendum", _("Addendum")


class ReportVersion(TimestampedModel):
    """What left somebody's hands, byte for byte. ``content`` is canonical JSON; ``sha256`` is its digest."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=VersionKind)
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    text_en = models.TextField()
    text_zh = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    template_version = models.CharField(max_length=16)
    vocabulary_version = models.CharField(max_length=16)
    algorithm = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["report", "number"]
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="report_version_number_is_unique"),
            models.UniqueConstraint(
                fields=["report"], condition=models.Q(kind="final"), name="one_final_version_per_report"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.number}"


class SignatureMeaning(models.TextChoices):
    PREPARED = "prepared", _("Prepared, not yet verified")
    VERIFIED = "verified", _("Verified and signed")
    ADDED = "added", _("Addendum signed")


class Signature(TimestampedModel):
    """Who vouches for a version, when, as what. ``mac`` is keyed: rows alone cannot make one (see signing.py)."""

    report_version = models.OneToOneField(ReportVersion, on_delete=models.PROTECT, related_name="signature")
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    signer_name = models.CharField(max_length=128)
    signer_role = models.CharField(max_length=16)
    meaning = models.CharField(max_length=16, choices=SignatureMeaning)
    signed_at = models.DateTimeField()
    site = models.CharField(max_length=128)
    mac = models.CharField(max_length=64)

    def __str__(self) -> str:
        return str(self.report_version_id)


class ExportFormat(models.TextChoices):
    PDF = "pdf", "PDF"
    TEXT = "text", _("Plain text")
    JSON = "json", "JSON"
    FHIR = "fhir", "FHIR R4"
    HL7 = "hl7", "HL7 v2"


class ExportStatus(models.TextChoices):
    READY = "ready", _("Ready")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


class ReportExport(TimestampedModel):
    """One file made from one version."""

    report_version = models.ForeignKey(ReportVersion, on_delete=models.PROTECT, related_name="exports")
    export_format = models.CharField(max_length=8, choices=ExportFormat)
    status = models.CharField(max_length=8, choices=ExportStatus, default=ExportStatus.READY)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.report_version_id} {self.export_format}"


__all__ = [
    "STATE_LABELS",
    "STATUS_LABELS",
    "CheckAnswer",
    "Correction",
    "CorrectionDecision",
    "CriticalAlert",
    "CriticalList",
    "CriticalNotice",
    "EditedText",
    "ExportFormat",
    "ExportStatus",
    "Finding",
    "FirstRead",
    "HouseRulesVersion",
    "LevelAct",
    "LevelMap",
    "NoteKind",
    "NoticeKind",
    "NoticeMethod",
    "Report",
    "ReportExport",
    "ReportNote",
    "ReportQuerySet",
    "ReportTemplate",
    "ReportVersion",
    "Signature",
    "SignatureMeaning",
    "VersionKind",
]
