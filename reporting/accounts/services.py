"""What people do with accounts: log in, prove themselves again to sign, be created, be given a role."""

from __future__ import annotations

import secrets

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from reporting.accounts.access_tokens import revoke_tokens
from reporting.accounts.models import Role, User
from reporting.accounts.permissions import Act, require
from reporting.accounts.throttle import count_guess
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import DomainError, InvalidInput, NotAllowed
from reporting.core.request_id import remote_address


class WrongPassword(DomainError):
    """User name and password do not belong together; deliberately silent about which of them is wrong."""

    code = "wrong_password"
    http_status = 403


class TooManyAttempts(DomainError):
    """Too many wrong passwords from here; waiting a few minutes helps."""

    code = "too_many_attempts"
    http_status = 429


_REFUSED = {
    "login": AuditAct.LOGIN_FAILED,
    "signing": AuditAct.SIGNATURE_REFUSED,
    "token": AuditAct.TOKEN_REFUSED,
}
"""What a wrong password is called, by what it was given for."""


def _check(purpose: str, username: str, password: str) -> User:
    """The active account that ``username`` and ``password`` open. Runs outside any transaction: failures must stay."""
    guess = count_guess(purpose, username, remote_address.get())
    # For an unknown name Django hashes once all the same, so both answers take the same time.
    user = authenticate(username=username, password=password) if guess.allowed else None
    if isinstance(user, User):
        guess.succeeded()
        return user
    known = User.objects.filter(username=username).first()
    if not guess.allowed:
        raise TooManyAttempts(_("Too many failed attempts. Please wait five minutes and try again."))
    record(_REFUSED[purpose], by=None, about=known, outcome="refused", data={"reason": "wrong_password"})
    if guess.is_last_allowed:
        # Once per window, not per refused request: an attacker must not be able to fill the trail.
        record(AuditAct.LOGIN_THROTTLED, by=None, about=known, outcome="refused", data={"at": purpose})
    raise WrongPassword(_("User name and password do not match an account that may log in here."))


def authenticate_for_login(username: str, password: str) -> User:
    """The account to open a session for. Service accounts never get one.

    Raises :class:`WrongPassword` (same words for unknown, inactive and service accounts) or :class:`TooManyAttempts`.
    """
    user = _check("login", username, password)
    if user.role == Role.SERVICE:
        record(AuditAct.LOGIN_FAILED, by=None, about=user, outcome="refused", data={"reason": "service_account"})
        raise WrongPassword(_("User name and password do not match an account that may log in here."))
    record(AuditAct.LOGIN_SUCCEEDED, by=user, about=user)
    return user


def authenticate_for_signing(user: User, password: str) -> None:
    """Make the person behind a session prove themselves again. Call it before, not inside, the signing transaction.

    Raises :class:`WrongPassword` or :class:`TooManyAttempts`. Failed logins elsewhere do not count against it.
    """
    try:
        _check("signing", user.username, password)
    except WrongPassword as error:
        raise WrongPassword(_("The password is not right. Nothing was signed.")) from error


def authenticate_for_token(user: User, password: str) -> None:
    """The same before a program is let in with the person's rights. Guesses here do not count against signing."""
    try:
        _check("token", user.username, password)
    except WrongPassword as error:
        raise WrongPassword(_("The password is not right. No token was made.")) from error


def end_session(user: User) -> None:
    """Note that ``user`` logged out."""
    record(AuditAct.LOGOUT, by=user, about=user)


def _checked_username(username: str) -> str:
    username = username.strip()
    if not username or len(username) > 64 or not username.isprintable():
        raise InvalidInput(_("A user name has 1 to 64 printable characters"))
    if User.objects.filter(username__iexact=username).exists():
        raise InvalidInput(_("This user name is taken"))
    return username


@transaction.atomic
def create_user(
    *,
    username: str,
    full_name: str,
    role: Role,
    section: str = "",
    language: str = "en",
    password: str = "",
    by: User | None,
) -> tuple[User, str]:
    """Make an account; returns it with its password, which is stored nowhere readable.

    ``by`` is the administrator, or ``None`` for the operator of the machine (management commands). Without
    ``password`` a random one is made: administrators do not choose passwords. Raises :class:`InvalidInput`.
    """
    if by is not None:
        require(by, Act.USER_MANAGE)
        if password:
            raise NotAllowed(_("Administrators do not choose passwords"))
    username = _checked_username(username)
    password = password or secrets.token_urlsafe(15)
    user = User(username=username, full_name=full_name, role=role, section=section, language=language)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from error
    user.set_password(password)
    user.save(force_insert=True)
    record(AuditAct.ROLE_GRANTED, by=by, about=user, data={"old": "", "new": role.value, "section": section})
    return user, password


@transaction.atomic
def grant_role(user: User, role: Role, *, by: User) -> User:
    """Give ``user`` another role; it holds from the next request of every open session.

    Raises :class:`NotAllowed` for one's own account: a role needs a second person.
    """
    require(by, Act.USER_MANAGE)
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.pk == by.pk:
        raise NotAllowed(_("A second administrator must change your role"))
    old, locked.role = locked.role, role.value
    locked.save(update_fields=["role"])
    record(AuditAct.ROLE_GRANTED, by=by, about=locked, data={"old": old, "new": role.value})
    return locked


@transaction.atomic
def set_active(user: User, active: bool, *, by: User) -> User:
    """Open or close an account; its history stays. Nobody closes or opens their own."""
    require(by, Act.USER_MANAGE)
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.pk == by.pk:
        raise NotAllowed(_("A second administrator must do this"))
    locked.is_active = active
    locked.save(update_fields=["is_active"])
    if not active:
        revoke_tokens(locked, by=by)
    record(AuditAct.ACCOUNT_OPENED if active else AuditAct.ACCOUNT_CLOSED, by=by, about=locked)
    return locked
