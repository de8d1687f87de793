"""Moving an operating point: a senior proposes, an auditor activates. What was said before keeps its threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act
from reporting.accounts.proposals import Proposals
from reporting.audit_trail.acts import AuditAct
from reporting.core.errors import InvalidInput, WrongState
from reporting.predictions.models import Algorithm, ThresholdChange
from reporting.predictions.threshold_models import DIGITS, HIGHEST, LOWEST
from reporting.vocabulary import MachineFinding

SHIPPED_WITHOUT_A_WORD = 0.5
"""What a network or callable goes by that says no threshold of its own."""


def threshold_in_force(algorithm: Algorithm, finding: str) -> float:
    """The operating point of results from now on."""
    change = ThresholdChange.objects.in_force(algorithm).get(finding)
    return shipped_threshold(algorithm, finding) if change is None else change.threshold


def shipped_threshold(algorithm: Algorithm, finding: str) -> float:
    return float(algorithm.thresholds.get(finding, SHIPPED_WITHOUT_A_WORD))


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

    def values() -> dict[str, Any]:
        if finding not in [one.value for one in MachineFinding]:
            raise InvalidInput(_("There is no finding of this name"))
        if not LOWEST <= threshold <= HIGHEST or round(threshold, DIGITS) != threshold:
            raise InvalidInput(_("A threshold is a number from 0.001 to 0.999 with at most three decimals"))
        row = Algorithm.objects.select_for_update().get(pk=algorithm.pk)  # numbers do not collide
        now = threshold_in_force(row, finding)
        if now != before:
            raise WrongState(_("Another threshold came into force meanwhile; look at the bench again"))
        if threshold == now:
            raise InvalidInput(_("This threshold is in force already"))
        number = (ThresholdChange.objects.filter(algorithm=row).aggregate(last=Max("number"))["last"] or 0) + 1
        said = {"finding": finding, "threshold": threshold, "before": now, "evidence": dict(evidence)}
        return {"algorithm": row, "number": number, **said}

    return _PROPOSALS.propose(values, reason=reason, by=by)


@transaction.atomic
def activate_threshold(proposal: ThresholdChange, *, by: User) -> ThresholdChange:
    """Let jobs that are taken from now on go by a proposed threshold. Stored predictions and drafts stay as they are.

    Raises:
        NotAllowed: the actor's role may not activate, or the actor proposed it.
        WrongState: it is not proposed, or another threshold came into force since.
    """
    Algorithm.objects.select_for_update().get(pk=proposal.algorithm_id)
    return _PROPOSALS.activate(proposal, by=by, check=_require_what_it_was_compared_with)


def _require_what_it_was_compared_with(change: ThresholdChange) -> None:
    if threshold_in_force(change.algorithm, change.finding) != change.before:
        raise WrongState(_("Another threshold came into force since it was proposed; decline it and propose anew"))


def decline_threshold(proposal: ThresholdChange, *, reason: str, by: User) -> ThresholdChange:
    """Take a proposal from the table: see :meth:`Proposals.decline`."""
    return _PROPOSALS.decline(proposal, reason=reason, by=by)


def _identity(change: ThresholdChange) -> dict[str, Any]:
    return {
        "algorithm": str(change.algorithm),
        "weights_sha256": change.algorithm.weights_sha256,
        "finding": change.finding,
        "number": change.number,
        "threshold": change.threshold,
        "before": change.before,
    }


_PROPOSALS = Proposals(
    model=ThresholdChange,
    may_propose=Act.THRESHOLD_PROPOSE,
    may_activate=Act.THRESHOLD_ACTIVATE,
    may_decline=Act.THRESHOLD_DECLINE,
    proposed=AuditAct.THRESHOLD_PROPOSED,
    activated=AuditAct.THRESHOLD_ACTIVATED,
    declined=AuditAct.THRESHOLD_DECLINED,
    retired=AuditAct.THRESHOLD_RETIRED,
    same=lambda change: Q(algorithm=change.algorithm_id, finding=change.finding),
    identity=_identity,
)
