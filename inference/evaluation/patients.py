"""Intervals that know that several places come from one patient: patients are resampled, never places.

A resample is a row of weights, how often each patient was drawn; every figure is computed from sums per patient, so
one matrix product gives all resamples. The seed is fixed and printed with the figures.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from inference.evaluation.estimate import Estimate, finite

RESAMPLES = 2000
BOOTSTRAP_SEED = 20261126
LEVEL = 0.95
MIN_PATIENTS = 3
MIN_DEFINED = 0.9  # share of resamples in which a figure must exist

Floats = NDArray[np.float64]


@lru_cache(maxsize=16)
def patient_weights(patients: int, resamples: int = RESAMPLES, seed: int = BOOTSTRAP_SEED) -> Floats:
    """How often each patient is drawn, shape (resamples, patients); every row sums to ``patients``."""
    rng = np.random.default_rng([seed, patients])
    weights = rng.multinomial(patients, np.full(patients, 1.0 / patients), size=resamples).astype(np.float64)
    weights.setflags(write=False)
    return weights


def sums_per_patient(values: Floats, patient: NDArray[np.int64], patients: int) -> Floats:
    """Sum of ``values`` per patient (patients are numbered from 0)."""
    return np.bincount(patient, weights=values, minlength=patients).astype(np.float64)


def from_resamples(value: float, draws: Floats, note: str = "") -> Estimate:
    """Percentile interval. Infinite draws stay in place; a figure undefined in too many resamples gets no interval."""
    point = finite(value)
    defined = draws[~np.isnan(draws)]
    if point is None or len(defined) < MIN_DEFINED * len(draws):
        return Estimate(point, note=note or "no interval: undefined in many resamples" if point is not None else note)
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(defined, [tail, 100 - tail], method="nearest")
    return Estimate(point, finite(float(low)), finite(float(high)), note)


def share(numerator: Floats, denominator: Floats) -> Estimate:
    """A proportion: sums per patient of hits and of chances. At 0 or 1 the bootstrap has no width; then every patient
    with a chance counts once and Wilson's interval is given."""
    chances = denominator.sum()
    if chances <= 0:
        return Estimate(None, note="nothing to count")
    value = float(numerator.sum() / chances)
    if value in (0.0, 1.0):
        counted = int((denominator > 0).sum())
        bounds = binomtest(round(value * counted), counted).proportion_ci(LEVEL, method="wilson")
        return Estimate(value, max(0.0, float(bounds.low)), min(1.0, float(bounds.high)), "Wilson over patients")
    return ratio(numerator, denominator)


def ratio(numerator: Floats, denominator: Floats) -> Estimate:
    """Ratio of two sums over patients, each given per patient."""
    if denominator.sum() == 0:
        return Estimate(None, note="nothing to count")
    value = float(numerator.sum() / denominator.sum())
    if np.count_nonzero(denominator) < MIN_PATIENTS:
        return Estimate(value, note="no interval: too few patients")
    weights = patient_weights(len(numerator))
    with np.errstate(divide="ignore", invalid="ignore"):
        draws = (weights @ numerator) / (weights @ denominator)
    return from_resamples(value, draws)
