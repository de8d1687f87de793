"""Agreement of two or more readers on grades: raw, Fleiss, Conger, Gwet, Krippendorff and Brennan–Prediger together.

Shown together because each is misleading alone: kappa falls with a rare grade where readers agree well (Feinstein &
Cicchetti 1990), and Gwet's coefficient does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from reporting.statistics.agreement_weights import Weights, agreement_weights
from reporting.statistics.arrays import Floats, Ints, floats, sums_by
from reporting.statistics.chance_corrected import (
    COEFFICIENTS,
    NOBODY,
    ONE_GRADE,
    chance_corrected,
    linearised,
    observed_agreement,
    with_interval,
)
from reporting.statistics.distributions import z_test
from reporting.statistics.rating_kinds import kinds_of
from reporting.statistics.results import Estimate, HypothesisTest, Result, Scope, undefined


@dataclass(frozen=True)
class Ratings:
    """Kinds of subject: the grade of every reader (−1: missing) and how many subjects were read like that."""

    kinds: Ints
    frequency: Floats
    categories: int
    unrated: int

    @classmethod
    def of(cls, ratings: ArrayLike, categories: int) -> Ratings:
        """``ratings``: (subjects, readers), grades numbered from 0, −1 where a reader gave none."""
        grades = np.asarray(ratings, dtype=np.int64)
        if grades.ndim != 2:
            raise ValueError("ratings must have one row per subject and one column per reader")
        if grades.size and (grades.max() >= categories or grades.min() < -1):
            raise ValueError("a grade is not in the grade list")
        rated = (grades >= 0).any(axis=1)
        kinds, index = kinds_of(grades[rated], categories)
        return cls(kinds, sums_by(index, len(kinds)), categories, int(np.count_nonzero(~rated)))

    @property
    def counts(self) -> Floats:
        """Ratings of each grade per kind of subject."""
        found = np.zeros((len(self.kinds), self.categories))
        row, reader = np.nonzero(self.kinds >= 0)
        np.add.at(found, (row, self.kinds[row, reader]), 1)
        return found


def reader_agreement(
    ratings: ArrayLike, categories: int, scope: Scope, *, weights: Weights = "unweighted", level: float = 0.95
) -> Result:
    """All coefficients of (subjects, readers) grades numbered from 0 (−1: missing), with linearised SE, t intervals."""
    read = Ratings.of(ratings, categories)
    w = agreement_weights(categories, weights)
    counts = read.counts
    base = grade_counts_agreement(counts, scope, weights=weights, frequency=read.frequency, level=level)
    readers = read.kinds.shape[1]
    return Result(
        "reader_agreement",
        base.method,
        scope,
        {**base.counts, "readers": readers, "subjects_without_rating": read.unrated},
        {**base.estimates, "conger": _conger(read, w, level)},
        base.tests,
        level=level,
        notes=base.notes,
    )


def grade_counts_agreement(
    counts: ArrayLike,
    scope: Scope,
    *,
    weights: Weights = "unweighted",
    frequency: ArrayLike | None = None,
    level: float = 0.95,
) -> Result:
    """The same from counts per subject and grade, when it is not known who gave which (so without Conger's)."""
    table = floats(counts)
    often = np.ones(len(table)) if frequency is None else floats(frequency)
    w = agreement_weights(table.shape[1], weights)
    given = table.sum(axis=1)
    pairs = given >= 2
    raw = (
        Estimate(observed_agreement(table[given > 0], w, often[given > 0])[0], note="nothing taken off for chance")
        if pairs.any()
        else undefined(NOBODY)
    )
    found = {"agreement": raw} | {
        name: chance_corrected(table, w, name, frequency=often, level=level) for name in COEFFICIENTS
    }
    return Result(
        "reader_agreement",
        f"{weights} weights over {table.shape[1]} grades; linearised variance, t interval",
        scope,
        {
            "subjects": int(often[given > 0].sum()),
            "subjects_with_two_ratings": int(often[pairs].sum()),
            "ratings": int(often @ given),
        },
        found,
        {"fleiss_against_chance": _null_test(table, often)} if weights == "unweighted" else {},
        level=level,
        notes=("the test of Fleiss' kappa uses the SE under chance: no interval comes from it",),
    )


def _null_test(table: Floats, often: Floats) -> HypothesisTest:
    """z with the SE under chance (Fleiss, Nee & Landis, Psychol Bull 1979;86:974); equal numbers of ratings only."""
    given = table.sum(axis=1)
    kappa = chance_corrected(table, np.eye(table.shape[1]), "fleiss", frequency=often).value
    sizes = np.unique(given[given > 0])
    if kappa is None or len(sizes) != 1 or sizes[0] < 2:
        return HypothesisTest("z", None, None, note="not estimable: needs the same number of ratings for all, and two")
    r, n = float(sizes[0]), float(often[given > 0].sum())
    p = often @ table / (often @ given)
    spread = float((p * (1 - p)).sum())
    variance = 2 * (spread**2 - float((p * (1 - p) * (1 - 2 * p)).sum())) / (n * r * (r - 1) * spread**2)
    return z_test(kappa, math.sqrt(variance) if variance > 0 else math.nan)


def _conger(read: Ratings, w: Floats, level: float) -> Estimate:
    """Chance agreement from each reader's own margins (Conger, Psychol Bull 1980;88:322)."""
    grades, often = read.kinds, read.frequency
    readers, n = grades.shape[1], often.sum()
    counts = read.counts
    if not (counts.sum(axis=1) >= 2).any():
        return undefined(NOBODY)
    given = (grades >= 0).astype(np.float64)
    per_reader = often @ given
    if np.any(per_reader == 0):
        return undefined("a reader gave no rating")
    chosen = (grades[:, :, None] == np.arange(read.categories)).astype(np.float64)
    margins = np.einsum("s,srk->rk", often, chosen) / per_reader[:, None]
    others = margins.sum(axis=0) - margins
    expected = float(np.einsum("rk,kl,rl->", others, w, margins)) / (readers * (readers - 1))
    influence = (n / per_reader)[None, :, None] * (chosen - given[:, :, None] * margins) + margins
    own = np.einsum("rk,kl,srl->s", others, w, influence) / (readers * (readers - 1))
    found = linearised(counts, often, observed_agreement(counts, w, often), expected, floats(own))
    return undefined(ONE_GRADE) if found is None else with_interval(found, often, level)
