"""What a worklist is filtered and ordered by, one row per study; and what each reader set for their own list.

The database keeps :class:`WorklistEntry` itself (migration ``0002``): whatever writes a study, a job or a report, in a
service, a worker or a shell, its triggers bring the row up to date in the same transaction. Nothing here is written by
Python, and nothing here is the truth: the row can be made again from the others at any time.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from reporting.accounts.models import Role, User
from reporting.core.models import TimestampedModel
from reporting.studies.models import Study, StudyShare


class MachineState(models.TextChoices):
    """How far the reading by the algorithm that fills reports has come."""

    NONE = "none", _("Not requested")
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    ANALYSED = "analysed", _("Analysed")
    PARTIAL = "partial", _("Some values withheld")
    WITHHELD = "withheld", _("Values withheld")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Suspicion(models.IntegerChoices):
    """What the machine suspects, as an order of reading. What it could not look at may hold anything: second."""

    NOTHING = 0, _("nothing suspected")
    MINOR = 1, _("other finding suspected")
    UNKNOWN = 2, _("not read by the machine")
    HERNIATION_OR_SLIP = 3, _("herniation or slip suspected")


class WorklistEntryQuerySet(models.QuerySet["WorklistEntry"]):
    def visible_to(self, user: User | AnonymousUser) -> WorklistEntryQuerySet:
        return self.filter(study__in=Study.objects.visible_to(user))

    def parts_visible_to(self, user: User) -> tuple[WorklistEntryQuerySet, ...]:
        """What :meth:`visible_to` holds, in parts without a common row, each of which an index has in its order.

        "Of the section, or assigned, or shared" as one condition would be tried on row after row of the whole list.
        """
        if Role(user.role) is not Role.JUNIOR:
            return (self.visible_to(user),)
        given = (
            Study.objects.filter(assigned_to=user)
            .values("pk")
            .union(StudyShare.objects.filter(user=user, ended_at__isnull=True).values("study"))
        )
        elsewhere = self.exclude(section=user.section).filter(study__in=given)
        return self.filter(section=user.section), elsewhere.visible_to(user)


class WorklistEntry(models.Model):
    study = models.OneToOneField(Study, primary_key=True, on_delete=models.CASCADE, related_name="worklist_entry")
    received_at = models.DateTimeField()
    study_date = models.DateField(null=True)
    section = models.CharField(max_length=64)
    referring_unit = models.CharField(max_length=128)
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    report_status = models.CharField(max_length=16)  # of the newest report that was not discarded; empty: none
    report_author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    machine_state = models.CharField(max_length=16, choices=MachineState)
    suspicion = models.SmallIntegerField(choices=Suspicion)
    is_open = models.BooleanField()  # to be reported: no final and no withdrawn report
    # Lower case, every ideograph a word of its own, blanks around: see ``search``.
    search_text = models.TextField()
    changed_at = models.DateTimeField()

    objects = WorklistEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "worklist entries"
        indexes = [
            # Each begins with what is filtered and ends with the order of the list, so that a page is read off it.
            models.Index(fields=["received_at", "study"], name="entry_by_time"),
            models.Index(fields=["received_at", "study"], condition=models.Q(is_open=True), name="entry_to_do_by_time"),
            models.Index(
                fields=["suspicion", "received_at", "study"],
                condition=models.Q(is_open=True),
                name="entry_to_do_by_suspicion",
            ),
            models.Index(fields=["report_status", "received_at", "study"], name="entry_by_report"),
            models.Index(fields=["machine_state", "received_at", "study"], name="entry_by_machine"),
            models.Index(fields=["assigned_to", "received_at", "study"], name="entry_by_assignment"),
            models.Index(fields=["report_author", "received_at", "study"], name="entry_by_author"),
            models.Index(fields=["section", "received_at", "study"], name="entry_by_section"),
            models.Index(fields=["referring_unit", "received_at", "study"], name="entry_by_referrer"),
            models.Index(
                fields=["section", "referring_unit", "received_at", "study"], name="entry_by_section_referrer"
            ),
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="entry_by_words"),
        ]

    def __str__(self) -> str:
        return str(self.study_id)


class WorklistView(TimestampedModel):
    """A filter that somebody keeps under a name. It holds no words searched for: those may name a patient."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="worklist_views")
    name = models.CharField(_("name"), max_length=48)
    query = models.CharField(max_length=400, blank=True)  # as in the address: "status=open&assigned=me"
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="view_name_is_used_once",
                violation_error_message=_("You have a view of this name already"),
            ),
            models.UniqueConstraint(
                fields=["owner"], condition=models.Q(is_default=True), name="one_default_view_per_person"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WorklistOrder(models.Model):
    """Who has switched on that suspected studies come first. No row: newest first, as for everybody else."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+")
    suspicion_first = models.BooleanField(default=False)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.pk)
