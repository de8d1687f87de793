"""What must be settled before a report may be signed (template.md T9). Pure; reads a sheet, returns every problem."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reporting.reports.consistency.comments import comments
from reporting.reports.consistency.completeness import details, levels, outside, required, suggestions
from reporting.reports.consistency.cord import canal_and_cord
from reporting.reports.consistency.herniations import foraminal, zones_and_sides
from reporting.reports.consistency.machine import operated_somewhere, postoperative, suspicions
from reporting.reports.consistency.numbers import numbers, slip_grade_of
from reporting.reports.consistency.problems import Checks, Problem, Severity, is_settled
from reporting.reports.consistency.urgency import critical
from reporting.reports.critical import SHIPPED, CriticalRules
from reporting.reports.sheet import Sheet

__all__ = ["Problem", "Severity", "find_problems", "is_settled", "slip_grade_of"]

_ALL: tuple[Callable[[Checks], Iterator[Problem]], ...] = (
    levels,
    outside,
    suggestions,
    details,
    canal_and_cord,
    numbers,
    foraminal,
    zones_and_sides,
    comments,
    required,
    postoperative,
    operated_somewhere,
    suspicions,
    critical,
)


def find_problems(sheet: Sheet, rules: CriticalRules = SHIPPED) -> list[Problem]:
    """Every problem, answered or not, in a fixed order. ``rules``: the critical list the report was opened with."""
    checks = Checks(sheet, rules)
    return [problem for check in _ALL for problem in check(checks)]
