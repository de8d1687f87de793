"""Bootstrap of patients: a patient is drawn with all rows. The seed and the number of resamples are always named.

Efron & Tibshirani 1993; percentile intervals. A resample is a row of weights, how often each patient was drawn, so a
figure made of sums per patient needs one matrix product for all resamples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from reporting.statistics.arrays import Floats, Ints
from reporting.statistics.results import Estimate, undefined

RESAMPLES = 2000
FEWEST_RESAMPLES = 200
BOOTSTRAP_SEED = 20261126
MIN_PATIENTS = 3
MIN_DEFINED = 0.9  # share of resamples in which a figure must exist
_MOST_DRAWS = 2_000_000_000  # rows times resamples that are still worth waiting for
_BLOCK = 1_000_000  # weights held at a time


def affordable(resamples: int, rows: int) -> int:
    """``resamples``, fewer for very many rows (their intervals are narrow), never below 200 unless asked for fewer."""
    return min(resamples, max(FEWEST_RESAMPLES, _MOST_DRAWS // max(1, rows)))


def patient_weights(patients: int, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each patient is drawn, in blocks of shape (some resamples, patients); a row sums to ``patients``."""
    rng = np.random.default_rng([seed, patients])
    rows = max(1, _BLOCK // max(1, patients))
    for start in range(0, resamples, rows):
        drawn = rng.integers(0, patients, size=(min(rows, resamples - start), patients))
        flat = drawn + np.arange(len(drawn))[:, None] * patients
        counted = np.bincount(flat.reshape(-1), minlength=drawn.size)
        yield counted.reshape(drawn.shape).astype(np.float64)


def resampled_rows(patient: Ints, patients: int, resamples: int, seed: int) -> Iterator[Floats]:
    """The weight of every row in each resample."""
    for block in patient_weights(patients, resamples, seed):
        for weights in block:
            yield weights[patient]


def resampled_sums(
    sums: Floats, figure: Callable[[Floats], Floats], resamples: int = RESAMPLES, seed: int = BOOTSTRAP_SEED
) -> Floats:
    """``figure`` of each resample from its sums: ``sums`` has shape (patients, k), ``figure`` maps (r, k) to (r, …)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.concatenate([figure(block @ sums) for block in patient_weights(len(sums), resamples, seed)])


def percentile_estimate(value: float, draws: Floats, level: float, patients: int, note: str = "") -> Estimate:
    """Percentile interval; none with too few patients or where the figure is undefined in too many resamples."""
    if not math.isfinite(value):
        return undefined(note or "a denominator is 0, or a class is missing")
    if patients < MIN_PATIENTS:
        return Estimate(value, note=f"no interval: fewer than {MIN_PATIENTS} patients")
    defined = draws[~np.isnan(draws)]
    if len(defined) < MIN_DEFINED * len(draws) or not len(defined):
        return Estimate(value, note="no interval: undefined in many resamples")
    if bool(np.all(defined == defined[0])):
        return Estimate(value, note="no interval: every resample gives the same")
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(defined, [tail, 100 - tail], method="nearest")
    if math.isinf(low) or math.isinf(high):
        note = "; ".join(filter(None, [note, "a bound is infinite"]))
    se = float(np.std(defined, ddof=1)) if np.all(np.isfinite(defined)) else None
    return Estimate(value, float(low), float(high), se, "percentile bootstrap", note)
