"""What a check has to say: one thing to settle, and what settles it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reporting.reports.critical import CriticalRules
from reporting.reports.fingerprints import fingerprint
from reporting.reports.labels import place_label
from reporting.reports.places import Place
from reporting.reports.sheet import Sheet
from reporting.vocabulary import DiscLevel

DISC_LEVELS = [d.value for d in DiscLevel]


class Severity(StrEnum):
    BLOCK = "block"  # must be changed
    ASK = "ask"  # may be answered


@dataclass(frozen=True)
class Problem:
    """One thing to settle. An ``ask`` is settled by an answer with the same fingerprint."""

    code: str
    severity: Severity
    message: str
    places: tuple[Place, ...]
    fingerprint: str
    section: str = ""  # of the hand-edited paragraph it is about, with its language
    language: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "keys": [str(p) for p in self.places],
            "section": self.section,
            "language": self.language,
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True)
class Checks:
    sheet: Sheet
    rules: CriticalRules

    def name(self, place: Place) -> str:
        return place_label(self.sheet.template, place)

    def _problem(self, code: str, severity: Severity, message: str, *places: Place) -> Problem:
        return Problem(code, severity, message, places, fingerprint(self.sheet, code, places))

    def block(self, code: str, message: str, *places: Place) -> Problem:
        return self._problem(code, Severity.BLOCK, message, *places)

    def ask(self, code: str, message: str, *places: Place) -> Problem:
        return self._problem(code, Severity.ASK, message, *places)


def is_settled(problem: Problem, answers: dict[tuple[str, str], str]) -> bool:
    """Whether an answer to exactly this question was given. A critical question needs yes or no, not "not now"."""
    answer = answers.get((problem.code, problem.fingerprint))
    if problem.severity is Severity.BLOCK:
        return False
    return answer in ("yes", "no") if problem.code.startswith("critical.") else answer == "accepted"
