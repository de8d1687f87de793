"""Tokens for programs: shown once, kept as a digest, and each opens one thing only.

A gateway stores studies with the token of a service account. A viewer reads images, and a hospital system signed
reports, with a token that a person gave it: it sees what that person may see at that moment, and changes nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from reporting.accounts.models import AccessToken, Role, TokenScope, User
from reporting.accounts.permissions import Act, may, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, NotAllowed

PREFIX = "dens_"
MOST_DAYS = {TokenScope.STORE: 730, TokenScope.IMAGES: 90, TokenScope.REPORTS: 90}
_NEEDS = {
    TokenScope.STORE: Act.STUDY_INGEST,
    TokenScope.IMAGES: Act.STUDY_VIEW,
    TokenScope.REPORTS: Act.REPORT_EXPORT,
}
_USE_IS_NOTED_EVERY = timedelta(hours=1)


def scopes_of(user: User) -> list[TokenScope]:
    """What tokens of this account may open: a program that stores is nobody, one that reads is somebody."""
    is_person = Role(user.role) is not Role.SERVICE
    return [scope for scope, act in _NEEDS.items() if may(user, act) and is_person is not (scope is TokenScope.STORE)]


@transaction.atomic
def issue_token(user: User, *, name: str, days: int, scope: TokenScope, by: User | None) -> str:
    """The token; nobody can read it again. ``by=None``: the operator of the machine.

    Raises ``NotAllowed``: a service account's are for who manages accounts, a person's for that person alone;
    :class:`InvalidInput` for what the account cannot have, no name, or no sensible time.
    """
    if scope is not TokenScope.STORE and (by is None or by.pk != user.pk):
        raise NotAllowed(_("People give their own programs access"))
    if scope is TokenScope.STORE and by is not None:
        require(by, Act.USER_MANAGE)
    if scope not in scopes_of(user):
        raise InvalidInput(_("This account cannot have such a token"))
    if not name.strip() or len(name) > 64 or not name.isprintable():
        raise InvalidInput(_("A token needs a name of at most 64 printable characters"))
    if not 0 < days <= MOST_DAYS[scope]:
        raise InvalidInput(_("Such a token lives for at most %(days)d days") % {"days": MOST_DAYS[scope]})
    token = PREFIX + secrets.token_urlsafe(32)
    made = AccessToken.objects.create(
        user=user,
        name=name.strip(),
        scope=scope,
        account_proof=_proof_of(user),
        sha256=_digest(token),
        expires_at=timezone.now() + timedelta(days=days),
    )
    data = {"account": user.username, "name": made.name, "opens": scope.value, "days": days}
    record(AuditAct.TOKEN_ISSUED, by=by, about=made, data=data)
    return token


@transaction.atomic
def revoke_token(token: AccessToken, *, by: User | None) -> None:
    """Holds from the next request on. Raises ``NotAllowed``; harmless when repeated."""
    if by is not None and by.pk != token.user_id:
        require(by, Act.USER_MANAGE)
    if AccessToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        record(AuditAct.TOKEN_REVOKED, by=by, about=token, data={"name": token.name})


def revoke_tokens(user: User, *, by: User) -> None:
    """All of an account that is closed: opened again, it begins without any."""
    for token in AccessToken.objects.filter(user=user, revoked_at__isnull=True):
        revoke_token(token, by=by)


def known_token(token: str) -> AccessToken | None:
    """The token with its account, as long as both hold. Found by its digest: nothing to time."""
    known = AccessToken.objects.in_force().filter(sha256=_digest(token)).select_related("user").first()
    if known is None or known.scope not in scopes_of(known.user):
        return None
    if not constant_time_compare(known.account_proof, _proof_of(known.user)):
        return None
    return known


def note_use(token: AccessToken) -> None:
    """So that people see which of their tokens nobody uses."""
    long_ago = timezone.now() - _USE_IS_NOTED_EVERY
    if token.used_at is None or token.used_at < long_ago:
        stale = AccessToken.objects.filter(Q(used_at__isnull=True) | Q(used_at__lt=long_ago), pk=token.pk)
        stale.update(used_at=timezone.now())


def _proof_of(user: User) -> str:
    """Changes with the password, as sessions end with it. A service account has none that anybody uses."""
    return "" if Role(user.role) is Role.SERVICE else str(user.get_session_auth_hash())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
