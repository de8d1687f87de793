"""The eight rates with intervals over patients. Disease is the positive class, here and everywhere in Dens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.estimate import Estimate
from inference.evaluation.patients import (
    MIN_PATIENTS,
    Floats,
    from_resamples,
    patient_weights,
    share,
    sums_per_patient,
)
from reporting.statistics.confusion import count, rates

POSITIVE_CLASS = "disease"


def clustered_rates(
    positive: NDArray[np.bool_], said: NDArray[np.bool_], patient: NDArray[np.int64], patients: int
) -> dict[str, Estimate]:
    """All eight rates with intervals over patients (numbered from 0 to ``patients`` − 1)."""

    def per_patient(places: NDArray[np.bool_]) -> Floats:
        return sums_per_patient(places.astype(np.float64), patient, patients)

    tp, fp = per_patient(positive & said), per_patient(~positive & said)
    fn, tn = per_patient(positive & ~said), per_patient(~positive & ~said)
    points = rates(count(positive, said))
    return {
        "ACC": share(tp + tn, tp + fp + fn + tn),
        "TPR": share(tp, tp + fn),
        "TNR": share(tn, tn + fp),
        "PPV": share(tp, tp + fp),
        "NPV": share(tn, tn + fn),
        "PLR": _likelihood_ratio(points["PLR"], (tp, tp + fn), (fp, tn + fp)),
        "NLR": _likelihood_ratio(points["NLR"], (fn, tp + fn), (tn, tn + fp)),
        "F1": share(2 * tp, 2 * tp + fp + fn),
    }


def _likelihood_ratio(point: float | None, above: tuple[Floats, Floats], below: tuple[Floats, Floats]) -> Estimate:
    """A quotient of two rates, each (hits, chances) per patient."""
    if point is None:
        return Estimate(None, note="a denominator is 0")
    if len(above[0]) < MIN_PATIENTS:
        return Estimate(point, note="no interval: too few patients")
    weights = patient_weights(len(above[0]))
    with np.errstate(divide="ignore", invalid="ignore"):
        upper, lower = ((weights @ hits) / (weights @ chances) for hits, chances in (above, below))
        draws = upper / lower
    return from_resamples(point, draws)
