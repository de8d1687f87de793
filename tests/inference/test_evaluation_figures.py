"""Figures of the evaluation are right by hand; patients are the unit; what cannot be computed is undefined."""

from __future__ import annotations

import csv
import json
from typing import Any

import numpy as np
import pytest

from inference.evaluation.agreement import agreement
from inference.evaluation.calibration import clustered_error, reliability
from inference.evaluation.estimate import UNDEFINED, Estimate
from inference.evaluation.patients import ratio, share
from inference.evaluation.rates import clustered_rates
from inference.evaluation.roc import PairedPatients, auc_loss, clustered_auc, roc
from inference.evaluation.wording import estimate, number
from reporting.statistics import paper
from reporting.statistics.auc import auc_value
from reporting.statistics.bland_altman import total_sd
from reporting.statistics.calibration import expected_calibration_error
from reporting.statistics.confusion import Counts, rates
from reporting.vocabulary import MachineFinding
from tests.paths import shared_data


def case(name: str) -> dict[str, Any]:
    """A reference value computed elsewhere, with its inputs."""
    cases = json.loads(shared_data("stats", "expected.json").read_text(encoding="utf-8"))["cases"]
    return next(one for one in cases if one["id"] == name)


def test_the_papers_table_prints_normal_as_the_positive_class() -> None:
    reproduced = {
        row.finding: sum(
            value is not None and abs(value - row.printed[name]) < 0.00501
            for name, value in row.printed_orientation().items()
        )
        for row in paper.TABLE
    }
    assert reproduced == {
        MachineFinding.OSTEOPHYTE: 8,
        MachineFinding.SLIP: 7,
        MachineFinding.HERNIATION: 8,
        MachineFinding.PLL: 6,
        MachineFinding.LF: 5,
    }


def test_with_the_lesion_as_positive_sensitivity_and_specificity_change_places() -> None:
    slip = next(row for row in paper.TABLE if row.finding is MachineFinding.SLIP).lesion_positive()
    assert slip["TPR"] == 1.0
    assert slip["TNR"] == pytest.approx(16 / 21)
    assert slip["PPV"] == pytest.approx(4 / 9)
    assert slip["F1"] == pytest.approx(8 / 13)
    assert slip["PLR"] == pytest.approx(4.2)


def test_rates_agree_with_the_reference() -> None:
    inputs, expected = (case("dx.scott2008")[key] for key in ("inputs", "expected"))
    found = rates(Counts(*(inputs[cell] for cell in ("tp", "fp", "fn", "tn"))))
    names = {
        "TPR": "se",
        "TNR": "sp",
        "PPV": "ppv",
        "NPV": "npv",
        "ACC": "acc",
        "PLR": "lr_pos",
        "NLR": "lr_neg",
        "F1": "f1",
    }
    for name, reference in names.items():
        assert found[name] == pytest.approx(expected[reference]["est"], rel=1e-9)


def test_what_has_no_denominator_is_undefined_and_never_zero() -> None:
    nothing = np.zeros(4, dtype=bool)
    found = clustered_rates(nothing, nothing, np.arange(4), 4)
    assert found["TPR"].as_json()["value"] == UNDEFINED
    assert found["PPV"].value is None
    assert found["PLR"].value is None
    assert found["TNR"].value == 1.0
    assert clustered_auc(np.zeros(4), nothing, np.arange(4), 4).value is None
    assert Estimate(float("inf")).as_json()["value"] == UNDEFINED


def answers(patients: int, each: int, seed: int = 3) -> tuple[Any, Any, Any]:
    """Scores that know something, truth, and whose they are."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), each)
    positive = rng.random(patients * each) < 0.4
    skill = rng.normal(0, 0.6, patients)[patient]
    return rng.normal(0, 1, patients * each) + 1.2 * positive + skill, positive, patient


def test_copies_of_a_patients_places_add_no_certainty() -> None:
    scores, positive, patient = answers(20, 5)
    once = clustered_auc(scores, positive, patient, 20)
    tenfold = clustered_auc(np.tile(scores, 10), np.tile(positive, 10), np.tile(patient, 10), 20)
    assert tenfold == once
    said = scores > 0.6
    rate = clustered_rates(positive, said, patient, 20)["TPR"]
    assert clustered_rates(np.tile(positive, 10), np.tile(said, 10), np.tile(patient, 10), 20)["TPR"] == rate


def test_more_patients_make_the_interval_narrower() -> None:
    widths = []
    for patients in (15, 150):
        found = clustered_auc(*answers(patients, 5), patients)
        assert found.low is not None
        assert found.high is not None
        assert found.low < (found.value or 0) < found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 2


def test_the_spread_over_patients_agrees_with_obuchowski() -> None:
    expected = case("clustered.roc.toy")["expected"]
    with shared_data("stats", "data", "toy_levels_clustered.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = sorted({row["patient"] for row in rows})
    patient = np.array([names.index(row["patient"]) for row in rows])
    positive = np.array([row["truth"] == "1" for row in rows])
    for model, value, error in (("model_a", "auc_a", "se_a"), ("model_b", "auc_b", "se_b")):
        scores = np.array([float(row[model]) for row in rows])
        pairs = PairedPatients.of(scores, positive, patient, len(names))
        assert pairs.auc() == pytest.approx(expected[value], abs=1e-9)
        assert np.nanstd(pairs.resampled()) == pytest.approx(expected[error], rel=0.2)


def test_auc_counts_ties_half_and_is_never_turned_round() -> None:
    inputs, expected = (case("roc.hanley_mcneil_1982")[key] for key in ("inputs", "expected"))
    negative, positive = inputs["neg_counts_per_rating_1_to_5"], inputs["pos_counts_per_rating_1_to_5"]
    scores = np.repeat(np.tile(np.arange(5.0), 2), [*negative, *positive])
    truth = np.repeat([False, True], [sum(negative), sum(positive)])
    assert auc_value(scores, truth) == pytest.approx(expected["auc"], abs=1e-9)
    assert auc_value(-scores, truth) == pytest.approx(1 - expected["auc"], abs=1e-9)
    curve = roc(scores, truth, np.arange(len(scores)), len(scores))
    assert curve is not None
    assert np.trapezoid(curve.true_positive_rate, curve.false_positive_rate) == pytest.approx(expected["auc"], abs=1e-9)


def test_complete_separation_gets_no_interval_instead_of_one_without_width() -> None:
    positive = np.array([True, False] * 10)
    found = clustered_auc(positive.astype(float), positive, np.repeat(np.arange(10), 2), 10)
    assert found.value == 1.0
    assert found.low is None
    assert found.note


def test_a_rate_of_one_gets_the_interval_of_that_many_patients() -> None:
    found = share(np.full(20, 5.0), np.full(20, 5.0))  # 100 of 100, but 20 patients
    assert found.value == 1.0
    assert found.low == pytest.approx(0.8389, abs=1e-3)
    assert found.high == 1.0
    assert share(np.zeros(3), np.zeros(3)).value is None


def test_nothing_is_lost_against_oneself_and_a_coin_loses_what_was_known() -> None:
    scores, positive, patient = answers(30, 6)
    pairs = PairedPatients.of(scores, positive, patient, 30)
    same = auc_loss(pairs, pairs)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    coin = PairedPatients.of(np.random.default_rng(1).normal(size=len(scores)), positive, patient, 30)
    lost = auc_loss(pairs, coin)
    assert lost.value == pytest.approx(pairs.auc() - coin.auc())
    assert lost.low is not None
    assert lost.low > 0


def test_calibration_error_by_hand() -> None:
    probability = np.array([0.05, 0.05, 0.95, 0.95])
    positive = np.array([False, True, True, True])
    assert expected_calibration_error(probability, positive) == pytest.approx((2 * 0.45 + 2 * 0.05) / 4)
    bins = reliability(probability, positive)
    assert [(one.count, one.observed) for one in bins] == [(2, 0.5), (2, 1.0)]
    assert clustered_error(probability, positive, np.arange(4), 4).value == pytest.approx(0.25)


def test_limits_of_agreement_are_bland_and_altmans() -> None:
    inputs, expected = (case("ba.pefr_1986")[key] for key in ("inputs", "expected"))
    wright, mini = (np.array(inputs[name], dtype=float) for name in ("wright", "mini"))
    found = agreement(wright, mini, np.arange(len(wright)), len(wright))
    assert found.bias.value == pytest.approx(expected["bias"])
    assert found.sd == pytest.approx(expected["sd"])
    assert found.limits == pytest.approx(tuple(expected["loa"]))
    assert found.mae.value == pytest.approx(np.abs(wright - mini).mean())


def test_limits_know_that_places_of_one_patient_resemble_each_other() -> None:
    difference = np.array([1.0, 1.0, -1.0, -1.0, 3.0, 3.0])  # all spread lies between three patients
    patient = np.array([0, 0, 1, 1, 2, 2])
    assert total_sd(difference, patient) == pytest.approx(2.0)
    assert total_sd(difference, np.arange(6)) == pytest.approx(np.std(difference, ddof=1))
    assert total_sd(difference[:1], patient[:1]) is None


def test_a_growing_difference_has_a_slope() -> None:
    true = np.linspace(0, 8, 40)
    found = agreement(1.2 * true, true, np.repeat(np.arange(10), 4), 10)
    assert found.slope.value == pytest.approx(0.2 / 1.1)
    assert agreement(true + 0.3, true, np.repeat(np.arange(10), 4), 10).slope.value == pytest.approx(0.0, abs=1e-9)


def test_a_ratio_weighs_patients_by_their_places() -> None:
    found = ratio(np.array([1.0, 30.0, 2.0]), np.array([1.0, 10.0, 1.0]))
    assert found.value == pytest.approx(33 / 12)
    assert ratio(np.array([1.0]), np.array([2.0])) == Estimate(0.5, note="no interval: too few patients")


def test_figures_are_printed_so_that_signs_and_gaps_can_be_read() -> None:
    assert estimate({"value": 0.91234, "low": 0.88, "high": 0.94}) == "0.912 (0.880–0.940)"
    assert estimate({"value": -0.0001, "low": -0.02, "high": 0.01}) == "0.000 (−0.020 to 0.010)"
    assert estimate({"value": 4.2, "low": 1.5, "high": UNDEFINED}, 1) == "4.2 (1.5–undefined)"
    assert estimate({"value": UNDEFINED, "low": UNDEFINED, "high": UNDEFINED}) == "undefined"
    assert number(None) == "–"
