"""Sums over patients say what the rows say."""

from __future__ import annotations

import numpy as np
import pytest

from reporting.statistics.clustered_rates import clustered_rates
from reporting.statistics.clusters import mean_estimate
from reporting.statistics.moments import ConfusionMoments, Moments
from reporting.statistics.results import Estimate, Scope

SCOPE = Scope("lesion", "level")


def _same(one: Estimate, other: Estimate) -> None:
    assert one.note == other.note
    assert one.method == other.method
    for name in ("value", "low", "high", "se"):
        assert getattr(one, name) == (
            None if getattr(other, name) is None else pytest.approx(getattr(other, name), rel=1e-9)
        )


def _per_patient(truth: np.ndarray, said: np.ndarray, patient: np.ndarray) -> np.ndarray:
    cells = np.stack([truth & said, ~truth & said, truth & ~said, ~truth & ~said], axis=1).astype(int)
    return np.stack([cells[patient == one].sum(axis=0) for one in np.unique(patient)])


@pytest.mark.parametrize("seed", range(8))
def test_moments_give_the_clustered_rates_of_the_rows(seed: int) -> None:
    draw = np.random.default_rng(seed)
    rows = int(draw.integers(3, 200))
    patient = draw.integers(0, draw.integers(1, 40), rows)
    truth = draw.random(rows) < draw.choice([0.05, 0.4])
    said = truth ^ (draw.random(rows) < 0.2)
    expected = clustered_rates(truth, said, patient, SCOPE)
    found = ConfusionMoments.of(_per_patient(truth, said, patient)).rates(SCOPE)
    assert found.counts == expected.counts
    for name, estimate in expected.estimates.items():
        _same(found[name], estimate)


@pytest.mark.parametrize(
    ("truth", "said", "patient"),
    [
        ([], [], []),
        ([True, True], [True, False], [1, 2]),  # one class
        ([True, False, True], [True, True, False], [1, 1, 1]),  # one patient
        ([False, False], [False, False], [1, 2]),  # nothing found, nothing missed
    ],
)
def test_moments_say_undefined_where_the_rows_do(truth: list[bool], said: list[bool], patient: list[int]) -> None:
    columns = np.array(truth, bool), np.array(said, bool), np.array(patient, int)
    expected = clustered_rates(*columns, SCOPE)
    counts = _per_patient(*columns) if patient else np.zeros((0, 4))
    found = ConfusionMoments.of(counts).rates(SCOPE)
    for name, estimate in expected.estimates.items():
        _same(found[name], estimate)


def test_a_mean_from_moments_is_the_mean_over_patients() -> None:
    draw = np.random.default_rng(3)
    sums, rows = draw.integers(-50, 50, 30), draw.integers(1, 6, 30)
    found = Moments.of(np.stack([sums, rows], axis=1)).mean([1, 0], [0, 1], 30)
    _same(found, mean_estimate(sums.astype(float), rows.astype(float)))
