"""Reference cases computed elsewhere, with their tolerances; skipped with the reason where they are not present."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from hypothesis import settings

from reporting.statistics.results import Estimate, Scope
from tests.paths import shared_data

CASES = Scope(positive="disease", unit="case")
few = settings(max_examples=30, deadline=None)
GRADES = Scope(positive=None, unit="case")


@lru_cache(maxsize=1)
def _cases() -> dict[str, dict[str, Any]]:
    text = shared_data("stats", "expected.json").read_text(encoding="utf-8")
    return {one["id"]: one for one in json.loads(text)["cases"]}


class Case:
    """One reference case. ``agrees`` is the file's rule: |got − expected| ≤ abs + rel·|expected|."""

    def __init__(self, name: str) -> None:
        self.inputs: dict[str, Any] = _cases()[name]["inputs"]
        self.expected: dict[str, Any] = _cases()[name]["expected"]
        tolerance = _cases()[name]["tolerance"]
        self._digits = tolerance.get("print_precision", False)
        self._rel, self._abs = tolerance.get("rel", 0.0), tolerance.get("abs", 0.0)

    def agrees(self, got: float | None, expected: float, *, within: float | None = None) -> None:
        assert got is not None, f"undefined, expected {expected}"
        allowed = self._abs + self._rel * abs(expected) if within is None else within
        if self._digits:
            digits = len(str(expected).split("e")[0].partition(".")[2])
            allowed = 0.51 * 10.0**-digits * 10.0 ** (int(str(expected).partition("e")[2] or 0))
        assert abs(got - expected) <= allowed, f"got {got!r}, expected {expected!r}"

    def agree(self, got: Mapping[str, float | None], *path: str) -> None:
        """Every named figure against ``expected[path…][name]``."""
        expected = self.expected
        for step in path:
            expected = expected[step]
        for name, value in got.items():
            self.agrees(value, expected[name])

    def bounds(self, got: Estimate, expected: list[float], *, within: float | None = None) -> None:
        self.agrees(got.low, expected[0], within=within)
        self.agrees(got.high, expected[1], within=within)


def rows(*parts: str) -> list[dict[str, str]]:
    with shared_data("stats", *parts).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
