"""Areas under ROC curves: right against pROC, never turned round, honest at the ceiling and with one class."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.statistics.auc import Placements, auc, auc_value
from reporting.statistics.auc_tests import paired_auc_test, unpaired_auc_test
from reporting.statistics.roc_curve import Ranking, partial_auc, roc_curve
from tests.statistics.reference import CASES, Case, few, rows

rated = st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=0, max_size=14)


def columns(pairs: list[tuple[int, bool]]) -> tuple[Any, Any]:
    return np.array([float(score) for score, _ in pairs]), np.array([truth for _, truth in pairs], dtype=bool)


def asah(score: str) -> tuple[Any, Any]:
    patients = rows("data", "asah_men.csv")
    return np.array([float(one[score]) for one in patients]), np.array([one["outcome"] == "Poor" for one in patients])


@pytest.mark.parametrize("score", ["s100b", "wfns", "age"])
def test_auc_and_delongs_interval_agree_with_proc(score: str) -> None:
    case = Case(f"roc.asah_men.{score}")
    result = auc(*asah(score), CASES)
    case.agrees(result["AUC"].value, case.expected["auc"])
    case.agrees((result["AUC"].se or 0) ** 2, case.expected["var_delong"])
    case.bounds(result["AUC"], case.expected["ci95_delong"])
    case.bounds(auc(*asah(score), CASES, level=0.9)["AUC"], case.expected["ci90_delong"])
    assert result.counts["positives"] == case.expected["n_pos"]
    assert result.counts["negatives"] == case.expected["n_neg"]


@pytest.mark.parametrize("score", ["s100b", "wfns", "age"])
def test_the_best_point_agrees_with_proc(score: str) -> None:
    case = Case(f"roc.asah_men.{score}")
    expected = case.expected["youden"]
    scores, truth = asah(score)
    result = roc_curve(scores, truth, CASES)
    case.agrees(result["TPR"].value, expected["sensitivity"])
    case.agrees(result["TNR"].value, expected["specificity"])
    threshold = result["threshold"].value
    assert threshold is not None
    next_below = scores[scores < threshold].max()
    case.agrees((threshold + next_below) / 2, expected["threshold_midpoint_convention"])


@pytest.mark.parametrize(("a", "b"), [("s100b", "wfns"), ("s100b", "age"), ("wfns", "age")])
def test_two_scores_of_the_same_patients_agree_with_proc(a: str, b: str) -> None:
    case = Case(f"roc.asah_men.paired.{a}_vs_{b}")
    (first, truth), (second, _) = asah(a), asah(b)
    paired = paired_auc_test(first, second, truth, CASES)
    case.agrees(paired["difference"].value, case.expected["diff"])
    case.agrees(paired["covariance"].value, case.expected["cov"])
    case.bounds(paired["difference"], case.expected["diff_ci95"])
    case.agrees(paired.tests["difference"].statistic, case.expected["z"])
    case.agrees(paired.tests["difference"].p, case.expected["p"])
    unpaired = unpaired_auc_test(first, truth, second, truth, CASES).tests["difference"]
    wrongly = case.expected["if_wrongly_unpaired"]
    case.agrees(unpaired.statistic, wrongly["D"])
    case.agrees(unpaired.df[0], wrongly["df"])
    case.agrees(unpaired.p, wrongly["p"])


def test_a_rating_table_agrees_with_hanley_and_mcneil() -> None:
    case = Case("roc.hanley_mcneil_1982")
    below, above = case.inputs["neg_counts_per_rating_1_to_5"], case.inputs["pos_counts_per_rating_1_to_5"]
    scores = np.repeat(np.tile(np.arange(5.0), 2), [*below, *above])
    truth = np.repeat([False, True], [sum(below), sum(above)])
    result = auc(scores, truth, CASES)
    case.agrees(result["AUC"].value, case.expected["auc"])
    case.agrees((result["AUC"].se or 0) ** 2, case.expected["var_delong"])
    case.bounds(result["AUC"], case.expected["ci95_delong"])
    case.agrees(result["SE_Hanley_McNeil"].value, case.expected["se_hanley_mcneil"])


@few
@given(rated)
def test_auc_is_the_share_of_pairs_in_the_right_order(pairs: list[tuple[int, bool]]) -> None:
    scores, truth = columns(pairs)
    wins = [float(np.sign(p - q)) / 2 + 0.5 for p in scores[truth] for q in scores[~truth]]
    expected = np.mean(wins) if wins else math.nan
    assert auc_value(scores, truth) == pytest.approx(expected, nan_ok=True)
    assert auc_value(-scores, truth) == pytest.approx(1 - expected, nan_ok=True)
    curve = Ranking.of(scores, truth).curve()
    if wins:
        assert curve.area == pytest.approx(expected)
        assert curve.partial_area(0, 1) == pytest.approx(expected)
        assert curve.partial_area(0, 0.3) + curve.partial_area(0.3, 1) == pytest.approx(expected)


@few
@given(rated)
def test_delongs_variance_is_that_of_the_pairs(pairs: list[tuple[int, bool]]) -> None:
    scores, truth = columns(pairs)
    above, below = scores[truth], scores[~truth]
    if len(above) < 2 or len(below) < 2:
        assert math.isnan(Placements.of(scores, truth).variance)
        return
    wins = np.sign(above[:, None] - below[None, :]) / 2 + 0.5
    expected = wins.mean(axis=1).var(ddof=1) / len(above) + wins.mean(axis=0).var(ddof=1) / len(below)
    assert Placements.of(scores, truth).variance == pytest.approx(expected, abs=1e-12)


@few
@given(rated, st.sampled_from(["delong", "logit"]))
def test_no_column_makes_an_area_fail(pairs: list[tuple[int, bool]], interval: str) -> None:
    scores, truth = columns(pairs)
    result = auc(scores, truth, CASES, interval=interval)  # type: ignore[arg-type]
    area = result["AUC"]
    assert (area.value is None) == (truth.all() or not truth.any())
    if area.low is not None:
        assert area.high is not None
        assert 0 <= area.low <= (area.value or 0) <= area.high <= 1
    elif area.value is not None:
        assert area.note
    roc_curve(scores, truth, CASES).as_json()
    paired = paired_auc_test(scores, scores, truth, CASES)
    assert paired.tests["difference"].p is None


def test_a_score_that_points_the_wrong_way_prints_its_small_area() -> None:
    scores, truth = asah("s100b")
    assert auc(-scores, truth, CASES)["AUC"].value == pytest.approx(1 - 0.772727272727273)


def test_complete_separation_has_no_interval_instead_of_one_without_width() -> None:
    truth = np.array([True, False] * 6)
    area = auc(truth * 1.0, truth, CASES)["AUC"]
    assert (area.value, area.low) == (1.0, None)
    assert "separated" in area.note


def test_an_interval_past_one_is_cut_and_says_so_and_logit_stays_inside() -> None:
    truth = np.repeat([True, False], 6)
    scores = np.array([9, 8, 7, 6, 5, 2, 4, 3, 2, 1, 0, 0.0])
    plain, logit = (auc(scores, truth, CASES, interval=kind)["AUC"] for kind in ("delong", "logit"))
    assert plain.high == 1.0
    assert "cut" in plain.note
    assert logit.high is not None
    assert logit.high < 1


def test_missing_scores_are_left_out_and_counted() -> None:
    truth = np.array([True, False, True, False, True])
    scores = np.array([3, 1, math.nan, 2, 0.5])
    result = auc(scores, truth, CASES)
    assert result.counts == {"positives": 2, "negatives": 2, "missing": 1}
    assert auc(np.full(5, math.nan), truth, CASES)["AUC"].value is None


def test_a_partial_area_by_hand_and_standardised() -> None:
    truth = np.repeat([True, False], 10)
    scores = np.concatenate([np.full(8, 2.0), np.zeros(2), [3.0], np.full(9, 1.0)])
    # FPR 0.1 before any positive is found, then TPR 0.8 up to FPR 1.
    result = partial_auc(scores, truth, CASES, low=0.8, high=1.0, resamples=200)
    assert result["partial_AUC"].value == pytest.approx(0.08)
    assert result["standardised"].value == pytest.approx((1 + (0.08 - 0.02) / (0.2 - 0.02)) / 2)
    other = partial_auc(scores, truth, CASES, low=0.0, high=1.0, focus="sensitivity", resamples=200)
    assert other["partial_AUC"].value == pytest.approx(auc_value(scores, truth))
    assert partial_auc(scores, np.ones(20, dtype=bool), CASES)["partial_AUC"].value is None
    with pytest.raises(ValueError, match="low"):
        partial_auc(scores, truth, CASES, low=0.9, high=0.9)


@few
@given(rated)
def test_a_partial_area_never_fails(pairs: list[tuple[int, bool]]) -> None:
    scores, truth = columns(pairs)
    partial_auc(scores, truth, CASES, patient=np.arange(len(scores)) // 2, resamples=20).as_json()
