"""Ties an answer to the values it was given about: when they change, the question is asked again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from reporting.reports.places import Place
from reporting.reports.sheet import Sheet


def fingerprint(sheet: Sheet, code: str, places: Iterable[Place]) -> str:
    """SHA-256 over the code of a question and the values of the places it is about."""
    values = sorted((str(p), sheet.at(p).state.value, sheet.at(p).value) for p in set(places))
    return hashlib.sha256(json.dumps([code, values], ensure_ascii=True).encode()).hexdigest()
