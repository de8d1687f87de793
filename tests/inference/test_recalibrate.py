"""Probabilities fitted on whole studies: surer or less sure, never another decision, never on evaluated patients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inference.evaluation.records import Place, StudyRecord
from inference.evaluation.seeds import SeedError, refuse_seen
from inference.training import calibrate
from inference.training.recalibrate import recalibrated, uncalibrated
from inference.weights import WeightsCard


def said(probability: float, positive: bool) -> Place:
    return Place("lf", "C5/6", "left", positive, 3.0, probability=probability, threshold=0.4, said_positive=None)


def record_of(places: list[Place]) -> StudyRecord:
    return StudyRecord(key={}, seed=8000, condition="gap", vendor="siemens", places=tuple(places))


def test_probabilities_fitted_on_whole_studies_change_no_decision() -> None:
    rng = np.random.default_rng(5)
    honest = rng.normal(0.0, 2.0, 4000)
    positive = rng.random(4000) < calibrate.sigmoid(honest)
    timid = calibrate.sigmoid(honest / 3.0)
    places = [said(float(p), bool(is_one)) for p, is_one in zip(timid, positive, strict=True)]
    card = WeightsCard("lf", "0", "2", "synthetic images", seeds={"train": "1..9"}, temperature=2.0, threshold=0.4)
    fitted = recalibrated(card, [record_of(places)], range(8000, 8016))
    assert fitted.temperature == pytest.approx(2.0 / 3.0, rel=0.1)
    assert fitted.threshold is not None
    surer = calibrate.sigmoid(np.log(timid / (1 - timid)) * card.temperature / fitted.temperature)
    assert ((surer >= fitted.threshold) == (timid >= 0.4)).mean() > 0.999  # the threshold is rounded
    assert dict(fitted.seeds) == {"train": "1..9", "calibration": "8000..8015"}


def test_sizes_fitted_on_whole_studies_come_nearer_to_the_truth() -> None:
    rng = np.random.default_rng(6)
    true = np.concatenate([rng.uniform(0, 1.5, 300), rng.uniform(2.5, 7, 60)])
    overrated = np.maximum(1.25 * true - 0.2 + rng.normal(0, 0.1, len(true)), 0)
    places = [
        Place("lf", "C5/6", "left", bool(size > 2), float(size), probability=0.5, threshold=0.4, mm=float(mm))
        for size, mm in zip(true, overrated, strict=True)
    ]
    card = WeightsCard("lf", "0", "2", "phantoms", threshold=0.4)
    fitted = recalibrated(card, [record_of(places)], range(8000, 8001))
    served = np.array([fitted.size_mm(float(mm)) for mm in overrated])
    assert np.abs(served - true).mean() < 0.12 < 0.25 < np.abs(overrated - true).mean()
    assert fitted.size_mm(-5.0) == fitted.size_mm(5.0)
    again = recalibrated(
        fitted, [record_of([replace(p, mm=float(m)) for p, m in zip(places, served, strict=True)])], range(1)
    )
    assert (again.size_scale, again.size_offset_mm) == pytest.approx(
        (fitted.size_scale, fitted.size_offset_mm), abs=0.01
    )


def test_patients_that_probabilities_were_fitted_on_are_not_evaluated() -> None:
    card = WeightsCard("lf", "0", "2", "phantoms", seeds={"train": "1..9", "calibration": "8000..8015"}, threshold=0.4)
    with pytest.raises(SeedError, match="8010 was a calibration patient"):
        refuse_seen(range(8010, 8012), [card])
    refuse_seen(range(8010, 8012), [uncalibrated(card)])


def test_without_disease_no_probability_can_be_fitted() -> None:
    card = WeightsCard("lf", "0", "2", "phantoms", threshold=0.4)
    with pytest.raises(ValueError, match="with and without disease"):
        recalibrated(card, [record_of([said(0.2, False)] * 5)], range(8000, 8001))
