"""Limits of agreement, charts over time, calibration: right against the references, and never a failure."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.statistics.bland_altman import bland_altman, clustered_bland_altman, total_sd
from reporting.statistics.calibration import calibration, expected_calibration_error
from reporting.statistics.drift import cusum, ewma, p_chart
from reporting.statistics.results import Scope
from tests.statistics.reference import CASES, Case, few

MILLIMETRES = Scope(positive=None, unit="disc")
measured = st.lists(st.tuples(*[st.sampled_from([1.0, 2.0, 3.5, math.nan])] * 2, st.integers(0, 3)), max_size=9)


def test_bias_and_limits_agree_with_bland_and_altman() -> None:
    case = Case("ba.pefr_1986")
    found = bland_altman(case.inputs["wright"], case.inputs["mini"], MILLIMETRES)
    assert found.counts["n"] == case.expected["n"]
    case.agrees(found["bias"].value, case.expected["bias"])
    case.agrees(found["sd"].value, case.expected["sd"])
    case.bounds(found["bias"], case.expected["bias_ci95"])
    for limit, place in (("lower", 0), ("upper", 1)):
        case.agrees(found[f"{limit}_limit"].value, case.expected["loa"][place])
        case.agrees(found[f"{limit}_limit"].se, case.expected["se_loa_1999"])
        case.bounds(found[f"{limit}_limit"], case.expected[f"{limit}_loa_ci95_1999"])
        case.agrees(found[f"{limit}_limit_1986"].se, case.expected["se_loa_1986"])
        case.bounds(found[f"{limit}_limit_1986"], case.expected[f"{limit}_loa_ci95_1986"])


def test_limits_are_wider_when_places_of_a_patient_resemble_each_other() -> None:
    rng = np.random.default_rng(2)
    patient = np.repeat(np.arange(12), [1, 2, 3, 4, 5, 6] * 2)
    own = rng.normal(0, 2, 12)[patient]
    difference = own + rng.normal(0, 1, len(patient))
    found = clustered_bland_altman(difference, np.zeros(len(patient)), patient, MILLIMETRES, resamples=200)
    assert found["sd"].value == total_sd(difference, patient)
    assert (found["sd"].value or 0) == pytest.approx(math.sqrt(5), rel=0.4)
    plain = bland_altman(difference, np.zeros(len(patient)), MILLIMETRES)
    assert (found["bias"].se or 0) > (plain["bias"].se or 0)
    assert found.counts["patients"] == 12


def test_one_place_per_patient_gives_the_ordinary_limits() -> None:
    a, b = np.array([1.0, 2, 4, 8, 3]), np.array([1.5, 2, 3, 6, 3])
    plain, clustered = bland_altman(a, b, MILLIMETRES), clustered_bland_altman(a, b, range(5), MILLIMETRES)
    for name in ("bias", "sd", "lower_limit", "upper_limit", "slope"):
        assert clustered[name].value == pytest.approx(plain[name].value)
    assert plain["slope"].se == pytest.approx(clustered["slope"].se)


def test_a_growing_difference_is_found() -> None:
    b = np.linspace(1, 10, 30)
    noise = np.tile([0.05, -0.05], 15)
    found = bland_altman(b * 1.2 + noise, b, MILLIMETRES)
    assert found["slope"].value == pytest.approx(2 * 0.2 / 2.2, rel=0.02)
    assert (found.tests["proportional_bias"].p or 1) < 1e-6
    assert found.as_json()["tests"]["proportional_bias"]["p"] == "<0.0001"


@few
@given(measured)
def test_no_measurements_make_limits_fail(table: list[tuple[float, float, int]]) -> None:
    a, b, patient = (np.array([row[place] for row in table]) for place in range(3))
    for result in (bland_altman(a, b, MILLIMETRES), clustered_bland_altman(a, b, patient, MILLIMETRES, resamples=30)):
        result.as_json()
        for one in result.estimates.values():
            assert one.value is not None or one.note


def test_a_p_chart_agrees_with_qcc() -> None:
    case = Case("drift.p_chart_orange_juice")
    hits = case.inputs["D"]
    found = p_chart(hits, np.full(len(hits), case.inputs["n"]), CASES)
    points = found.series["points"]
    case.agrees(found["center"].value, case.expected["center"])
    case.agrees(points[0]["lcl"], case.expected["lcl"])  # type: ignore[arg-type]
    case.agrees(points[0]["ucl"], case.expected["ucl"])  # type: ignore[arg-type]
    assert [number for number, one in enumerate(points, 1) if one["beyond"]] == case.expected["beyond_limits"]


def test_an_ewma_agrees_with_the_handbook() -> None:
    case = Case("drift.ewma_nist")
    found = ewma(
        case.inputs["x"],
        CASES,
        center=case.inputs["center"],
        sd=case.inputs["sd"],
        weight=case.inputs["lam"],
        sigmas=case.inputs["k"],
        asymptotic=True,
    )
    for point, expected in zip(found.series["points"], case.expected["z"], strict=True):
        case.agrees(point["z"], expected)  # type: ignore[arg-type]
    case.agrees(found["ucl"].value, case.expected["ucl"])
    case.agrees(found["lcl"].value, case.expected["lcl"])


def test_limits_come_from_the_baseline_and_never_fall_below_zero() -> None:
    found = p_chart([1, 2, 0, 9], [50, 50, 0, 50], CASES, baseline=[True, True, True, False])
    points = found.series["points"]
    assert found["center"].value == pytest.approx(0.03)
    assert points[0]["lcl"] == 0.0
    assert [one["beyond"] for one in points] == [0, 0, 0, 1]
    assert math.isnan(points[2]["share"])  # type: ignore[arg-type]
    assert found.as_json()["series"]["points"][2]["share"] == "undefined"
    assert p_chart([1], [5], CASES, baseline=[False])["center"].value is None


def test_laneys_limits_widen_with_scatter_that_rows_alone_do_not_explain() -> None:
    hits = np.array([100, 160, 90, 170, 95, 165, 100, 150])
    plain, laney = (p_chart(hits, np.full(8, 1000), CASES, limits=kind) for kind in ("binomial", "laney"))
    center = hits.sum() / 8000
    sigma = math.sqrt(center * (1 - center) / 1000)
    expected = np.abs(np.diff((hits / 1000 - center) / sigma)).mean() / 1.128
    assert laney["sigma_z"].value == pytest.approx(expected)
    assert plain.counts["beyond_limits"] > 0
    assert laney.counts["beyond_limits"] == 0
    wide = p_chart(hits, np.full(8, 1000), CASES, design_effect=expected**2)
    assert wide.series["points"][0]["ucl"] == pytest.approx(laney.series["points"][0]["ucl"])


def test_runs_on_one_side_are_counted() -> None:
    found = p_chart([5, 6, 6, 6, 1, 1], [10] * 6, CASES)
    assert [one["run"] for one in found.series["points"]] == [1, 2, 3, 4, 1, 2]
    assert found.counts["longest_run"] == 4


@few
@given(st.lists(st.sampled_from([-2.0, -0.5, 0.0, 1.0, 3.0, math.nan]), max_size=15))
def test_cusum_is_the_recursion_and_never_fails(values: list[float]) -> None:
    found = cusum(values, CASES, center=0, sd=1, decision=3)
    up = down = 0.0
    for value, point in zip(values, found.series["points"], strict=True):
        if math.isnan(value):
            assert math.isnan(point["up"])  # type: ignore[arg-type]
            continue
        up, down = max(0.0, up + value - 0.5), max(0.0, down - value - 0.5)
        assert point["up"] == pytest.approx(up)
        assert point["down"] == pytest.approx(down)
        assert point["beyond"] == int(up > 3 or down > 3)
    ewma(values, CASES, center=0, sd=1).as_json()


@few
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8), st.sampled_from(["binomial", "laney"]))
def test_no_periods_make_a_p_chart_fail(table: list[tuple[int, int]], kind: Any) -> None:
    hits, n = [min(a, b) for a, b in table], [b for _, b in table]
    p_chart(hits, n, CASES, limits=kind).as_json()


def test_charts_refuse_nonsense() -> None:
    with pytest.raises(ValueError, match="between 0 and n"):
        p_chart([3], [2], CASES)
    with pytest.raises(ValueError, match="weight"):
        ewma([1.0], CASES, center=0, sd=1, weight=0)
    with pytest.raises(ValueError, match="negative"):
        cusum([1.0], CASES, center=0, sd=-1)
    with pytest.raises(ValueError, match="labels 1, values 2"):
        cusum([1.0, 2.0], CASES, center=0, sd=1, labels=["May"])


def test_calibration_by_hand() -> None:
    p, truth = np.array([0.1, 0.1, 0.9, 0.9]), np.array([False, True, True, True])
    found = calibration(p, truth, CASES, resamples=50)
    assert found["brier"].value == pytest.approx((0.01 + 0.81 + 0.01 + 0.01) / 4)
    assert found["mean_gap"].value == pytest.approx(-0.25)
    assert found["ECE"].value == pytest.approx((0.8 + 0.2) / 4)
    assert found["ECE"].value == pytest.approx(expected_calibration_error(p, truth))
    assert [one["n"] for one in found.series["bins"]] == [2, 2]


def test_slope_and_intercept_agree_with_statsmodels() -> None:
    rng = np.random.default_rng(11)
    logit = np.round(rng.normal(0, 1.5, 60), 2)
    truth = rng.random(60) < 1 / (1 + np.exp(-(0.4 + 0.7 * logit)))
    found = calibration(1 / (1 + np.exp(-logit)), truth, CASES, patient=np.arange(60) // 3, resamples=50)
    # statsmodels 0.15.0: Logit of truth on (1, logit) with clustered covariance times 20/19, and GLM with offset
    assert found["slope"].value == pytest.approx(0.4303789370491204, rel=1e-6)
    assert found["slope"].se == pytest.approx(0.2153711847361192, rel=1e-6)
    assert found["intercept"].value == pytest.approx(0.8942048280064538, rel=1e-6)


@few
@given(st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 1.0, math.nan]), st.booleans()), max_size=8))
def test_no_probabilities_make_calibration_fail(table: list[tuple[float, bool]]) -> None:
    p, truth = np.array([one for one, _ in table]), np.array([one for _, one in table], dtype=bool)
    result = calibration(p, truth, CASES, resamples=30)
    result.as_json()
    for one in result.estimates.values():
        assert one.value is not None or one.note


def test_a_probability_above_one_is_refused() -> None:
    with pytest.raises(ValueError, match="outside 0 to 1"):
        calibration([1.2], [True], CASES)
