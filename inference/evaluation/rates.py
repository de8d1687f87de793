"""The nine figures of the paper's table, from counts. Disease is the positive class, here and everywhere in Dens."""

from __future__ import annotations

from dataclasses import astuple, dataclass

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

RATES = ("ACC", "TPR", "TNR", "PPV", "NPV", "PLR", "NLR", "F1")
POSITIVE_CLASS = "disease"


@dataclass(frozen=True)
class Counts:
    """A confusion matrix with its positive class as rows say it: ``fn`` are positives that were called negative."""

    tp: int
    fp: int
    fn: int
    tn: int

    def swapped(self) -> Counts:
        """The same matrix with the other class as the positive one."""
        return Counts(self.tn, self.fn, self.fp, self.tp)


def rates(counts: Counts) -> dict[str, float | None]:
    """All eight rates; one whose denominator is 0 is ``None`` (a likelihood ratio that is infinite, too)."""
    tp, fp, fn, tn = astuple(counts)
    sensitivity, specificity = _over(tp, tp + fn), _over(tn, tn + fp)
    plr = nlr = None
    if sensitivity is not None and specificity is not None:
        plr, nlr = _over(sensitivity, 1 - specificity), _over(1 - sensitivity, specificity)
    return {
        "ACC": _over(tp + tn, tp + fp + fn + tn),
        "TPR": sensitivity,
        "TNR": specificity,
        "PPV": _over(tp, tp + fp),
        "NPV": _over(tn, tn + fn),
        "PLR": plr,
        "NLR": nlr,
        "F1": _over(2 * tp, 2 * tp + fp + fn),
    }


def count(positive: NDArray[np.bool_], said: NDArray[np.bool_]) -> Counts:
    return Counts(
        tp=int((positive & said).sum()),
        fp=int((~positive & said).sum()),
        fn=int((positive & ~said).sum()),
        tn=int((~positive & ~said).sum()),
    )


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


def _over(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator else None
