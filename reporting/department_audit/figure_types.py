"""Answers of the query interface: one group each, with its counts, and what follows from them with intervals.

Every one has ``value`` (the group of the breakdown, "" for all), ``reports`` and ``patients``. Intervals count
patients, not rows, unless a method says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from reporting.department_audit.kinds import MOST_EDITS, OUTCOMES, TENTHS, TIME_BINS, TIME_EDGES
from reporting.statistics.arrays import Floats, Ints, floats
from reporting.statistics.distributions import sd_bounds, t_of, t_test, z_of
from reporting.statistics.moments import ConfusionMoments, Moments
from reporting.statistics.results import Estimate, HypothesisTest, Result, Scope, undefined


@dataclass(frozen=True)
class Figure:
    value: str
    reports: int
    patients: int


@dataclass(frozen=True)
class ConfusionFigure(Figure):
    """The machine against a truth. ``scope`` names the positive class."""

    moments: ConfusionMoments
    scope: Scope

    def rates(self, level: float = 0.95) -> Result:
        """TP, FP, FN, TN and ACC, TPR, TNR, PPV, NPV, PLR, NLR, F1."""
        return self.moments.rates(self.scope, level=level)

    def share_positive(self, level: float = 0.95) -> Estimate:
        """How frequent the positive class is by the truth."""
        return self.moments.moments.share([1, 0, 1, 0], np.ones(4), self.patients, level, "rows")


@dataclass(frozen=True)
class OutcomeFigure(Figure):
    """What became of the machine's statements; shares are of all places."""

    counts: Mapping[str, int]
    moments: Moments

    @property
    def places(self) -> int:
        return sum(self.counts.values())

    def shares(self, level: float = 0.95) -> dict[str, Estimate]:
        n = len(OUTCOMES)
        return {
            name: self.moments.share(np.eye(n)[place], np.ones(n), self.patients, level, "places")
            for place, name in enumerate(OUTCOMES)
        }


_BOTH, _FIRST, _SECOND, _NEITHER = np.eye(4)


@dataclass(frozen=True)
class AgreementFigure(Figure):
    """Two human readings of the same places: ``counts`` both, first_only, second_only, neither positive."""

    counts: Mapping[str, int]
    moments: Moments

    def raw_agreement(self, level: float = 0.95) -> Estimate:
        return self.moments.share(_BOTH + _NEITHER, np.ones(4), self.patients, level, "places")

    def positive_agreement(self, level: float = 0.95) -> Estimate:
        """2a/(2a+b+c): how often one positive is confirmed by the other."""
        return self.moments.share(2 * _BOTH, 2 * _BOTH + _FIRST + _SECOND, self.patients, level, "positives")

    def negative_agreement(self, level: float = 0.95) -> Estimate:
        return self.moments.share(2 * _NEITHER, 2 * _NEITHER + _FIRST + _SECOND, self.patients, level, "negatives")

    def kappa(self, level: float = 0.95) -> Estimate:
        """Cohen's κ; SE linearised over patients. Not estimable when both say one thing only."""
        both, first, second, neither = self.moments.sums
        n = both + first + second + neither
        if n <= 0:
            return undefined("nothing to count")
        rows, columns = (both + first) / n, (both + second) / n
        agree, chance = (both + neither) / n, rows * columns + (1 - rows) * (1 - columns)
        if chance >= 1:
            return undefined("not estimable: one category only")
        value = (agree - chance) / (1 - chance)
        if self.patients < 2:
            return Estimate(value, note="no interval: one patient")
        d_rows, d_columns = (_BOTH + _FIRST - rows) / n, (_BOTH + _SECOND - columns) / n
        d_chance = d_rows * (2 * columns - 1) + d_columns * (2 * rows - 1)
        slope = (_BOTH + _NEITHER - agree) / n / (1 - chance) - (1 - agree) * d_chance / (1 - chance) ** 2
        se = math.sqrt(self.patients / (self.patients - 1) * self.moments.square(slope))
        if se <= 1e-9:
            return Estimate(value, note="no interval: patients do not vary")
        reach = z_of(level) * se
        return Estimate(value, max(-1.0, value - reach), min(1.0, value + reach), se, "linearised over patients")


@dataclass(frozen=True)
class SwitchFigure(Figure):
    """From the blind first read to the final one. Right and wrong only where there is a reference (``judged``)."""

    counts: Mapping[str, int]
    moments: Moments
    judged_patients: int

    @property
    def judged(self) -> int:
        names = ("right_right", "right_wrong", "wrong_right", "wrong_wrong")
        return sum(self.counts[name] for name in names)

    def shares(self, level: float = 0.95) -> dict[str, Estimate]:
        """kept … other of all places; right_right … wrong_wrong of the judged ones."""
        unit = np.eye(8)
        found = {}
        for place, name in enumerate(self.counts):
            under, patients = (unit[:4].sum(axis=0), self.patients) if place < 4 else (unit[4:].sum(axis=0), None)
            known = self.judged_patients if patients is None else patients
            found[name] = self.moments.share(unit[place], under, known, level, "places")
        return found

    def balance(self) -> HypothesisTest:
        """Whether switches to right outnumber those to wrong: clustered McNemar, z = Σ(c−b)/√Σ(cᵢ−bᵢ)² (Eliasziw 1991
        in its sandwich form)."""
        change = np.eye(8)[6] - np.eye(8)[5]
        spread = math.sqrt(self.moments.square(change))
        if not spread:
            return HypothesisTest("z", None, None, note="no switches, or nothing to judge them by")
        z = self.moments.total(change) / spread
        return HypothesisTest("z", z, math.erfc(abs(z) / math.sqrt(2)))


@dataclass(frozen=True)
class SizeFigure(Figure):
    """Machine minus signed size, in mm. ``points``: (mean, difference) of at most so many places, evenly chosen."""

    n: int
    moments: Moments
    d_squared: int
    points: tuple[tuple[float, float], ...] = ()

    def bias(self, level: float = 0.95) -> Estimate:
        return _scaled(self.moments.mean(_D, _N, self.patients, level), 1 / TENTHS)

    def sd(self, level: float = 0.95) -> Estimate:
        """Of one difference: mean square around the bias plus the bias' own variance over patients.

        Interval by χ² with patients as the number of observations: somewhat too wide where they have several.
        """
        if self.n < 2 or self.patients < 2:
            return undefined("needs two patients")
        bias = self.moments.total(_D) / self.n
        variance = self.d_squared / self.n - bias**2 + self.moments.ratio_variance(_D, _N, self.patients)
        value = math.sqrt(max(0.0, variance)) / TENTHS
        if value <= 1e-9:
            return Estimate(0.0, note="no interval: no spread")
        return Estimate(value, *sd_bounds(value, self.patients, level), method="chi-square, one value a patient")

    def limits(self, level: float = 0.95) -> tuple[Estimate, Estimate]:
        """Bias −/+ 1.96 SD; SE by Bland & Altman 1999 with patients as the number of observations."""
        bias, sd = self.bias(level), self.sd()
        if bias.value is None or sd.value is None:
            return undefined("needs two patients"), undefined("needs two patients")
        z, k = z_of(0.95), self.patients
        se = sd.value * math.sqrt(1 / k + z * z / (2 * (k - 1)))
        reach = t_of(level, k - 1) * se
        low, high = (bias.value + sign * z * sd.value for sign in (-1, 1))
        return tuple(Estimate(one, one - reach, one + reach, se, "t over patients") for one in (low, high))  # type: ignore[return-value]

    def slope(self, level: float = 0.95) -> tuple[Estimate, HypothesisTest]:
        """Difference on mean of both (proportional bias); SE robust to patients."""
        nothing = HypothesisTest("t", None, None, note="no spread, or fewer than three patients")
        n, s2, d, s22, s2d = self.moments.sums
        k = self.patients
        if k < 3 or n <= 0:
            return undefined("no spread, or fewer than three patients"), nothing
        middle, mean_d = s2 / n, d / n
        sxx = s22 - n * middle**2
        if sxx < 1e-9:
            return undefined("no spread, or fewer than three patients"), nothing
        slope = (s2d - middle * d) / sxx
        # Σ(x − x̄)(d − d̄ − β(x − x̄)) of one patient, as a linear form of the patient's sums.
        form = np.array(
            [
                middle * mean_d - slope * middle**2,
                -mean_d + 2 * slope * middle,
                -middle,
                -slope,
                1.0,
            ]
        )
        se = math.sqrt(k / (k - 1) * self.moments.square(form)) / sxx
        if se < 1e-12:
            return Estimate(2 * slope, note="no interval: no spread around the line"), nothing
        reach = t_of(level, k - 1) * se
        # x was twice the mean.
        estimate = Estimate(2 * slope, 2 * (slope - reach), 2 * (slope + reach), 2 * se, "t over patients")
        return estimate, t_test(slope, se, k - 1)


_N, _D = np.eye(5)[0], np.eye(5)[2]
CUT_AT_0 = "interval cut at 0"


@dataclass(frozen=True)
class ProcessFigure(Figure):
    """How reports came about. Histograms: seconds in bins of :data:`kinds.TIME_EDGES`, edits 0 … 20 and more."""

    moments: Moments
    with_machine_patients: int
    received_to_signed: Ints
    shown_to_signed: Ints
    edits: Ints

    def edits_per_report(self, level: float = 0.95) -> Estimate:
        """A mean of counts: what of its interval lies below 0 is cut away, and said."""
        mean = self.moments.mean(np.eye(4)[1], np.eye(4)[0], self.patients, level)
        return replace(mean, low=0.0, note=CUT_AT_0) if mean.low is not None and mean.low < 0 else mean

    def all_stood(self, level: float = 0.95) -> Estimate:
        """Share of the reports with machine values in which every one of them stood."""
        over, under = np.eye(4)[3], np.eye(4)[2]
        return self.moments.share(over, under, self.with_machine_patients, level, "reports with machine values")

    @property
    def with_machine(self) -> int:
        return round(float(self.moments.sums[2]))

    def time_to_sign(self, quantile: float = 0.5, *, since: str = "shown", level: float = 0.95) -> Estimate:
        """Seconds from first opened (``shown``) or from received to signed; see ``time_quantile``."""
        histogram = self.shown_to_signed if since == "shown" else self.received_to_signed
        return time_quantile(histogram, quantile, level, self.patients / self.reports if self.reports else 1.0)

    @property
    def edits_histogram(self) -> dict[str, int]:
        names = [*(str(n) for n in range(MOST_EDITS)), f"{MOST_EDITS}+"]
        return dict(zip(names, self.edits.tolist(), strict=True))


def time_quantile(histogram: Ints, quantile: float, level: float = 0.95, patients_a_report: float = 1.0) -> Estimate:
    """Read off a histogram of ten bins a decade, log-linear within a bin.

    Interval by order statistics of as many reports as there are patients: it holds however alike a patient's times are.
    """
    n = int(histogram.sum())
    if not n:
        return undefined("no times are known")
    reach = z_of(level) * math.sqrt(quantile * (1 - quantile) / (n * patients_a_report))
    value, low, high = (
        _at(histogram, min(1.0, max(0.0, one))) for one in (quantile, quantile - reach, quantile + reach)
    )
    return Estimate(value, low, high, method="order statistics, one report a patient; read off a histogram")


def _at(histogram: Ints, share: float) -> float:
    cumulative: Floats = floats(np.cumsum(histogram))
    target = share * cumulative[-1]
    place = min(int(np.searchsorted(cumulative, target)), TIME_BINS - 1)
    before = float(cumulative[place - 1]) if place else 0.0
    inside = (target - before) / max(1.0, float(histogram[place]))
    low = TIME_EDGES[place - 1] if place else 0.5
    high = TIME_EDGES[place] if place < len(TIME_EDGES) else TIME_EDGES[-1] * 10**0.1
    return float(low * (high / low) ** min(1.0, max(0.0, inside)))


def _scaled(estimate: Estimate, by: float) -> Estimate:
    def scaled(value: float | None) -> float | None:
        return None if value is None else value * by

    value, low, high, se = (scaled(one) for one in (estimate.value, estimate.low, estimate.high, estimate.se))
    return Estimate(value, low, high, se, estimate.method, estimate.note)
