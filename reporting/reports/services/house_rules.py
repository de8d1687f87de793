"""The department's settings: a senior proposes a change, an auditor activates it. What is open keeps its own."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act
from reporting.accounts.proposals import Proposals
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput
from reporting.core.two_people import ProposalStatus
from reporting.reports.content import canonical, sha256_of
from reporting.reports.house_rules import SHIPPED_RULES, HouseRules, check
from reporting.reports.models import HouseRulesVersion, Report


def active_house_rules() -> HouseRulesVersion:
    """What reports opened now go by; what ships, on first use."""
    return HouseRulesVersion.objects.filter(status=ProposalStatus.ACTIVE).first() or _install()


def house_rules_of(report: Report) -> HouseRules:
    """The settings that ``report`` was opened with; those that ship, if that was before there were versions."""
    return SHIPPED_RULES if report.house_rules is None else report.house_rules.rules


def _install() -> HouseRulesVersion:
    definition = SHIPPED_RULES.as_definition()
    values = {"status": ProposalStatus.ACTIVE, "definition": definition, "digest": sha256_of(canonical(definition))}
    with transaction.atomic():
        row, made = HouseRulesVersion.objects.get_or_create(number=1, defaults={**values, "activated_at": Now()})
        if made:
            record(AuditAct.HOUSE_RULES_ACTIVATED, by=None, about=row, data=_identity(row))
    row.refresh_from_db()
    return row


def propose_house_rules(rules: HouseRules, *, reason: str, by: User) -> HouseRulesVersion:
    """Ask for other settings; nothing changes before they are activated.

    Raises:
        NotAllowed: the actor's role may not propose.
        InvalidInput: no reason, settings with a fault, or those in force.
        WrongState: another proposal is waiting.
    """

    def values() -> dict[str, Any]:
        check(rules)
        active = HouseRulesVersion.objects.select_for_update().get(pk=active_house_rules().pk)
        definition = rules.as_definition()
        if definition == active.definition:
            raise InvalidInput(_("Nothing differs from the settings in force"))
        number = (HouseRulesVersion.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        return {"number": number, "definition": definition, "digest": sha256_of(canonical(definition))}

    return _PROPOSALS.propose(values, reason=reason, by=by)


def activate_house_rules(proposal: HouseRulesVersion, *, by: User) -> HouseRulesVersion:
    """How values are worded and checked: for reports opened from now on. How reports are signed: at once."""
    return _PROPOSALS.activate(proposal, by=by)


def decline_house_rules(proposal: HouseRulesVersion, *, reason: str, by: User) -> HouseRulesVersion:
    """Take a proposal from the table: see :meth:`Proposals.decline`."""
    return _PROPOSALS.decline(proposal, reason=reason, by=by)


def _identity(row: HouseRulesVersion) -> dict[str, Any]:
    return {"number": row.number, "digest": row.digest}


_PROPOSALS = Proposals(
    model=HouseRulesVersion,
    may_propose=Act.HOUSE_RULES_PROPOSE,
    may_activate=Act.HOUSE_RULES_ACTIVATE,
    may_decline=Act.HOUSE_RULES_DECLINE,
    proposed=AuditAct.HOUSE_RULES_PROPOSED,
    activated=AuditAct.HOUSE_RULES_ACTIVATED,
    declined=AuditAct.HOUSE_RULES_DECLINED,
    retired=AuditAct.HOUSE_RULES_RETIRED,
    same=lambda row: Q(),
    identity=_identity,
)
