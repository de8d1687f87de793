"""Who may have suspected studies first, and which studies must not show their place in such an order.

A place in a list tells what the machine said. Whoever reads blind first must not learn it that way: a reader for whom a
rule says so has no such order at all, and a study that is read blind stands where one stands that was not looked at.
"""

from __future__ import annotations

import uuid

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.predictions.blind import blind_study_ids
from reporting.predictions.models import BlindDecision, BlindRule
from reporting.worklist.models import WorklistEntry, WorklistOrder


def may_order(user: User) -> bool:
    """Readers of predictions, unless a rule makes them, or a share of all readings, blind."""
    return may(user, Act.PREDICTION_VIEW) and not (may(user, Act.REPORT_EDIT) and _reads_blind(user))


def is_suspicion_first(user: User) -> bool:
    """Off until the reader switches it on, and without effect while they read blind."""
    return WorklistOrder.objects.filter(user=user, suspicion_first=True).exists() and may_order(user)


def blind_open_studies(user: User) -> tuple[uuid.UUID, ...]:
    """Studies still to be reported that ``user`` reads without the machine."""
    if not may(user, Act.REPORT_EDIT):
        return ()
    ruled = BlindRule.objects.filter(study__isnull=False).values("study")
    decided = BlindDecision.objects.filter(reader=user, blind=True).values("study")
    still_open = WorklistEntry.objects.filter(is_open=True)
    candidates = {
        *still_open.filter(study__in=ruled).values_list("study_id", flat=True),
        *still_open.filter(study__in=decided).values_list("study_id", flat=True),
    }
    return tuple(blind_study_ids(user, candidates))


def _reads_blind(user: User) -> bool:
    own = BlindRule.objects.filter(user=user).order_by("-created_at").first()
    drawn = BlindRule.objects.filter(fraction__isnull=False).order_by("-created_at").first()
    return (own is not None and own.is_on) or (drawn is not None and drawn.is_on and bool(drawn.fraction))
