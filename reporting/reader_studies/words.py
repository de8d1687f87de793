"""The words of reader studies: design, arm, scale, role, state."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from reporting.core.states import Transitions


class Design(models.TextChoices):
    FULLY_CROSSED = "fully_crossed", _("Fully crossed: every reader reads every case in every arm")
    SPLIT_PLOT = "split_plot", _("Split-plot: groups of readers read their own group of cases in every arm")
    SEQUENTIAL = "sequential", _("Sequential: aided directly after unaided, in one session")


class ArmKind(models.TextChoices):
    UNAIDED = "unaided", _("Unaided")
    AIDED = "aided", _("Aided")
    AIDED_AFTER_UNAIDED = "aided_after_unaided", _("Aided after unaided")
    ALGORITHM_ALONE = "algorithm_alone", _("Algorithm alone")

    @property
    def is_read(self) -> bool:
        """Whether people read in it."""
        return self is not ArmKind.ALGORITHM_ALONE

    @property
    def needs_algorithm(self) -> bool:
        return self is not ArmKind.UNAIDED


class Scale(models.TextChoices):
    BINARY = "binary", _("absent or present")
    ORDINAL = "ordinal", _("grade")
    CONFIDENCE = "confidence", _("confidence, 0 to 100")
    MILLIMETRES = "millimetres", _("millimetres")
    LOCATION = "location", _("place in the image")


class StudyRole(models.TextChoices):
    """What a person is within one reader study; exactly one."""

    OWNER = "owner", _("Owner")
    COORDINATOR = "coordinator", _("Coordinator")
    READER = "reader", _("Reader")
    ADJUDICATOR = "adjudicator", _("Adjudicator")
    STATISTICIAN = "statistician", _("Statistician")


class StudyStatus(models.TextChoices):
    DESIGN = "design", _("In design")
    RUNNING = "running", _("Locked, being read")
    CLOSED = "closed", _("Reading closed")
    ABANDONED = "abandoned", _("Abandoned")


STUDY_TRANSITIONS = Transitions(
    {
        StudyStatus.DESIGN: frozenset({StudyStatus.RUNNING, StudyStatus.ABANDONED}),
        StudyStatus.RUNNING: frozenset({StudyStatus.CLOSED, StudyStatus.ABANDONED}),
        StudyStatus.CLOSED: frozenset(),
        StudyStatus.ABANDONED: frozenset(),
    }
)
"""There is no way back into design: what was locked is amended."""


class ReadingState(models.TextChoices):
    OPEN = "open", _("Being read")
    PAUSED = "paused", _("Paused")
    SUBMITTED = "submitted", _("Submitted")


class ReadingEventKind(models.TextChoices):
    OPENED = "opened", _("Opened")
    PAUSED = "paused", _("Paused")
    RESUMED = "resumed", _("Resumed")
    SUBMITTED = "submitted", _("Submitted")
    REOPENED = "reopened", _("Re-opened")
    REFUSED = "refused", _("Change refused")


class AnalysisStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting for a worker")
    RUNNING = "running", _("Being worked out")
    FINISHED = "finished", _("Finished")
    FAILED = "failed", _("Failed")


class PanelScheme(models.TextChoices):
    """How people say what is true; the second is the scheme of the seed paper."""

    INDEPENDENT = "independent", _("Two independent readers and an adjudicator")
    JUNIOR_SENIOR = "junior_senior", _("A junior reads, a senior reviews")


class Seat(models.TextChoices):
    FIRST = "first", _("First reader, or junior")
    SECOND = "second", _("Second reader, or senior")
    ADJUDICATOR = "adjudicator", _("Adjudicator")


class TruthSource(models.TextChoices):
    AGREEMENT = "agreement", _("Two readers agreed")
    ADJUDICATION = "adjudication", _("Adjudicated")
    SENIOR_REVIEW = "senior_review", _("Reviewed by a senior")
    FOLLOW_UP = "follow_up", _("Follow-up")
    SURGERY = "surgery", _("Surgery")
    IMPORTED = "imported", _("Other source, imported")
