"""Agreement of readers on grades and measurements: right against R, honest about one grade and missing readings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.statistics.agreement_weights import WEIGHTS, Weights
from reporting.statistics.cohen import agreement_table, cohen_kappa
from reporting.statistics.icc import NAMES, intraclass_correlation
from reporting.statistics.krippendorff import METRICS, krippendorff_alpha
from reporting.statistics.many_readers import grade_counts_agreement, reader_agreement
from reporting.statistics.rating_kinds import kinds_of
from tests.statistics.reference import GRADES, Case, few

TABLES = ["agreement.sexualfun", "agreement.two_by_two"]
IRRCAC = {
    "gwet": "gwet",
    "krippendorff": "krippendorff",
    "fleiss": "fleiss",
    "conger": "conger",
    "brennan_prediger": "brennan_prediger",
}
readings = st.lists(st.tuples(*[st.integers(-1, 2)] * 3), min_size=0, max_size=8)


def two_readers(table: list[list[int]]) -> Any:
    """A cross table as rows of two ratings."""
    return np.array(
        [(i, j) for i, row in enumerate(table) for j, often in enumerate(row) for _ in range(often)], dtype=np.int64
    )


@pytest.mark.parametrize("name", TABLES)
def test_cohens_kappa_and_its_error_agree_with_the_reference(name: str) -> None:
    case = Case(f"{name}.cohen")
    names: dict[Weights, str] = {"unweighted": "kappa", "linear": "kappa_linear", "quadratic": "kappa_quadratic"}
    for weights, key in names.items():
        expected = case.expected[key]
        found = cohen_kappa(case.inputs["table"], GRADES, weights=weights)["kappa"]
        case.agrees(found.value, expected["value"])
        case.agrees(found.se, expected["ase"])
        case.bounds(found, expected["ci95"])
    raw = cohen_kappa(case.inputs["table"], GRADES)["agreement"]
    case.agrees(raw.value, case.expected["percent_agreement"])


@pytest.mark.parametrize("name", TABLES)
def test_gwets_coefficients_of_two_readers_agree_with_the_reference(name: str) -> None:
    case = Case(f"{name}.gwet")
    ratings = two_readers(case.inputs["table"])
    q = len(case.inputs["table"])
    found = {weights: reader_agreement(ratings, q, GRADES, weights=weights) for weights in WEIGHTS}
    pairs = {
        "ac1": found["unweighted"]["gwet"],
        "ac2_linear": found["linear"]["gwet"],
        "ac2_quadratic": found["quadratic"]["gwet"],
        "scott_pi": found["unweighted"]["fleiss"],
        "krippendorff_nominal": found["unweighted"]["krippendorff"],
        "brennan_prediger": found["unweighted"]["brennan_prediger"],
    }
    for key, one in pairs.items():
        case.agrees(one.value, case.expected[key]["value"])
        case.agrees(one.se, case.expected[key]["se_raw_form"])
    table = cohen_kappa(case.inputs["table"], GRADES, weights="linear")
    case.agrees(table["AC2"].value, case.expected["ac2_linear"]["value"])
    case.agrees(table["AC2"].se, case.expected["ac2_linear"]["se_raw_form"])


def test_many_readers_with_missing_ratings_agree_with_the_reference() -> None:
    case = Case("agreement.krippendorff_4x12")
    ratings = np.array(
        [[-1 if one is None else one - 1 for one in row] for row in case.inputs["data_rows_units_cols_raters"]]
    )
    weighted: tuple[Weights, ...] = ("unweighted", "quadratic")
    for weights in weighted:
        found = reader_agreement(ratings, 5, GRADES, weights=weights)
        for ours, theirs in IRRCAC.items():
            expected = case.expected["irrcac"][weights][theirs]
            case.agrees(found[ours].value, expected["value"])
            case.agrees(found[ours].se, expected["se"])
            case.bounds(found[ours], expected["ci95_t_printed_3dp"], within=0.0006)
    for metric in METRICS:
        alpha = krippendorff_alpha(ratings, [1, 2, 3, 4, 5], GRADES, metric=metric, resamples=200)["alpha"]
        case.agrees(alpha.value, case.expected[f"alpha_{metric}"])


def test_fleiss_data_agree_with_the_reference() -> None:
    case = Case("agreement.fleiss1971")
    counts = case.inputs["counts_rows_patients_cols_categories"]
    found = grade_counts_agreement(counts, GRADES)
    case.agrees(found["fleiss"].value, case.expected["fleiss"])
    case.agrees(found.tests["fleiss_against_chance"].statistic, case.expected["z_null"])
    for name in ("gwet", "krippendorff", "fleiss", "brennan_prediger"):
        expected = case.expected["irrcac"]["unweighted"][name]
        case.agrees(found[name].value, expected["value"])
        case.agrees(found[name].se, expected["se"])
        case.bounds(found[name], expected["ci95_t_printed_3dp"], within=0.0006)


def test_all_six_intraclass_correlations_agree_with_the_reference() -> None:
    case = Case("icc.shrout_fleiss_1979")
    result = intraclass_correlation(case.inputs["data_rows_targets_cols_judges"], GRADES)
    for name in NAMES:
        expected = case.expected[name]
        case.agrees(result[name].value, expected["value"])
        case.bounds(result[name], expected["ci95"])
    for name in ("ICC1", "ICC2", "ICC3"):
        test, expected = result.tests[name], case.expected[name]
        case.agrees(test.statistic, expected["F"])
        assert test.df == (expected["df1"], expected["df2"])


def test_one_grade_for_all_is_not_estimable_and_not_perfect_agreement() -> None:
    one_grade = cohen_kappa([[20, 0], [0, 0]], GRADES)
    assert one_grade["kappa"].value is None
    assert "one and the same grade" in one_grade["kappa"].note
    assert one_grade["agreement"].value == 1.0
    many = reader_agreement(np.zeros((5, 3), dtype=int), 3, GRADES)
    assert many["fleiss"].value is None
    assert many["krippendorff"].value is None
    assert many["conger"].value is None
    assert krippendorff_alpha(np.zeros((5, 3), dtype=int), [0, 1], GRADES)["alpha"].value is None


def test_the_paradox_is_visible_because_the_coefficients_stand_together() -> None:
    found = cohen_kappa([[118, 5], [2, 0]], GRADES)
    assert found["agreement"].value == pytest.approx(118 / 125)
    assert (found["kappa"].value or 0) < 0
    assert (found["AC1"].value or 0) > 0.9


def test_a_grade_that_nobody_used_still_counts_in_the_weights() -> None:
    used = cohen_kappa([[5, 2], [1, 4]], GRADES, weights="linear")["kappa"].value
    listed = cohen_kappa([[5, 2, 0], [1, 4, 0], [0, 0, 0]], GRADES, weights="linear")["agreement"].value
    assert used == pytest.approx(cohen_kappa([[5, 2], [1, 4]], GRADES)["kappa"].value)
    assert listed == pytest.approx((9 + 3 * 0.5) / 12)


def test_grades_outside_the_list_are_refused() -> None:
    with pytest.raises(ValueError, match="not in the grade list"):
        reader_agreement([[0, 3]], 3, GRADES)
    with pytest.raises(ValueError, match="not in the grade list"):
        agreement_table([0], [3], 3)
    with pytest.raises(ValueError, match="square"):
        cohen_kappa([[1, 2, 3], [4, 5, 6]], GRADES)


@few
@given(readings, st.sampled_from(WEIGHTS))
def test_no_ratings_make_agreement_fail(ratings: list[tuple[int, ...]], weights: Weights) -> None:
    given_ratings = np.array(ratings, dtype=np.int64).reshape(-1, 3)
    found = reader_agreement(given_ratings, 3, GRADES, weights=weights)
    found.as_json()
    for one in found.estimates.values():
        assert one.value is not None or one.note
        if one.value is not None:
            assert one.value <= 1 + 1e-9
    table, _ = agreement_table(given_ratings[:, 0], given_ratings[:, 1], 3)
    kappa = cohen_kappa(table, GRADES, weights=weights)["kappa"].value
    assert kappa is None or kappa <= 1 + 1e-9


@few
@given(readings)
def test_nominal_alpha_is_the_same_on_both_roads(ratings: list[tuple[int, ...]]) -> None:
    given_ratings = np.array(ratings, dtype=np.int64).reshape(-1, 3)
    classic = krippendorff_alpha(given_ratings, [0, 1, 2], GRADES, resamples=3)["alpha"].value
    assert classic == pytest.approx(reader_agreement(given_ratings, 3, GRADES)["krippendorff"].value)


@few
@given(readings, st.sampled_from(METRICS))
def test_alpha_of_patients_never_fails(ratings: list[tuple[int, ...]], metric: Any) -> None:
    given_ratings = np.array(ratings, dtype=np.int64).reshape(-1, 3)
    owner = np.arange(len(ratings)) // 2
    krippendorff_alpha(given_ratings, [0, 1, 2], GRADES, metric=metric, patient=owner, resamples=20).as_json()


@few
@given(st.lists(st.tuples(*[st.sampled_from([0.0, 1.0, 2.5, math.nan])] * 3), max_size=7))
def test_no_measurements_make_the_intraclass_correlation_fail(measured: list[tuple[float, ...]]) -> None:
    found = intraclass_correlation(np.array(measured, dtype=float).reshape(-1, 3), GRADES)
    found.as_json()
    for name in NAMES:
        one = found[name]
        assert one.value is not None or one.note
        assert one.value is None or one.value <= 1 + 1e-9


def test_incomplete_targets_are_left_out_and_counted() -> None:
    found = intraclass_correlation([[1, 2], [3, math.nan], [5, 4], [2, 2]], GRADES)
    assert found.counts == {"targets": 3, "readers": 2, "targets_left_out": 1}
    assert found.notes


@pytest.mark.parametrize(("categories", "readers"), [(2, 3), (5, 12), (9, 25)])
def test_subjects_graded_alike_are_one_kind_however_many_grades_there_are(categories: int, readers: int) -> None:
    rng = np.random.default_rng(4)
    grades = rng.integers(-1, categories, size=(40, readers))
    grades[20:] = grades[:20]
    kinds, index = kinds_of(grades, categories)
    assert np.array_equal(kinds[index], grades)
    assert len(kinds) == len(np.unique(grades, axis=0))
