"""New UIDs, new patient identifiers and shifted dates, drawn from a key: the same within a purpose, strangers across.

Whoever has the key of a purpose can tell whether a given patient is in its data; without it nobody can, and data of two
purposes cannot be joined.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, timedelta

_LEAST_SHIFT_DAYS, _SHIFTS = 366, 3287
"""Dates move back by one to ten years."""
FORMER_AGE = 90
"""Ages of 90 and more are told as 90."""
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no I, O, 0, 1


@dataclass(frozen=True)
class Pseudonyms:
    """``key``: of one purpose, see :func:`purpose_key`. ``patient``: whose objects these are, any text."""

    key: bytes
    patient: str

    def uid(self, uid: str) -> str:
        """The UID that stands for ``uid``: 2.25 and a number of 128 bits (PS3.5 B.2)."""
        return f"2.25.{int.from_bytes(self._digest('uid', uid.strip(chr(0) + ' '))[:16], 'big')}"

    @property
    def patient_id(self) -> str:
        """Twelve characters, 60 bits."""
        digest = self._digest("patient", self.patient)
        return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:12])

    @property
    def shift(self) -> timedelta:
        """By how much this patient's dates are moved: always back, always whole days."""
        number = int.from_bytes(self._digest("days", self.patient)[:8], "big")
        return timedelta(days=-(_LEAST_SHIFT_DAYS + number % _SHIFTS))

    def date(self, day: date) -> date:
        """Raises ``OverflowError`` for a date in the first ten years of the calendar."""
        return day + self.shift

    def _digest(self, kind: str, text: str) -> bytes:
        return hmac.new(self.key, f"{kind}:{text}".encode(), hashlib.sha256).digest()


def purpose_key(master: str, purpose: str) -> bytes:
    """The key of one purpose. It may be handed to a process that must not learn the others."""
    return hmac.new(master.encode(), f"deidentification:{purpose}".encode(), hashlib.sha256).digest()


def told_age(years: float) -> int:
    """Whole years, as they may be told."""
    return min(int(years), FORMER_AGE)
