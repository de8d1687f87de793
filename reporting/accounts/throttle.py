"""Slow down password guessing without handing out a way to lock a colleague out.

Failures are counted per account *and* address, and per address; never per account alone, so somebody elsewhere cannot
close a named doctor's account. Guesses at the login page and at signing are counted apart.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from reporting.accounts.models import LoginAttempt

WINDOW = timedelta(minutes=5)
FAILURES_PER_ACCOUNT_AND_ADDRESS = 5
FAILURES_PER_ADDRESS = 50
_KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Guess:
    """One password about to be checked, counted as a failure until :meth:`succeeded` says otherwise.

    Counting first closes the race in which many parallel guesses all see a low count.
    """

    attempt: LoginAttempt
    allowed: bool
    is_last_allowed: bool

    def succeeded(self) -> None:
        """Forget the failures of this account at this address."""
        LoginAttempt.objects.filter(
            username_sha256=self.attempt.username_sha256, remote_address=self.attempt.remote_address
        ).delete()


def count_guess(purpose: str, username: str, remote_address: str) -> Guess:
    """Reserve a guess. A refused one leaves no trace, so that hammering does not prolong the wait (at most WINDOW)."""
    digest = hashlib.sha256(f"{purpose}:{username.casefold()}".encode()).hexdigest()
    now = timezone.now()
    LoginAttempt.objects.filter(at__lt=now - _KEPT_FOR).delete()
    attempt = LoginAttempt.objects.create(username_sha256=digest, remote_address=remote_address or None)
    recent = LoginAttempt.objects.filter(at__gt=now - WINDOW, remote_address=attempt.remote_address)
    of_account = recent.filter(username_sha256=digest).count()
    of_address = recent.count()
    allowed = of_account <= FAILURES_PER_ACCOUNT_AND_ADDRESS and of_address <= FAILURES_PER_ADDRESS
    if not allowed:
        attempt.delete()
    is_last = of_account == FAILURES_PER_ACCOUNT_AND_ADDRESS or of_address == FAILURES_PER_ADDRESS
    return Guess(attempt, allowed, is_last)
