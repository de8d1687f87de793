"""Where a finding is rated, and when a number means disease. Pure; the same for readers, algorithm and truth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from reporting.reader_studies.words import Scale

Place = tuple[str, str]
"""Level and side; an empty level is the whole case, an empty side no side."""


class RatedSomewhere(Protocol):
    """As much of a rated finding as places and signs need."""

    scale: str
    levels: list[str]
    sides: list[str]
    positive_from: float | None


def places_of(finding: RatedSomewhere) -> Iterator[Place]:
    """Every level and side at which the finding is rated, in the order of the design."""
    for level in finding.levels or [""]:
        for side in finding.sides or [""]:
            yield level, side


def is_positive(finding: RatedSomewhere, value: float) -> bool:
    """Whether a reader's ``value`` means disease."""
    least = 1.0 if finding.scale == Scale.LOCATION else finding.positive_from
    return least is not None and value >= least


def is_truly_positive(finding: RatedSomewhere, value: float) -> bool:
    """Whether a reference value means disease. There is no confidence in the truth: it is 0 or 1."""
    return value >= 1 if finding.scale == Scale.CONFIDENCE else is_positive(finding, value)
