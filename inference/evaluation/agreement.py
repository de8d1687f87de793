"""Agreement of two numbers of one place: mean absolute error, and Bland and Altman's bias and limits.

Several places of one patient: the limits use the variance between and within patients (Bland & Altman 2007), the
intervals resample patients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from inference.evaluation.estimate import Estimate
from inference.evaluation.patients import (
    MIN_PATIENTS,
    Floats,
    from_resamples,
    patient_weights,
    ratio,
    sums_per_patient,
)
from reporting.statistics.bland_altman import total_sd

Z = float(norm.ppf(0.975))


@dataclass(frozen=True)
class Agreement:
    """Of found − true. ``slope``: how the difference grows per unit of the mean of both (proportional bias)."""

    places: int
    patients: int
    mae: Estimate
    bias: Estimate
    sd: float | None
    limits: tuple[float, float] | None
    slope: Estimate


def agreement(found: Floats, true: Floats, patient: NDArray[np.int64], patients: int) -> Agreement:
    """Compare ``found`` with ``true``, place by place (patients are numbered from 0)."""
    difference = found - true
    ones = sums_per_patient(np.ones(len(difference)), patient, patients)
    sd = total_sd(difference, patient)
    bias = ratio(sums_per_patient(difference, patient, patients), ones)
    limits = None if sd is None or bias.value is None else (bias.value - Z * sd, bias.value + Z * sd)
    return Agreement(
        places=len(difference),
        patients=int(np.count_nonzero(ones)),
        mae=ratio(sums_per_patient(np.abs(difference), patient, patients), ones),
        bias=bias,
        sd=sd,
        limits=limits,
        slope=_slope((found + true) / 2, difference, patient, patients),
    )


def _slope(middle: Floats, difference: Floats, patient: NDArray[np.int64], patients: int) -> Estimate:
    """Least-squares slope of the difference on the mean of both."""
    sums = np.stack(
        [
            sums_per_patient(values, patient, patients)
            for values in (np.ones(len(middle)), middle, difference, middle**2, middle * difference)
        ]
    )

    def slope(totals: Floats) -> Floats:
        n, x, y, xx, xy = totals
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((n * xy - x * y) / (n * xx - x * x))

    if len(middle) < 3 or np.ptp(middle) < 1e-9:
        return Estimate(None, note="no spread")
    value = float(slope(sums.sum(axis=1)))
    if patients < MIN_PATIENTS:
        return Estimate(value, note="no interval: too few patients")
    return from_resamples(value, slope((patient_weights(patients) @ sums.T).T))
