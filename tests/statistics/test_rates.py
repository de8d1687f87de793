"""Rates from counts: right against the reference, undefined where a denominator is 0, the positive class is named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.statistics.confusion import RATES, Counts, count, diagnostic_rates, predictive_values, rates
from reporting.statistics.proportions import METHODS, proportion, proportion_interval
from tests.statistics.reference import CASES, Case, few

NAMES = {
    "se": "TPR",
    "sp": "TNR",
    "ppv": "PPV",
    "npv": "NPV",
    "acc": "ACC",
    "lr_pos": "PLR",
    "lr_neg": "NLR",
    "dor": "DOR",
    "prev": "prevalence",
}
small = st.integers(0, 6)


@pytest.mark.parametrize("name", ["dx.scott2008", "dx.small", "dx.paper_disc_normal_positive"])
def test_rates_and_their_intervals_agree_with_the_reference(name: str) -> None:
    case = Case(name)
    counts = Counts(*(case.inputs[cell] for cell in ("tp", "fp", "fn", "tn")))
    wilson = diagnostic_rates(counts, CASES)
    exact = diagnostic_rates(counts, CASES, interval="clopper_pearson")
    for key, rate in NAMES.items():
        expected = case.expected[key]
        case.agrees(wilson[rate].value, expected["est"])
        case.bounds(wilson[rate], expected["ci95"])
        if "ci95_clopper_pearson" in expected:
            case.bounds(exact[rate], expected["ci95_clopper_pearson"])
    case.agrees(wilson["F1"].value, case.expected["f1"]["est"])
    case.agrees(wilson["F1"].se, case.expected["f1"]["se_delta"])
    case.bounds(wilson["F1"], case.expected["f1"]["ci95_wilson_jaccard"])


def test_intervals_of_a_proportion_agree_with_newcombe() -> None:
    case = Case("prop.newcombe")
    for row in case.expected["rows"]:
        for method in METHODS:
            got = proportion(row["x"], row["n"], method=method)
            case.agrees(got.value, row["estimate"])
            case.bounds(got, row[method])


@few
@given(small, small, small, small)
def test_no_matrix_makes_a_rate_fail_and_every_gap_has_a_reason(tp: int, fp: int, fn: int, tn: int) -> None:
    counts = Counts(tp, fp, fn, tn)
    result = diagnostic_rates(counts, CASES)
    for name, one in result.estimates.items():
        if one.value is None:
            assert one.note
            assert one.low is None
        elif one.low is not None:
            assert one.high is not None
            assert one.low - 1e-12 <= one.value <= one.high + 1e-12, name
    plain = rates(counts)
    assert plain == {name: pytest.approx(result[name].value) if plain[name] is not None else None for name in RATES}


@few
@given(small, small, small, small)
def test_exchanging_the_classes_exchanges_sensitivity_and_specificity(tp: int, fp: int, fn: int, tn: int) -> None:
    one, other = rates(Counts(tp, fp, fn, tn)), rates(Counts(tp, fp, fn, tn).swapped())
    assert (one["TPR"], one["PPV"], one["ACC"]) == (other["TNR"], other["NPV"], other["ACC"])


def test_no_negatives_leave_specificity_and_the_ratios_undefined_with_the_reason() -> None:
    result = diagnostic_rates(Counts(5, 0, 1, 0), CASES)
    assert result["TNR"].value is None
    assert result["TNR"].note == "no negatives"
    assert result["PLR"].note == "one class has no rows"
    shown = result.as_json()
    assert shown["estimates"]["TNR"]["value"] == "undefined"
    assert shown["positive_class"] == "disease"
    assert shown["unit"] == "case"
    assert shown["counts"] == {"tp": 5, "fp": 0, "fn": 1, "tn": 0, "n": 6}


def test_a_ratio_with_no_false_positives_is_infinite_and_nothing_is_added_to_the_cells() -> None:
    assert diagnostic_rates(Counts(16, 0, 5, 4), CASES)["PLR"].value is None
    assert "infinite" in diagnostic_rates(Counts(16, 0, 5, 4), CASES)["PLR"].note


def test_counts_are_taken_from_columns() -> None:
    truth, said = np.array([1, 1, 1, 0, 0], dtype=bool), np.array([1, 1, 0, 1, 0], dtype=bool)
    assert count(truth, said) == Counts(tp=2, fp=1, fn=1, tn=1)
    with pytest.raises(ValueError, match="positive 5, said 4"):
        count(truth, said[:4])
    with pytest.raises(ValueError, match="negative"):
        Counts(-1, 0, 0, 0)


@few
@given(st.integers(0, 40), st.integers(1, 40), st.sampled_from(METHODS))
def test_an_interval_lies_in_the_unit_and_holds_its_share(hits: int, n: int, method: str) -> None:
    hits = min(hits, n)
    low, high = proportion_interval(hits, n, 0.95, method)  # type: ignore[arg-type]
    assert 0 <= low <= hits / n <= high <= 1


def test_predictive_values_move_with_prevalence_by_bayes_rule() -> None:
    counts = Counts(tp=90, fp=40, fn=10, tn=160)
    as_counted = predictive_values(counts, 100 / 300, CASES)
    assert as_counted["PPV"].value == pytest.approx(90 / 130)
    assert as_counted["NPV"].value == pytest.approx(160 / 170)
    rare = predictive_values(counts, 0.01, CASES)
    assert rare["PPV"].value == pytest.approx(0.009 / (0.009 + 0.99 * 0.2))
    assert (rare["PPV"].low or 0) < (rare["PPV"].value or 0) < (rare["PPV"].high or 0)
    assert (rare["NPV"].low or 0) < (rare["NPV"].value or 0) < (rare["NPV"].high or 0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        predictive_values(counts, 1.0, CASES)
