"""Intervals of curves and calibration from summaries are those of the rows, with patients as clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from reporting.department_audit.kinds import DECILES, MILLIONTHS, PROBABILITY_BINS
from reporting.department_audit.measures import bin_of, tenth_of
from reporting.department_audit.scores import FEW_CALLED, ScoreFigure
from reporting.statistics.arrays import Bools, Floats, Ints, sums_by
from reporting.statistics.calibration import calibration
from reporting.statistics.clusters import mean_estimate, share_estimate
from reporting.statistics.moments import Moments
from reporting.statistics.results import Estimate, Scope

SCOPE = Scope("thickened", "level")


@dataclass(frozen=True)
class Rows:
    p: Floats
    truth: Bools
    patient: Ints

    def share(self, hit: Bools, chance: Bools) -> Estimate:
        size = int(self.patient.max()) + 1
        return share_estimate(sums_by(self.patient, size, hit), sums_by(self.patient, size, chance))


def drawn(patients: int, seed: int = 5) -> Rows:
    """One to nine rows a patient, alike within a patient: its illness and how sure the machine is of it."""
    rng = np.random.default_rng(seed)
    each = rng.integers(1, 10, patients)
    patient = np.repeat(np.arange(patients), each)
    ill, sure = rng.random(patients) < 0.5, rng.normal(0, 0.8, patients)
    truth = rng.random(len(patient)) < np.where(ill, 0.7, 0.15)[patient]
    logit = np.where(truth, 1.2, -1.2) + sure[patient] + rng.normal(0, 1.0, len(patient))
    return Rows(np.round(1 / (1 + np.exp(-logit)), 6), truth, patient)


def summed(rows: Rows) -> ScoreFigure:
    """What summaries keep of the rows."""
    size = int(rows.patient.max()) + 1
    column = np.where(rows.truth, tenth_of(rows.p), DECILES + tenth_of(rows.p))
    counts = np.zeros((size, 2 * DECILES))
    np.add.at(counts, (rows.patient, column), 1)
    tenths = counts[:, :DECILES] + counts[:, DECILES:]
    fine = [np.bincount(bin_of(rows.p[which]), minlength=PROBABILITY_BINS) for which in (rows.truth, ~rows.truth)]
    who = {
        "any": size,
        "positives": int((counts[:, :DECILES].sum(axis=1) > 0).sum()),
        "negatives": int((counts[:, DECILES:].sum(axis=1) > 0).sum()),
        **{f"tenth_{place}": int((tenths[:, place] > 0).sum()) for place in range(DECILES)},
    }
    sums = np.rint(np.bincount(tenth_of(rows.p), weights=rows.p * MILLIONTHS, minlength=DECILES)).astype(np.int64)
    errors = int(np.rint(((rows.p - rows.truth) ** 2 * MILLIONTHS).sum()))
    return ScoreFigure("", size, size, SCOPE, fine[0], fine[1], Moments.of(counts), who, sums, errors)


def bounds(one: Estimate) -> list[float]:
    assert None not in (one.value, one.low, one.high), one
    return [float(bound) for bound in (one.value, one.low, one.high) if bound is not None]


def test_rates_of_a_threshold_have_the_rows_interval_exactly_at_tenths_and_closely_between() -> None:
    rows = drawn(400)
    points = {point.threshold: point for point in summed(rows).points()}
    for threshold, tolerance in ((0.1, 1e-9), (0.3, 1e-9), (0.5, 1e-9), (0.9, 1e-9), (0.35, 0.006), (0.72, 0.006)):
        called, point = rows.p >= threshold, points[threshold]
        assert bounds(point.tpr) == pytest.approx(bounds(rows.share(rows.truth & called, rows.truth)), abs=tolerance)
        true_negative = ~rows.truth & ~called
        assert bounds(point.tnr) == pytest.approx(bounds(rows.share(true_negative, ~rows.truth)), abs=tolerance)
        # How many patients have a call is known from below only: the interval is no narrower for it.
        of_calls = rows.share(rows.truth & called, called)
        assert point.ppv.value == pytest.approx(of_calls.value)
        assert bounds(point.ppv) == pytest.approx(bounds(of_calls), abs=0.008)


def test_rates_at_both_ends_of_the_curve_are_0_or_1_with_one_sided_bounds() -> None:
    first, *_rest, last = summed(drawn(60)).points()
    assert (first.tpr.value, first.tpr.high, first.tnr.value, first.tnr.low) == (1.0, 1.0, 0.0, 0.0)
    assert first.tpr.low is not None
    assert 0.9 < first.tpr.low < 1.0
    assert (last.tpr.value, last.tnr.value) == (0.0, 1.0)
    assert (last.ppv.value, last.ppv.note) == (None, "no positive calls")


def test_brier_score_and_mean_probability_have_the_rows_interval() -> None:
    rows = drawn(400)
    figure, size = summed(rows), 400
    errors = (rows.p - rows.truth) ** 2
    expected = mean_estimate(sums_by(rows.patient, size, errors), sums_by(rows.patient, size))
    assert bounds(figure.brier()) == pytest.approx(bounds(expected), abs=0.002)
    for one in figure.calibration():
        inside = (rows.p >= one.low) & (rows.p < one.high)
        mean = mean_estimate(
            sums_by(rows.patient, size, rows.p * inside), sums_by(rows.patient, size, inside.astype(float))
        )
        assert bounds(one.predicted) == pytest.approx(bounds(mean), abs=0.002)


def test_the_calibration_error_has_the_interval_of_resampled_patients() -> None:
    rows = drawn(400)
    expected = calibration(rows.p, rows.truth, SCOPE, patient=rows.patient)["ECE"]
    found = summed(rows).calibration_error()
    assert bounds(found) == pytest.approx(bounds(expected), abs=0.008)
    assert summed(rows).calibration_error() == found


def test_rows_of_one_patient_more_alike_make_wider_intervals() -> None:
    """The same rows as so many patients of one row each: what counting rows alone would claim."""
    rows = drawn(400)
    apart = summed(Rows(rows.p, rows.truth, np.arange(len(rows.p))))
    clustered = summed(rows)
    for of in (ScoreFigure.brier, ScoreFigure.auc):
        assert (of(clustered).se or 0) > 1.15 * (of(apart).se or 0)


def test_one_patient_one_class_or_few_calls_have_a_value_and_a_reason() -> None:
    alone = summed(Rows(np.array([0.2, 0.4, 0.95]), np.array([False, True, True]), np.zeros(3, dtype=np.int64)))
    for one in (alone.brier(), alone.points()[5].tpr, alone.calibration()[0].predicted):
        assert one.value is not None
        assert one.note == "no interval: one patient"
    assert alone.calibration_error().note == "no interval: fewer than 3 patients"
    assert alone.points()[0].ppv.note == FEW_CALLED
    one_class = summed(Rows(np.array([0.2, 0.4, 0.6]), np.zeros(3, dtype=bool), np.arange(3)))
    assert one_class.points()[0].tpr.note == "no positives"
    assert one_class.auc().note == "one class is missing"
