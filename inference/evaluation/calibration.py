"""Whether a probability of 0.8 means disease in eight of ten places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from inference.evaluation.estimate import Estimate
from inference.evaluation.patients import MIN_PATIENTS, Floats, from_resamples, patient_weights
from reporting.statistics.calibration import BINS, bin_of, expected_calibration_error


@dataclass(frozen=True)
class Bin:
    """``count`` places with mean probability ``predicted``; disease is present in a share of ``observed``."""

    count: int
    predicted: float
    observed: float
    low: float
    high: float


def clustered_error(
    probabilities: Floats, positive: NDArray[np.bool_], patient: NDArray[np.int64], patients: int
) -> Estimate:
    """Expected calibration error with an interval over patients (resampling adds scatter: it lies a little high)."""
    value = expected_calibration_error(probabilities, positive)
    if np.isnan(value) or patients < MIN_PATIENTS:
        return Estimate(None if np.isnan(value) else value, note="no interval: too few patients")
    gaps = np.zeros((patients, BINS))
    np.add.at(gaps, (patient, bin_of(probabilities)), probabilities - positive)
    places = np.bincount(patient, minlength=patients).astype(np.float64)
    weights = patient_weights(patients)
    with np.errstate(divide="ignore", invalid="ignore"):
        draws = np.abs(weights @ gaps).sum(axis=1) / (weights @ places)
    return from_resamples(value, draws)


def reliability(probabilities: Floats, positive: NDArray[np.bool_]) -> list[Bin]:
    """Filled bins, with Wilson's interval of the frequency (places counted as independent)."""
    index = bin_of(probabilities)
    found = []
    for number in np.unique(index):
        inside = index == number
        hits, count = int(positive[inside].sum()), int(inside.sum())
        bounds = binomtest(hits, count).proportion_ci(method="wilson")
        predicted = float(probabilities[inside].mean())
        found.append(Bin(count, predicted, hits / count, max(0.0, float(bounds.low)), min(1.0, float(bounds.high))))
    return found
