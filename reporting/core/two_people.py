"""What takes two people: one proposes with a reason, another one activates. The rows and the checks they share."""

from __future__ import annotations

from typing import Protocol

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporting.core.errors import InvalidInput, NotAllowed
from reporting.core.models import TimestampedModel
from reporting.core.states import Transitions

LONGEST_REASON = 500


class DecidedByTwo(TimestampedModel):
    """Who proposed it and why, who activated it, who ended it; each with its time. ``status`` is the row's own."""

    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    proposal_reason = models.CharField(max_length=500, blank=True)
    activated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    activated_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class ProposalStatus(models.TextChoices):
    PROPOSED = "proposed", gettext_lazy("Proposed")
    ACTIVE = "active", gettext_lazy("Active")
    RETIRED = "retired", gettext_lazy("Retired")
    DECLINED = "declined", gettext_lazy("Declined")


PROPOSAL_TRANSITIONS = Transitions[ProposalStatus](
    {
        ProposalStatus.PROPOSED: frozenset({ProposalStatus.ACTIVE, ProposalStatus.DECLINED}),
        ProposalStatus.ACTIVE: frozenset({ProposalStatus.RETIRED}),
        # The end: what held earlier comes back as a new proposal.
        ProposalStatus.RETIRED: frozenset(),
        ProposalStatus.DECLINED: frozenset(),
    }
)


class Proposal(DecidedByTwo):
    """A change that waits, holds or held. What it says is fixed from the day it was proposed (see ``proposals``)."""

    status = models.CharField(max_length=16, choices=ProposalStatus, default=ProposalStatus.PROPOSED)
    closing_reason = models.CharField(max_length=500, blank=True)  # why it was declined

    class Meta:
        abstract = True


class _Person(Protocol):
    @property
    def pk(self) -> object: ...


def checked_reason(reason: str) -> str:
    """Raises :class:`InvalidInput` for no reason, or a very long one."""
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidInput(_("Give a reason of at most 500 characters"))
    return reason


def why_not_second(row: DecidedByTwo, by: _Person) -> str:
    """Why ``by`` may not be the second person, or nothing: whoever proposed it is the first, in whatever role."""
    if row.proposed_by_id == by.pk:
        return _("Another person than the one who proposed it must activate it")
    return ""


def check_second_person(row: DecidedByTwo, by: _Person) -> None:
    """Raises :class:`NotAllowed` unless ``by`` is another person than the one who proposed it."""
    if why_not := why_not_second(row, by):
        raise NotAllowed(why_not)
