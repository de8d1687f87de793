"""Agreement of any number of readers, corrected for chance, with missing ratings: one form for five coefficients.

(p_a − p_e)/(1 − p_e) with p_a the weighted agreement of pairs of ratings within subjects that have two or more. They
differ in p_e. Variance by linearisation over subjects, t interval with n − 1 df (Gwet, Handbook of Inter-Rater
Reliability, 4th ed. 2014, chapters 3 to 5). Subjects are given as kinds: counts per grade and how many have them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reporting.statistics.arrays import Floats, floats
from reporting.statistics.distributions import t_of
from reporting.statistics.results import Estimate, undefined

Coefficient = Literal["gwet", "fleiss", "krippendorff", "brennan_prediger"]
COEFFICIENTS: tuple[Coefficient, ...] = ("fleiss", "gwet", "krippendorff", "brennan_prediger")
ONE_GRADE = "everyone used one and the same grade"
NOBODY = "no subject has two ratings"


@dataclass(frozen=True)
class Linearised:
    """A coefficient, and what each kind of subject contributes: their mean over subjects is the coefficient."""

    value: float
    contributions: Floats


def chance_corrected(
    counts: Floats, w: Floats, coefficient: Coefficient, *, frequency: Floats | None = None, level: float = 0.95
) -> Estimate:
    """``counts``: (kinds of subject, grades), how many ratings of each grade; ``w``: weights of agreement."""
    frequency = np.ones(len(counts)) if frequency is None else frequency
    rated = (counts.sum(axis=1) > 0) & (frequency > 0)
    counts, frequency = counts[rated], frequency[rated]
    pairs = counts.sum(axis=1) >= 2
    if not pairs.any():
        return undefined(NOBODY)
    if counts.shape[1] < 2:
        return undefined("the grade list has fewer than two grades")
    df = float(frequency.sum()) - 1  # irrCAC counts subjects with one rating here, also for Krippendorff's
    if coefficient == "krippendorff":
        frequency = frequency[pairs]
        found = _krippendorff(counts[pairs], w, frequency)
    else:
        found = _by_marginals(counts, w, frequency, coefficient)
    if found is None:
        return undefined(ONE_GRADE)
    return with_interval(found, frequency, level, df)


def with_interval(found: Linearised, frequency: Floats, level: float, df: float | None = None) -> Estimate:
    """t interval from the spread of the contributions (n − 1 df unless given), cut at 1."""
    n = float(frequency.sum())
    if n < 2:
        return Estimate(found.value, note="no interval: one subject")
    variance = float(frequency @ (found.contributions - found.value) ** 2) / (n * (n - 1))
    if variance <= 1e-18:
        return Estimate(found.value, note="no interval: no spread")
    se = math.sqrt(variance)
    reach = t_of(level, n - 1 if df is None else df) * se
    high = found.value + reach
    note = "interval cut at 1" if high > 1 else ""
    return Estimate(found.value, found.value - reach, min(1.0, high), se, "t, linearised variance", note)


def pair_agreement(counts: Floats, w: Floats) -> Floats:
    """Σ_k r_k (Σ_l w_kl r_l − 1) per kind of subject: weighted agreement of its ordered pairs of ratings."""
    return floats((counts * (counts @ w.T - 1)).sum(axis=1))


def observed_agreement(counts: Floats, w: Floats, frequency: Floats) -> tuple[float, Floats]:
    """p_a over subjects with two ratings or more, and each kind's contribution to it (0 with fewer)."""
    ratings = counts.sum(axis=1)
    pairs = ratings >= 2
    own = np.where(pairs, pair_agreement(counts, w) / np.where(pairs, ratings * (ratings - 1), 1), 0.0)
    return float(frequency @ own / frequency[pairs].sum()), own


def linearised(
    counts: Floats, frequency: Floats, agreement: tuple[float, Floats], expected: float, own_expected: Floats | None
) -> Linearised | None:
    """The coefficient from its p_a and p_e; ``own_expected``: each kind's contribution to p_e, if that is estimated."""
    if 1 - expected < 1e-12:
        return None
    observed, own = agreement
    pairs = counts.sum(axis=1) >= 2
    value = (observed - expected) / (1 - expected)
    n, with_pairs = frequency.sum(), frequency[pairs].sum()
    contributions = (n / with_pairs) * (own - expected * pairs) / (1 - expected)
    if own_expected is not None:
        contributions = contributions - 2 * (1 - value) * (own_expected - expected) / (1 - expected)
    return Linearised(value, floats(contributions))


def _by_marginals(counts: Floats, w: Floats, frequency: Floats, coefficient: Coefficient) -> Linearised | None:
    """Gwet: p_e = T_w/(q(q−1)) Σπ(1−π); Fleiss: Σ w π π; Brennan–Prediger: T_w/q²."""
    q = counts.shape[1]
    shares = counts / counts.sum(axis=1, keepdims=True)
    pi = frequency @ shares / frequency.sum()
    agreement = observed_agreement(counts, w, frequency)
    if coefficient == "gwet":
        factor = w.sum() / (q * (q - 1))
        expected, own = float(factor * (pi * (1 - pi)).sum()), floats(factor * (shares @ (1 - pi)))
        return linearised(counts, frequency, agreement, expected, own)
    if coefficient == "fleiss":
        return linearised(counts, frequency, agreement, float(pi @ w @ pi), floats(shares @ ((w + w.T) @ pi) / 2))
    return linearised(counts, frequency, agreement, float(w.sum() / q**2), None)


def _krippendorff(counts: Floats, w: Floats, frequency: Floats) -> Linearised | None:
    """Krippendorff's alpha in Gwet's form: subjects with one rating are out, p_a has the small-sample term 1/Σr."""
    ratings = counts.sum(axis=1)
    n = frequency.sum()
    total = float(frequency @ ratings)
    mean = total / n
    pi = frequency @ counts / total
    expected = float(pi @ w @ pi)
    if 1 - expected < 1e-12:
        return None
    own = pair_agreement(counts, w) / (mean * (ratings - 1))
    observed = float(frequency @ own) / n
    value = ((1 - 1 / total) * observed + 1 / total - expected) / (1 - expected)
    plain = (observed - expected) / (1 - expected)
    excess = (ratings - mean) / mean
    agreement = own - observed * excess
    chance = counts @ ((w + w.T) @ pi) / 2 / mean - expected * excess
    contributions = (agreement - expected) / (1 - expected) - 2 * (1 - plain) * (chance - expected) / (1 - expected)
    return Linearised(value, floats(contributions - plain + value))
