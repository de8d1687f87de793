"""Moving an operating point: a senior proposes, an auditor activates. What was said before keeps its threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, WrongState
from reporting.core.two_people import check_second_person, checked_reason
from reporting.predictions.models import Algorithm, ThresholdChange, ThresholdStatus
from reporting.predictions.threshold_models import DIGITS, HIGHEST, LOWEST, THRESHOLD_TRANSITIONS
from reporting.vocabulary import MachineFinding

SHIPPED_WITHOUT_A_WORD = 0.5
"""What a network or callable goes by that says no threshold of its own."""


def threshold_in_force(algorithm: Algorithm, finding: str) -> float:
    """The operating point of results from now on."""
    change = ThresholdChange.objects.in_force(algorithm).get(finding)
    return shipped_threshold(algorithm, finding) if change is None else change.threshold


def shipped_threshold(algorithm: Algorithm, finding: str) -> float:
    return float(algorithm.thresholds.get(finding, SHIPPED_WITHOUT_A_WORD))


@transaction.atomic
def propose_threshold(
    algorithm: Algorithm,
    finding: str,
    threshold: float,
    *,
    reason: str,
    before: float,
    evidence: Mapping[str, Any],
    by: User,
) -> ThresholdChange:
    """Ask for another operating point; nothing changes before it is activated.

    ``before``: the threshold that was in force on the page; ``evidence``: what the bench showed there.

    Raises:
        NotAllowed: the actor's role may not propose.
        InvalidInput: no reason, an unknown finding, a threshold outside 0.001 … 0.999 or with more than three
            decimals, or the one that is in force.
        WrongState: another proposal for this finding waits, or another threshold came into force meanwhile.
    """
    require(by, Act.THRESHOLD_PROPOSE)
    reason = checked_reason(reason)
    if finding not in [one.value for one in MachineFinding]:
        raise InvalidInput(_("There is no finding of this name"))
    if not LOWEST <= threshold <= HIGHEST or round(threshold, DIGITS) != threshold:
        raise InvalidInput(_("A threshold is a number from 0.001 to 0.999 with at most three decimals"))
    row = Algorithm.objects.select_for_update().get(pk=algorithm.pk)  # one proposal at a time: numbers do not collide
    now = threshold_in_force(row, finding)
    if now != before:
        raise WrongState(_("Another threshold came into force meanwhile; look at the bench again"))
    if threshold == now:
        raise InvalidInput(_("This threshold is in force already"))
    number = (ThresholdChange.objects.filter(algorithm=row).aggregate(last=Max("number"))["last"] or 0) + 1
    try:
        with transaction.atomic():
            change = ThresholdChange.objects.create(
                algorithm=row,
                finding=finding,
                number=number,
                threshold=threshold,
                before=now,
                evidence=dict(evidence),
                proposed_by=by,
                proposed_at=Now(),
                proposal_reason=reason,
            )
    except IntegrityError as error:
        raise WrongState(_("Another proposal is waiting for its decision")) from error
    record(AuditAct.THRESHOLD_PROPOSED, by=by, about=change, data={**_identity(change), "reason": reason})
    change.refresh_from_db()
    return change


@transaction.atomic
def activate_threshold(proposal: ThresholdChange, *, by: User) -> ThresholdChange:
    """Let jobs that are taken from now on go by a proposed threshold. Stored predictions and drafts stay as they are.

    Raises:
        NotAllowed: the actor's role may not activate, or the actor proposed it.
        WrongState: it is not proposed, or another threshold came into force since.
    """
    require(by, Act.THRESHOLD_ACTIVATE)
    Algorithm.objects.select_for_update().get(pk=proposal.algorithm_id)
    change = _locked(proposal)
    THRESHOLD_TRANSITIONS.check(ThresholdStatus(change.status), ThresholdStatus.ACTIVE)
    check_second_person(change, by)
    if threshold_in_force(change.algorithm, change.finding) != change.before:
        raise WrongState(_("Another threshold came into force since it was proposed; decline it and propose anew"))
    earlier = ThresholdChange.objects.in_force(change.algorithm).get(change.finding)
    if earlier is not None:
        ThresholdChange.objects.filter(pk=earlier.pk).update(
            status=ThresholdStatus.RETIRED, retired_by=by, retired_at=Now(), updated_at=Now()
        )
        record(AuditAct.THRESHOLD_RETIRED, by=by, about=earlier, data={**_identity(earlier), "by": change.number})
    ThresholdChange.objects.filter(pk=change.pk).update(
        status=ThresholdStatus.ACTIVE, activated_by=by, activated_at=Now(), updated_at=Now()
    )
    record(AuditAct.THRESHOLD_ACTIVATED, by=by, about=change, data=_identity(change))
    change.refresh_from_db()
    return change


@transaction.atomic
def decline_threshold(proposal: ThresholdChange, *, reason: str, by: User) -> ThresholdChange:
    """Take a proposal from the table, as its proposer or as the one who was to activate it.

    Raises :class:`NotAllowed`, :class:`InvalidInput` without a reason, :class:`WrongState` if it is not proposed.
    """
    require(by, Act.THRESHOLD_DECLINE)
    reason = checked_reason(reason)
    change = _locked(proposal)
    THRESHOLD_TRANSITIONS.check(ThresholdStatus(change.status), ThresholdStatus.DECLINED)
    ThresholdChange.objects.filter(pk=change.pk).update(
        status=ThresholdStatus.DECLINED, retired_by=by, retired_at=Now(), closing_reason=reason, updated_at=Now()
    )
    record(AuditAct.THRESHOLD_DECLINED, by=by, about=change, data={**_identity(change), "reason": reason})
    change.refresh_from_db()
    return change


def _locked(proposal: ThresholdChange) -> ThresholdChange:
    return ThresholdChange.objects.select_for_update(of=("self",)).select_related("algorithm").get(pk=proposal.pk)


def _identity(change: ThresholdChange) -> dict[str, Any]:
    return {
        "algorithm": str(change.algorithm),
        "weights_sha256": change.algorithm.weights_sha256,
        "finding": change.finding,
        "number": change.number,
        "threshold": change.threshold,
        "before": change.before,
    }
