"""Tokens for programs that send studies without a person: of a service account, shown once, kept as a digest."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.accounts.models import MachineToken, Role, User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput

PREFIX = "dens_"
MOST_DAYS = 730


@transaction.atomic
def issue_token(user: User, *, name: str, days: int, by: User | None) -> str:
    """The token; nobody can read it again. ``by=None``: the operator of the machine.

    Raises ``NotAllowed``; :class:`InvalidInput` for a person's account, no name, or no sensible time.
    """
    if by is not None:
        require(by, Act.USER_MANAGE)
    if not user.is_active or Role(user.role) is not Role.SERVICE:
        raise InvalidInput(_("Only an active service account has tokens"))
    if not name.strip() or len(name) > 64 or not 0 < days <= MOST_DAYS:
        raise InvalidInput(_("A token needs a name and at most two years to live"))
    token = PREFIX + secrets.token_urlsafe(32)
    expires_at = timezone.now() + timedelta(days=days)
    made = MachineToken.objects.create(user=user, name=name.strip(), sha256=_digest(token), expires_at=expires_at)
    record(AuditAct.TOKEN_ISSUED, by=by, about=made, data={"account": user.username, "name": made.name, "days": days})
    return token


@transaction.atomic
def revoke_token(token: MachineToken, *, by: User | None) -> None:
    """Holds from the next request on. Raises ``NotAllowed``; harmless when repeated."""
    if by is not None:
        require(by, Act.USER_MANAGE)
    if MachineToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        record(AuditAct.TOKEN_REVOKED, by=by, about=token, data={"name": token.name})


def account_of(token: str) -> User | None:
    """Whose token this is, as long as it and the account hold. Found by its digest: nothing to time."""
    known = MachineToken.objects.in_force().filter(sha256=_digest(token)).select_related("user").first()
    return known.user if known is not None else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
