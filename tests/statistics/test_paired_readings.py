"""Two readings of the same cases: McNemar and Stuart–Maxwell, alone and with several places per patient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from reporting.statistics.clustered_mcnemar import clustered_mcnemar, matched_pairs_by_patient
from reporting.statistics.mcnemar import mcnemar, stuart_maxwell
from tests.statistics.reference import CASES, GRADES, Case, few, rows

cells = st.integers(0, 5)
METHODS = {
    "ignoring_patients": "mcnemar",
    "obuchowski": "obuchowski",
    "durkalski": "durkalski",
    "eliasziw": "eliasziw",
    "yang": "yang",
}


@pytest.mark.parametrize("name", ["mcnemar.agresti_approval", "mcnemar.fleiss"])
def test_mcnemars_tests_agree_with_the_reference(name: str) -> None:
    case = Case(name)
    tests = mcnemar(case.inputs["table"], CASES).tests
    case.agrees(tests["chi2"].statistic, case.expected["chi2"])
    case.agrees(tests["chi2_continuity"].statistic, case.expected["chi2_cc"])
    for test, key in (("chi2", "p_asymptotic"), ("chi2_continuity", "p_cc"), ("exact", "p_exact"), ("mid_p", "p_mid")):
        case.agrees(tests[test].p, case.expected[key])


def test_four_clustered_tests_agree_with_the_published_ones() -> None:
    case = Case("clustered.matched_pairs.thyroids")
    patients = rows("fetched", "thyroids_matched_pairs.csv")
    table = [[int(one[column]) for column in ("ak", "bk", "ck", "dk")] for one in patients]
    found = matched_pairs_by_patient(table, CASES).tests
    for ours, theirs in METHODS.items():
        case.agrees(found[ours].statistic, case.expected[theirs]["chi2"])
        case.agrees(found[ours].p, case.expected[theirs]["p"])


@few
@given(cells, cells, cells, cells)
def test_the_exact_test_is_the_binomial_one_and_no_table_fails(a: int, b: int, c: int, d: int) -> None:
    result = mcnemar([[a, b], [c, d]], CASES)
    result.as_json()
    p = result.tests["exact"].p
    if b + c == 0:
        assert p is None
        assert result.tests["exact"].note == "no discordant pair"
    else:
        assert p == pytest.approx(binomtest(b, b + c).pvalue)
        assert (result.tests["mid_p"].p or 0) <= p
    difference = result["difference"]
    assert (difference.value is None) == (a + b + c + d == 0)


@few
@given(st.lists(st.tuples(cells, cells, cells, cells), max_size=8))
def test_clustered_tests_never_fail(table: list[tuple[int, int, int, int]]) -> None:
    result = matched_pairs_by_patient(np.array(table, dtype=float).reshape(-1, 4), CASES)
    result.as_json()
    for test in result.tests.values():
        assert test.p is not None or test.note


def test_one_pair_per_patient_gives_obuchowskis_test_up_to_its_small_sample_factor() -> None:
    first = np.array([1] * 8 + [0] * 12, dtype=bool)
    second = np.array([1] * 3 + [0] * 5 + [1] * 2 + [0] * 10, dtype=bool)
    found = clustered_mcnemar(first, second, np.arange(20), CASES)
    assert found.counts["first_only"] == 5
    assert found.counts["second_only"] == 2
    plain = found.tests["ignoring_patients"].statistic
    assert plain == pytest.approx(9 / 7)
    assert found.tests["obuchowski"].statistic == pytest.approx((plain or 0) * 19 / 20)
    assert found.tests["durkalski"].statistic == pytest.approx(plain)


def test_copies_of_a_patients_pairs_add_no_certainty() -> None:
    rng = np.random.default_rng(5)
    first, second, patient = rng.random(60) < 0.5, rng.random(60) < 0.4, np.arange(60) // 3
    once = clustered_mcnemar(first, second, patient, CASES).tests["obuchowski"].p
    tenfold = clustered_mcnemar(np.tile(first, 10), np.tile(second, 10), np.tile(patient, 10), CASES)
    assert tenfold.tests["obuchowski"].p == pytest.approx(once)


def test_stuart_maxwell_on_two_grades_is_mcnemar_and_on_three_is_by_hand() -> None:
    two = stuart_maxwell([[10, 5], [12, 33]], GRADES).tests["stuart_maxwell"]
    assert two.statistic == pytest.approx(49 / 17)
    assert two.df == (1,)
    table = np.array([[20, 10, 5], [3, 30, 15], [0, 5, 40]])
    d = (table.sum(axis=1) - table.sum(axis=0))[:2]
    s = np.diag((table.sum(axis=1) + table.sum(axis=0))[:2]) - (table + table.T)[:2, :2]
    three = stuart_maxwell(table, GRADES)
    assert three.tests["stuart_maxwell"].statistic == pytest.approx(d @ np.linalg.solve(s, d))
    assert three.tests["stuart_maxwell"].df == (2,)
    # statsmodels 0.15.0, SquareTable.homogeneity
    assert three.tests["stuart_maxwell"].statistic == pytest.approx(13.76470588235294)
    assert three.tests["bhapkar"].statistic == pytest.approx(15.42327497425335)


def test_an_unused_grade_takes_no_degree_of_freedom_and_no_change_is_undefined() -> None:
    unused = stuart_maxwell([[10, 5, 0], [12, 33, 0], [0, 0, 0]], GRADES).tests["stuart_maxwell"]
    assert unused.df == (1,)
    assert unused.statistic == pytest.approx(49 / 17)
    same = stuart_maxwell([[3, 0], [0, 4]], GRADES).tests["stuart_maxwell"]
    assert (same.p, same.note) == (None, "no discordant pair")
    with pytest.raises(ValueError, match="square"):
        stuart_maxwell([[1, 2, 3], [3, 4, 5]], GRADES)
