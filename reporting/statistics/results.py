"""What every statistic returns: figures with their intervals, what they were counted from, and what cannot be said.

Undefined is a value: ``None`` with the reason in ``note``. NaN and infinity never leave this module.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

UNDEFINED = "undefined"
SMALLEST_P = 1e-4

Cell = float | int | str | None


@dataclass(frozen=True)
class Scope:
    """What is counted. ``positive`` names the positive class (``None``: the statistic has none), ``unit`` one row."""

    positive: str | None
    unit: str


@dataclass(frozen=True)
class Estimate:
    """A figure, the bounds of its interval and its standard error; ``None`` is undefined and ``note`` says why."""

    value: float | None
    low: float | None = None
    high: float | None = None
    se: float | None = None
    method: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("value", "low", "high", "se"):
            object.__setattr__(self, name, finite(getattr(self, name)))
        if self.value is None and not self.note:
            object.__setattr__(self, "note", "not estimable")

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {name: shown_number(getattr(self, name)) for name in ("value", "low", "high")}
        if self.se is not None:
            shown["se"] = self.se
        return shown | {name: text for name in ("method", "note") if (text := getattr(self, name))}


@dataclass(frozen=True)
class HypothesisTest:
    """A test: its statistic (``kind``: z, t, F, chi2 or exact), degrees of freedom and two-sided p."""

    kind: str
    statistic: float | None
    p: float | None
    df: tuple[float, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("statistic", "p"):
            object.__setattr__(self, name, finite(getattr(self, name)))
        object.__setattr__(self, "df", tuple(float(one) for one in self.df if math.isfinite(one)))
        if self.p is None and not self.note:
            object.__setattr__(self, "note", "not estimable")

    def as_json(self) -> dict[str, Any]:
        shown = {
            "kind": self.kind,
            "statistic": shown_number(self.statistic),
            "df": list(self.df),
            "p": shown_p(self.p),
        }
        return shown | ({"note": self.note} if self.note else {})


@dataclass(frozen=True)
class Result:
    """A statistic with everything that is needed to read it; ``series`` are tables, such as the points of a curve."""

    statistic: str
    method: str
    scope: Scope
    counts: Mapping[str, int]
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    tests: Mapping[str, HypothesisTest] = field(default_factory=dict)
    series: Mapping[str, Sequence[Mapping[str, Cell]]] = field(default_factory=dict)
    level: float = 0.95
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Estimate:
        return self.estimates[name]

    def as_json(self) -> dict[str, Any]:
        """Plain data: ``"undefined"`` where nothing can be said, ``"<0.0001"`` for a p that small."""
        return {
            "statistic": self.statistic,
            "method": self.method,
            "positive_class": self.scope.positive,
            "unit": self.scope.unit,
            "counts": {name: int(number) for name, number in self.counts.items()},
            "interval_level": self.level,
            "estimates": {name: one.as_json() for name, one in self.estimates.items()},
            "tests": {name: one.as_json() for name, one in self.tests.items()},
            "series": {
                name: [{key: _shown_cell(cell) for key, cell in row.items()} for row in rows]
                for name, rows in self.series.items()
            },
            "notes": list(self.notes),
        }


def undefined(note: str) -> Estimate:
    return Estimate(None, note=note)


def finite(value: float | None) -> float | None:
    """``None`` for NaN and infinity."""
    return float(value) if value is not None and math.isfinite(value) else None


def shown_number(value: float | None) -> float | str:
    return UNDEFINED if value is None else value


def shown_p(p: float | None) -> float | str:
    """A p-value is never printed as 0."""
    if p is None:
        return UNDEFINED
    return "<0.0001" if p < SMALLEST_P else p


def _shown_cell(cell: Cell) -> Cell:
    if isinstance(cell, float):
        return shown_number(finite(cell))
    return UNDEFINED if cell is None else cell
