"""Several places of one patient: intervals are over patients, and copies of a place add no certainty."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.statistics.clustered_auc import clustered_auc, clustered_auc_test
from reporting.statistics.clustered_rates import clustered_rates
from reporting.statistics.clusters import clustered_proportion, rao_scott_test
from reporting.statistics.confusion import RATES, Counts, diagnostic_rates
from reporting.statistics.results import Scope
from tests.statistics.reference import Case, few, rows

LEVELS = Scope(positive="disease", unit="level")
places = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 3), st.integers(0, 3)), max_size=12)


def levels() -> tuple[Any, Any, Any, Any]:
    table = rows("data", "toy_levels_clustered.csv")
    a, b = (np.array([float(one[name]) for one in table]) for name in ("model_a", "model_b"))
    return a, b, np.array([one["truth"] == "1" for one in table]), np.array([one["patient"] for one in table])


def test_obuchowskis_area_and_comparison_agree_with_the_reference() -> None:
    case = Case("clustered.roc.toy")
    a, b, truth, patient = levels()
    for scores, value, error in ((a, "auc_a", "se_a"), (b, "auc_b", "se_b")):
        found = clustered_auc(scores, truth, patient, LEVELS)["AUC"]
        case.agrees(found.value, case.expected[value])
        case.agrees(found.se, case.expected[error])
    both = clustered_auc_test(a, b, truth, patient, LEVELS)
    case.agrees(both["difference"].se, case.expected["se_diff"])
    case.agrees(both.tests["difference"].p, case.expected["p"])


def test_the_patient_bootstrap_comes_near_obuchowskis_error() -> None:
    a, _, truth, patient = levels()
    formula = clustered_auc(a, truth, patient, LEVELS)["AUC"].se
    found = clustered_auc(a, truth, patient, LEVELS, interval="bootstrap", resamples=400)
    assert found["AUC"].se == pytest.approx(formula, rel=0.25)
    assert "seed 20261126" in found.method
    again = clustered_auc(a, truth, patient, LEVELS, interval="bootstrap", resamples=400)
    assert again == found


def test_one_place_per_patient_is_the_ordinary_error_of_a_proportion() -> None:
    hit = np.arange(30) < 12
    found = clustered_proportion(hit, np.arange(30), LEVELS)
    assert found["proportion"].se == pytest.approx(np.sqrt(0.4 * 0.6 / 29))
    assert found["design_effect"].value == pytest.approx(30 / 29)


def test_a_proportion_agrees_with_statsmodels() -> None:
    a, _, _, patient = levels()
    found = clustered_proportion(a > 0.6, patient, LEVELS)
    # statsmodels 0.15.0: OLS of the hits on a constant, cov_type="cluster"
    assert found["proportion"].value == pytest.approx(0.37096774193548376)
    assert found["proportion"].se == pytest.approx(0.06749661619381828)


def test_copies_add_no_certainty() -> None:
    a, _, truth, patient = levels()
    for method in ("linearised", "bootstrap"):
        once = clustered_rates(truth, a > 0.6, patient, LEVELS, interval=method, resamples=300)  # type: ignore[arg-type]
        copies = [np.tile(one, 10) for one in (truth, a > 0.6, patient)]
        tenfold = clustered_rates(*copies, LEVELS, interval=method, resamples=300)  # type: ignore[arg-type]
        for name in RATES:
            assert tenfold[name].low == pytest.approx(once[name].low)
            assert tenfold[name].high == pytest.approx(once[name].high)
    area = clustered_auc(np.tile(a, 10), np.tile(truth, 10), np.tile(patient, 10), LEVELS)["AUC"]
    assert area.se == pytest.approx(clustered_auc(a, truth, patient, LEVELS)["AUC"].se)


def test_with_one_place_per_patient_likelihood_ratios_come_near_simels() -> None:
    counts = Counts(tp=90, fp=40, fn=10, tn=160)
    truth = np.repeat([True, False, True, False], [90, 40, 10, 160])
    said = np.repeat([True, True, False, False], [90, 40, 10, 160])
    found, plain = clustered_rates(truth, said, np.arange(300), LEVELS), diagnostic_rates(counts, LEVELS)
    for name in ("PLR", "NLR", "F1"):
        assert found[name].value == pytest.approx(plain[name].value)
        assert found[name].low == pytest.approx(plain[name].low, rel=0.03)
        assert found[name].high == pytest.approx(plain[name].high, rel=0.03)


def test_all_hits_get_the_interval_of_that_many_patients() -> None:
    found = clustered_proportion(np.ones(100, dtype=bool), np.arange(100) // 5, LEVELS)["proportion"]
    assert found.value == 1.0
    assert found.low == pytest.approx(0.8388747419471606)  # Wilson, 20 of 20


def test_groups_of_patients_are_compared_by_effective_numbers() -> None:
    hit = np.array([1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0] * 2, dtype=bool)
    patient, group = np.arange(24) // 2, np.repeat(["GE", "Siemens"], 12)
    assert rao_scott_test(hit, group, patient, LEVELS).tests["groups"].statistic == pytest.approx(0.0)
    hit[:12] |= np.arange(12) % 3 == 0
    found = rao_scott_test(hit, group, patient, LEVELS)
    x, m = [], []
    for name in ("GE", "Siemens"):
        effect = found[f"design_effect_{name}"].value or 1
        inside = group == name
        x.append(hit[inside].sum() / effect)
        m.append(12 / effect)
    pooled = sum(x) / sum(m)
    expected = sum((a - n * pooled) ** 2 / (n * pooled * (1 - pooled)) for a, n in zip(x, m, strict=True))
    assert found.tests["groups"].statistic == pytest.approx(expected)
    assert rao_scott_test(hit, np.full(24, "GE"), patient, LEVELS).tests["groups"].p is None


@few
@given(places)
def test_no_places_make_a_clustered_figure_fail(table: list[tuple[bool, bool, int, int]]) -> None:
    truth, said, score, patient = (np.array([row[place] for row in table]) for place in range(4))
    truth, said = truth.astype(bool), said.astype(bool)
    results = [
        clustered_proportion(said, patient, LEVELS, bootstrap=len(table) % 2 == 0, resamples=30),
        clustered_rates(truth, said, patient, LEVELS),
        clustered_rates(truth, said, patient, LEVELS, interval="bootstrap", resamples=30),
        clustered_auc(score, truth, patient, LEVELS),
        clustered_auc(score, truth, patient, LEVELS, interval="bootstrap", resamples=30),
        clustered_auc_test(score, -score, truth, patient, LEVELS),
        rao_scott_test(said, truth, patient, LEVELS),
    ]
    for result in results:
        result.as_json()
        for one in result.estimates.values():
            assert one.value is not None or one.note
            if one.low is not None:
                assert one.high is not None or "infinite" in one.note
                assert one.high is None or one.low <= one.high


def test_one_patient_has_a_figure_and_no_interval() -> None:
    truth, said = np.array([True, True, False]), np.array([True, False, False])
    one = clustered_rates(truth, said, np.zeros(3), LEVELS)["TPR"]
    assert (one.value, one.low, one.note) == (0.5, None, "no interval: one patient")
    area = clustered_auc([3, 1, 2], truth, np.zeros(3), LEVELS)["AUC"]
    assert (area.value, area.low) == (0.5, None)
