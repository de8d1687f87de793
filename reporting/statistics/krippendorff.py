"""Krippendorff's alpha for nominal, ordinal, interval and ratio values, with missing ones; patients are resampled.

α = 1 − D_o/D_e from the matrix of coincidences (Krippendorff, Content Analysis, 3rd ed. 2013, chapter 12). "Ordinal"
here is Krippendorff's distance of ranks; it is not Gwet's coefficient with ordinal weights.
"""

from __future__ import annotations

from itertools import permutations
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from reporting.statistics.arrays import Floats, Ints, floats, numbered, sums_by
from reporting.statistics.bootstrap import BOOTSTRAP_SEED, RESAMPLES, affordable, percentile_estimate, resampled_sums
from reporting.statistics.rating_kinds import kinds_of
from reporting.statistics.results import Result, Scope, undefined

Metric = Literal["nominal", "ordinal", "interval", "ratio"]
METRICS: tuple[Metric, ...] = ("nominal", "ordinal", "interval", "ratio")


def krippendorff_alpha(
    ratings: ArrayLike,
    values: ArrayLike,
    scope: Scope,
    *,
    metric: Metric = "nominal",
    patient: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = BOOTSTRAP_SEED,
) -> Result:
    """``ratings``: (subjects, readers), numbers of grades in ``values`` (−1: missing). ``patient``: whose subject."""
    grades = np.asarray(ratings, dtype=np.int64)
    scale = floats(values)
    if grades.size and grades.max() >= len(scale):
        raise ValueError("a grade is not in the grade list")
    if metric == "ratio" and np.any(scale < 0):
        raise ValueError("a ratio scale has no negative values")
    paired = (grades >= 0).sum(axis=1) >= 2
    # Without patients every subject is drawn alone: subjects read alike are drawn as one kind, by its frequency.
    owner, owners = numbered(patient) if patient is not None else _kinds(grades, len(scale))
    often = sums_by(owner, owners)
    resamples = affordable(resamples, owners)
    sums = _coincidences(grades[paired], owner[paired], owners, len(scale))

    def alpha(totals: Floats) -> Floats:
        return _alpha(totals.reshape(-1, len(scale), len(scale)), scale, metric)

    if not paired.any():
        found = undefined("no subject has two ratings")
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            value = float(alpha(sums.sum(axis=0, keepdims=True))[0])
        if np.isnan(value):
            found = undefined("everyone used one and the same grade")
        else:
            if patient is None:
                drawn = np.random.default_rng([seed, len(grades)]).multinomial(
                    len(grades), often / len(grades), resamples
                )
                draws = alpha(drawn @ (sums / often[:, None]))
            else:
                draws = resampled_sums(sums, alpha, resamples, seed)
            found = percentile_estimate(value, draws, level, owners if patient is not None else len(grades))
    return Result(
        "krippendorff_alpha",
        f"{metric} distances over {len(scale)} values; percentile bootstrap of "
        f"{'subjects' if patient is None else 'patients'}, {resamples} resamples, seed {seed}",
        scope,
        {
            "subjects": len(grades),
            "subjects_with_two_ratings": int(paired.sum()),
            "ratings_used": int((grades[paired] >= 0).sum()),
            "resampled_units": owners if patient is not None else len(grades),
        },
        {"alpha": found},
        level=level,
    )


def _kinds(grades: Ints, categories: int) -> tuple[Ints, int]:
    kinds, index = kinds_of(grades, categories)
    return index, len(kinds)


def _coincidences(grades: Ints, owner: Ints, owners: int, q: int) -> Floats:
    """Coincidences per owner, shape (owners, q·q): ordered pairs of ratings within a subject over (ratings − 1)."""
    found = np.zeros(owners * q * q)
    given = (grades >= 0).sum(axis=1)
    for one, other in permutations(range(grades.shape[1]), 2):
        both = (grades[:, one] >= 0) & (grades[:, other] >= 0)
        cell = (owner[both] * q + grades[both, one]) * q + grades[both, other]
        found += np.bincount(cell, weights=1 / (given[both] - 1), minlength=len(found))
    return found.reshape(owners, q * q)


def _alpha(observed: Floats, values: Floats, metric: Metric) -> Floats:
    """One alpha per matrix of coincidences, shape (…, q, q); NaN where nothing can differ."""
    margins = observed.sum(axis=-1)
    n = margins.sum(axis=-1)
    distance = _distances(margins, values, metric)
    seen = (observed * distance).sum(axis=(-2, -1))
    by_chance = (margins[..., :, None] * margins[..., None, :] * distance).sum(axis=(-2, -1))
    return floats(np.where(by_chance > 1e-12, 1 - (n - 1) * seen / np.where(by_chance > 1e-12, by_chance, 1), np.nan))


def _distances(margins: Floats, values: Floats, metric: Metric) -> Floats:
    a, b = values[:, None], values[None, :]
    if metric == "nominal":
        return floats(a != b)
    if metric == "interval":
        return floats((a - b) ** 2)
    if metric == "ratio":
        total = a + b
        return floats(np.where(total > 0, (a - b) / np.where(total > 0, total, 1), 0.0) ** 2)
    below = np.cumsum(margins, axis=-1) - margins / 2  # middle rank of each value
    return floats((below[..., :, None] - below[..., None, :]) ** 2)
