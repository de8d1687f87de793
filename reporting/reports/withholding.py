"""Where a reader's own words turn the machine off: everywhere, or at the levels of an operation. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reporting.reports.places import Place
from reporting.vocabulary import DiscLevel, Vertebra

BY_READER = "withheld_by_reader"
OPERATED = "operated_level"
STOPS = (BY_READER, OPERATED)
"""Notes of machine statements that count for nothing since a reader said why."""
DECIDING_FIELDS = ("ai_withheld", "postop")


@dataclass(frozen=True)
class Stops:
    """``reasons``: why nothing of the machine counts; ``levels``: vertebrae and discs that an operation touched."""

    reasons: tuple[str, ...] = ()
    levels: frozenset[str] = frozenset()

    def note(self, place: Place) -> str:
        """Why the machine counts for nothing at ``place``, or nothing. A slip is measured against the one below."""
        if self.reasons:
            return BY_READER
        below = Vertebra(place.level).below if place.field == "slip" else None
        touched = {place.level, below.value if below is not None else ""}
        return OPERATED if touched & self.levels else ""

    def as_gate_reasons(self) -> dict[str, tuple[str, ...]]:
        """As the foot of a report names them, beside those of the input gate."""
        told = {"reader": tuple(f"reader_{reason}" for reason in self.reasons)}
        if self.levels:
            told["operated"] = (OPERATED,)
        return {key: reasons for key, reasons in told.items() if reasons}


def stops_of(said: Mapping[Place, object]) -> Stops:
    """From human values of :data:`DECIDING_FIELDS`; a place that has none is left out or ``None``."""
    reasons = said.get(Place("ai_withheld"))
    operated = {p.level for p, value in said.items() if p.field == "postop" and value not in (None, [], ["none"])}
    known = [vertebra.value for vertebra in Vertebra if vertebra.value in operated]
    return Stops(tuple(reasons) if isinstance(reasons, list) else (), frozenset(_touched(known)))


def _touched(vertebrae: Iterable[str]) -> Iterable[str]:
    for vertebra in vertebrae:
        yield vertebra
        yield from (d.value for d in DiscLevel if vertebra in (d.upper_vertebra.value, d.lower_vertebra.value))
