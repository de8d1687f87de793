"""The department's critical list: a senior proposes a change, an auditor activates it. What is open keeps its own."""

from __future__ import annotations

import re
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
from reporting.reports.critical import SHIPPED, CriticalRules, Trigger
from reporting.reports.critical_models import as_definition
from reporting.reports.models import CriticalList, Report
from reporting.reports.template import CURRENT

LONGEST_CLOCK_MINUTES = 30 * 24 * 60
MOST_TRIGGERS = 60
_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
# Questions of the checks themselves (consistency).
_TAKEN = frozenset({"addendum", "category_changed", "urgency_unknown"})


def active_critical_list() -> CriticalList:
    """What reports opened now go by; what ships, on first use."""
    found = CriticalList.objects.filter(status=ProposalStatus.ACTIVE).first()
    return found or _install()


def rules_of(report: Report) -> CriticalRules:
    """The list that ``report`` was opened with; the first one, if that was before there were versions."""
    kept = report.critical_list or CriticalList.objects.filter(number=1).first() or active_critical_list()
    return kept.rules


def _install() -> CriticalList:
    definition = as_definition(SHIPPED, CURRENT.version)
    values = {"status": ProposalStatus.ACTIVE, "definition": definition, "digest": sha256_of(canonical(definition))}
    with transaction.atomic():
        row, made = CriticalList.objects.get_or_create(number=1, defaults={**values, "activated_at": Now()})
        if made:
            record(AuditAct.CRITICAL_LIST_ACTIVATED, by=None, about=row, data=_identity(row))
    row.refresh_from_db()
    return row


def propose_critical_list(rules: CriticalRules, *, reason: str, by: User) -> CriticalList:
    """Ask for another critical list or other clocks; nothing changes before it is activated.

    Raises:
        NotAllowed: the actor's role may not propose.
        InvalidInput: no reason, a list with a fault, or one that is the active one.
        WrongState: another proposal is waiting.
    """

    def values() -> dict[str, Any]:
        _check(rules)
        active = CriticalList.objects.select_for_update().get(pk=active_critical_list().pk)
        definition = as_definition(rules, CURRENT.version)
        if all(definition[part] == active.definition[part] for part in ("triggers", "minutes")):
            raise InvalidInput(_("Nothing differs from the list in force"))
        number = (CriticalList.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        return {"number": number, "definition": definition, "digest": sha256_of(canonical(definition))}

    return _PROPOSALS.propose(values, reason=reason, by=by)


def decline_critical_list(proposal: CriticalList, *, reason: str, by: User) -> CriticalList:
    """Take a proposal from the table: see :meth:`Proposals.decline`."""
    return _PROPOSALS.decline(proposal, reason=reason, by=by)


def activate_critical_list(proposal: CriticalList, *, by: User) -> CriticalList:
    """Let reports opened from now on go by a proposed list, in place of the active one.

    Raises :class:`NotAllowed` for the wrong role or for who proposed it, :class:`WrongState` if it is not proposed.
    """
    return _PROPOSALS.activate(proposal, by=by)


def _identity(row: CriticalList) -> dict[str, Any]:
    return {"number": row.number, "digest": row.digest}


_PROPOSALS = Proposals(
    model=CriticalList,
    may_propose=Act.CRITICAL_LIST_PROPOSE,
    may_activate=Act.CRITICAL_LIST_ACTIVATE,
    may_decline=Act.CRITICAL_LIST_DECLINE,
    proposed=AuditAct.CRITICAL_LIST_PROPOSED,
    activated=AuditAct.CRITICAL_LIST_ACTIVATED,
    declined=AuditAct.CRITICAL_LIST_DECLINED,
    retired=AuditAct.CRITICAL_LIST_RETIRED,
    same=lambda row: Q(),
    identity=_identity,
)


def _check(rules: CriticalRules) -> None:
    minutes = [rules.minutes.get(category, 0) for category in (1, 2, 3)]
    if not all(1 <= one <= LONGEST_CLOCK_MINUTES for one in minutes) or minutes != sorted(minutes):
        raise InvalidInput(
            _("Each category needs a time from 1 minute to 30 days, no shorter than that of a graver one")
        )
    if not 1 <= len(rules.triggers) <= MOST_TRIGGERS:
        raise InvalidInput(_("A list has 1 to %(most)d findings") % {"most": MOST_TRIGGERS})
    codes = [trigger.code for trigger in rules.triggers]
    for trigger in rules.triggers:
        _check_trigger(trigger, codes)


def _check_trigger(trigger: Trigger, codes: list[str]) -> None:
    named = {"code": trigger.code}
    if not _CODE.fullmatch(trigger.code) or trigger.code in _TAKEN or codes.count(trigger.code) > 1:
        raise InvalidInput(_("“%(code)s” cannot be the short name of a finding, or is one already") % named)
    if trigger.category not in (1, 2, 3):
        raise InvalidInput(_("“%(code)s” needs a category from 1 to 3") % named)
    if not all(1 <= len(words.strip()) <= 200 for words in (trigger.en, trigger.zh)):
        raise InvalidInput(_("“%(code)s” needs a name of at most 200 characters in both languages") % named)
    unknown = [code for code in trigger.superseded_by if code not in codes or code == trigger.code]
    if unknown:
        raise InvalidInput(
            _("“%(code)s” is silent where an unknown finding is there: %(unknown)s")
            % {**named, "unknown": ", ".join(unknown)}
        )
