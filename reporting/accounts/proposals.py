"""Propose, activate, decline: what two people do to a :class:`Proposal`, written once for every kind of row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import WrongState
from reporting.core.two_people import (
    PROPOSAL_TRANSITIONS,
    Proposal,
    ProposalStatus,
    check_second_person,
    checked_reason,
)

Row = TypeVar("Row", bound=Proposal)


@dataclass(frozen=True)
class Proposals(Generic[Row]):
    """One kind of change that takes two people: who may do what, under which names it is audited.

    ``same``: the rows of which one is in force at a time, seen from one of them. ``identity``: what an audit event says
    of a row. Only one of ``same`` may wait: the table's own unique constraint says so.
    """

    model: type[Row]
    may_propose: Act
    may_activate: Act
    may_decline: Act
    proposed: AuditAct
    activated: AuditAct
    declined: AuditAct
    retired: AuditAct
    same: Callable[[Row], Q]
    identity: Callable[[Row], dict[str, Any]]

    def propose(self, values: Callable[[], Mapping[str, Any]], *, reason: str, by: User) -> Row:
        """Store a proposal; nothing changes before it is activated. ``values`` checks what is proposed, and says it.

        Raises:
            NotAllowed: the actor's role may not propose.
            InvalidInput: no reason, or a very long one.
            WrongState: another proposal is waiting.
        """
        require(by, self.may_propose)
        reason = checked_reason(reason)
        with transaction.atomic():
            said = values()
            try:
                with transaction.atomic():
                    row = self.model._default_manager.create(
                        **said, proposed_by=by, proposed_at=Now(), proposal_reason=reason
                    )
            except IntegrityError as error:
                raise WrongState(_("Another proposal is waiting for its decision")) from error
            record(self.proposed, by=by, about=row, data={**self.identity(row), "reason": reason})
        row.refresh_from_db()
        return row

    def activate(self, proposal: Row, *, by: User, check: Callable[[Row], None] = lambda row: None) -> Row:
        """Let a proposal hold from now on, in place of what holds. ``check`` may refuse the locked row.

        Raises :class:`NotAllowed` for the wrong role or for who proposed it, :class:`WrongState` if it is not proposed.
        """
        require(by, self.may_activate)
        with transaction.atomic():
            row = self._locked(proposal)
            _require(row, ProposalStatus.ACTIVE)
            check_second_person(row, by)
            check(row)
            in_force = self.model._default_manager.select_for_update().filter(
                self.same(row), status=ProposalStatus.ACTIVE
            )
            for earlier in in_force:
                self._update(earlier, status=ProposalStatus.RETIRED, retired_by=by, retired_at=Now())
                about = {**self.identity(earlier), "replaced_by": str(row.pk)}
                record(self.retired, by=by, about=earlier, data=about)
            self._update(row, status=ProposalStatus.ACTIVE, activated_by=by, activated_at=Now())
            record(self.activated, by=by, about=row, data=self.identity(row))
        row.refresh_from_db()
        return row

    def decline(self, proposal: Row, *, reason: str, by: User) -> Row:
        """Take a proposal from the table, as its proposer or as the one who was to activate it.

        Raises :class:`NotAllowed`, :class:`InvalidInput` without a reason, :class:`WrongState` if it is not proposed.
        """
        require(by, self.may_decline)
        reason = checked_reason(reason)
        with transaction.atomic():
            row = self._locked(proposal)
            _require(row, ProposalStatus.DECLINED)
            self._update(row, status=ProposalStatus.DECLINED, retired_by=by, retired_at=Now(), closing_reason=reason)
            record(self.declined, by=by, about=row, data={**self.identity(row), "reason": reason})
        row.refresh_from_db()
        return row

    def _locked(self, proposal: Row) -> Row:
        return self.model._default_manager.select_for_update().get(pk=proposal.pk)

    def _update(self, row: Row, **values: Any) -> None:
        self.model._default_manager.filter(pk=row.pk).update(**values, updated_at=Now())


def _require(row: Proposal, new: ProposalStatus) -> None:
    if not PROPOSAL_TRANSITIONS.allows(ProposalStatus(row.status), new):
        raise WrongState(_("This is decided already: only what waits can be activated or declined"))
