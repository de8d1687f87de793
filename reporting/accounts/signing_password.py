"""A password given for signing counts for a few minutes in the session that gave it."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from reporting.accounts.models import User
from reporting.accounts.services import authenticate_for_signing

_GIVEN_AT = "signing_password_given_at"


def given_at(session: SessionBase, valid_s: float) -> datetime | None:
    """When this session last gave the right password for signing, if that was at most ``valid_s`` seconds ago."""
    stamp = session.get(_GIVEN_AT)
    if not isinstance(stamp, float):
        return None
    moment = datetime.fromtimestamp(stamp, UTC)
    age_s = (timezone.now() - moment).total_seconds()
    return moment if 0 <= age_s <= valid_s else None


def prove(session: SessionBase, user: User, password: str, *, valid_s: float) -> datetime:
    """Check ``password``, or without one rely on a proof of ``valid_s`` seconds; returns when the proof was given.

    Call it outside the signing transaction, so that a wrong password stays counted when that is undone.
    Raises ``WrongPassword`` or ``TooManyAttempts``.
    """
    recent = given_at(session, valid_s)
    if not password and recent is not None:
        return recent
    authenticate_for_signing(user, password)
    now = timezone.now()
    session[_GIVEN_AT] = now.timestamp()
    return now
