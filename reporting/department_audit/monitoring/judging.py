"""Days against their baseline: the interval's seven days in a row, control limits, EWMA and CUSUM. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from reporting.department_audit.monitoring.measures import Measure, MeasureKind
from reporting.department_audit.monitoring_models import AlarmRule
from reporting.statistics.arrays import Floats, floats
from reporting.statistics.clusters import mean_estimate, share_estimate
from reporting.statistics.drift import cusum, ewma, p_chart
from reporting.statistics.proportions import proportion
from reporting.statistics.results import Estimate, Result, Scope

IN_A_ROW = 7
SIGMAS = 3.0
FEWEST_DAYS = 10
FEWEST_ROWS = 50
_ROUNDING = 1e-6
"""A parameter that never varies is the same whatever rounding does to a mean."""


@dataclass(frozen=True)
class Day:
    day: date
    n: int
    total: float

    @property
    def value(self) -> float:
        return self.total / self.n


@dataclass(frozen=True)
class Verdict:
    """A rule that the newest judged day breaks, and since when."""

    rule: AlarmRule
    first_day: date
    last_day: date
    figures: dict[str, Any]


@dataclass(frozen=True)
class Judgement:
    """``usual``: the baseline's value and its interval over days; ``points``: a row per day for chart and table."""

    usual: Estimate
    points: tuple[Mapping[str, Any], ...]
    verdicts: tuple[Verdict, ...]
    note: str = ""


def why_no_baseline(days: Sequence[Day], measure: Measure) -> str:
    """Why these days are too few to stand for "as usual", or nothing."""
    enough = [day for day in days if day.n >= measure.fewest]
    rows = sum(day.n for day in enough)
    if len(enough) < FEWEST_DAYS:
        return "too_few_days"
    return "too_few_rows" if rows < (FEWEST_ROWS if measure.kind is MeasureKind.SHARE else FEWEST_DAYS) else ""


def judge(
    measure: Measure, baseline: Sequence[Day], days: Sequence[Day], since: Mapping[AlarmRule, date] | None = None
) -> Judgement:
    """``days`` after the baseline, in order. ``since``: per rule the last day of its closed alarm; sums begin after it.

    Days with fewer rows than the measure asks for are left out: they neither break nor lengthen a row of days.
    """
    frozen = [day for day in baseline if day.n >= measure.fewest]
    judged = [day for day in days if day.n >= measure.fewest]
    usual = _usual(measure, frozen)
    sd = float(np.std([day.value for day in frozen], ddof=1)) if len(frozen) > 1 else 0.0
    if usual.value is None:
        return Judgement(usual, (), (), "no_baseline")
    low, high = _limits(measure, frozen, judged, usual.value, sd)
    found = [_in_a_row(judged, usual, _after(since, AlarmRule.SEVEN_DAYS))]
    found.append(_beyond(judged, low, high, usual, _after(since, AlarmRule.LIMITS)))
    for rule, ask in ((AlarmRule.EWMA, _ewma), (AlarmRule.CUSUM, _cusum)):
        start = _after(since, rule)
        of_rule = [day for day in judged if start is None or day.day > start]
        found.append(_last_beyond(rule, of_rule, ask(of_rule, usual.value, sd), usual) if sd > 0 else None)
    average = _ewma(judged, usual.value, sd).series["points"] if sd > 0 else [{"z": None} for _ in judged]
    points = tuple(
        {
            "day": day.day,
            "n": day.n,
            "total": day.total,
            "value": day.value,
            "low": float(a) if np.isfinite(a) else None,
            "high": float(b) if np.isfinite(b) else None,
            "ewma": row["z"],
        }
        for day, a, b, row in zip(judged, low, high, average, strict=True)
    )
    return Judgement(usual, points, tuple(one for one in found if one is not None))


def _usual(measure: Measure, frozen: Sequence[Day]) -> Estimate:
    totals, rows = floats([day.total for day in frozen]), floats([day.n for day in frozen])
    if measure.kind is MeasureKind.MEAN:
        return mean_estimate(totals, rows)
    if rows.sum() and totals.sum() in (0.0, rows.sum()):
        return proportion(float(totals.sum()), float(rows.sum()))  # days that never vary say nothing of their spread
    return share_estimate(totals, rows)


def _limits(
    measure: Measure, frozen: Sequence[Day], judged: Sequence[Day], center: float, sd: float
) -> tuple[Floats, Floats]:
    """Of each judged day: Laney's p′ for shares (days vary more than independent rows), 3 SD of days for means."""
    if measure.kind is MeasureKind.MEAN:
        reach = max(SIGMAS * sd, _ROUNDING * abs(center))
        return np.full(len(judged), center - reach), np.full(len(judged), center + reach)
    both = [*frozen, *judged]
    is_frozen = [True] * len(frozen) + [False] * len(judged)
    scope = Scope(None, str(measure.unit))
    chart = p_chart([d.total for d in both], [d.n for d in both], scope, baseline=is_frozen, limits="laney")
    rows = chart.series.get("points", ())[len(frozen) :]

    def column(name: str) -> Floats:
        cells: list[Any] = [np.nan if row[name] is None else row[name] for row in rows]
        return floats(cells)

    return column("lcl"), column("ucl")


def _in_a_row(judged: Sequence[Day], usual: Estimate, after: date | None) -> Verdict | None:
    last = [day for day in judged if after is None or day.day > after][-IN_A_ROW:]
    if len(last) < IN_A_ROW or usual.low is None or usual.high is None:
        return None
    above, below = all(day.value > usual.high for day in last), all(day.value < usual.low for day in last)
    if not above and not below:
        return None
    return Verdict(AlarmRule.SEVEN_DAYS, last[0].day, last[-1].day, _figures(last[-1], usual, usual.low, usual.high))


def _beyond(judged: Sequence[Day], low: Floats, high: Floats, usual: Estimate, after: date | None) -> Verdict | None:
    if not judged or (after is not None and judged[-1].day <= after):
        return None
    day, a, b = judged[-1], float(low[-1]), float(high[-1])
    if not (day.value < a or day.value > b):  # NaN: no limits
        return None
    return Verdict(AlarmRule.LIMITS, day.day, day.day, _figures(day, usual, a, b))


def _ewma(days: Sequence[Day], center: float, sd: float) -> Result:
    return ewma([day.value for day in days], Scope(None, "day"), center=center, sd=sd, sigmas=SIGMAS)


def _cusum(days: Sequence[Day], center: float, sd: float) -> Result:
    return cusum([day.value for day in days], Scope(None, "day"), center=center, sd=sd)


def _last_beyond(rule: AlarmRule, days: Sequence[Day], chart: Result, usual: Estimate) -> Verdict | None:
    rows = list(chart.series["points"])
    if not rows or not rows[-1]["beyond"]:
        return None
    first = len(rows) - 1
    while first and rows[first - 1]["beyond"]:
        first -= 1
    return Verdict(rule, days[first].day, days[-1].day, _figures(days[-1], usual, None, None))


def _figures(day: Day, usual: Estimate, low: float | None, high: float | None) -> dict[str, Any]:
    return {"value": day.value, "n": day.n, "total": day.total, "usual": usual.value, "low": low, "high": high}


def _after(since: Mapping[AlarmRule, date] | None, rule: AlarmRule) -> date | None:
    return None if since is None else since.get(rule)
