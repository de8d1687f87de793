"""Reader studies: two independent roads agree with R and with each other; fixed and random readers and cases."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from reporting.statistics.mrmc.covariance import Covariance, covariance_matrix
from reporting.statistics.mrmc.dbm import dorfman_berbaum_metz
from reporting.statistics.mrmc.figures import CaseValues
from reporting.statistics.mrmc.obuchowski_rockette import ANALYSES, Analysis, obuchowski_rockette
from reporting.statistics.mrmc.study import ReaderStudy
from reporting.statistics.results import Estimate, Result
from tests.statistics.reference import CASES, Case, rows

FILES = {"toy": ("data", "toy_mrmc_2x3x36.csv"), "franken": ("fetched", "franken.csv")}
ROADS: tuple[Covariance, ...] = ("delong", "jackknife")
COMPONENTS = ("var_R", "var_TR", "var_error", "cov1", "cov2", "cov3")


def study(name: str) -> ReaderStudy:
    """The case file's rows; the reference says what its columns are called."""
    columns, table = Case(f"mrmc.{name}.fom").inputs["columns"], rows(*FILES[name])
    return ReaderStudy.of_rows(
        **{key: np.array([one[columns[key]] for one in table]) for key in ("modality", "reader", "case")},
        positive=np.array([one[columns["truth"]] == "1" for one in table]),
        score=np.array([float(one[columns["score"]]) for one in table]),
    )


def difference(result: Result) -> tuple[str, Estimate]:
    return next((name, one) for name, one in result.estimates.items() if " - " in name)


def agree_on_differences(case: Case, result: Result) -> None:
    (expected,) = case.expected["differences"]
    name, found = difference(result)
    case.agrees(found.value, expected["diff"])
    case.agrees(found.se, expected["se"])
    case.bounds(found, expected.get("ci95") or [expected["ci_low"], expected["ci_high"]])
    case.agrees(result.tests[name].p, expected["p"])
    if "df" in expected:
        case.agrees(result.tests[name].df[0], expected["df"])


def agree_on_means(case: Case, result: Result) -> None:
    found = [one for name, one in result.estimates.items() if name.startswith("mean_")]
    for one, expected in zip(found, case.expected["single"], strict=True):
        case.agrees(one.value, expected["mean"])
        case.agrees(one.se, expected["se"])
        low, high = expected.get("ci95") or [expected["ci_low"], min(1.0, expected["ci_high"])]
        case.bounds(one, [low, high])


@pytest.mark.parametrize("name", FILES)
def test_figures_and_mean_squares_agree_with_the_reference(name: str) -> None:
    case = Case(f"mrmc.{name}.fom")
    result = obuchowski_rockette(study(name), CASES)
    for row in result.series["figures"]:
        case.agrees(row["value"], case.expected["auc"][row["modality"]][row["reader"]])  # type: ignore[arg-type]
    case.agree({square: result[square].value for square in ("ms_T", "ms_R", "ms_TR")}, "mean_squares")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("covariance", ROADS)
def test_random_readers_and_cases_agree_with_the_reference(name: str, covariance: Covariance) -> None:
    result = obuchowski_rockette(study(name), CASES, covariance=covariance)
    parts = Case(f"mrmc.{name}.or.{covariance}.components")
    parts.agree({component: result[component].value for component in COMPONENTS})
    case = Case(f"mrmc.{name}.or.{covariance}.RRRC")
    test = result.tests["modalities"]
    case.agree({"F": test.statistic, "df1": test.df[0], "df2": test.df[1], "p": test.p})
    agree_on_differences(case, result)
    agree_on_means(case, result)


@pytest.mark.parametrize(("name", "key"), [("toy", "FRRC"), ("franken", "FRRC_constrained")])
@pytest.mark.parametrize("covariance", ROADS)
def test_fixed_readers_agree_with_the_reference(name: str, key: str, covariance: Covariance) -> None:
    case = Case(f"mrmc.{name}.or.{covariance}.{key}")
    result = obuchowski_rockette(study(name), CASES, analysis="FRRC", covariance=covariance)
    test = result.tests["modalities"]
    case.agree({"X2": test.statistic, "df": test.df[0], "p": test.p})
    agree_on_differences(case, result)
    agree_on_means(case, result)
    for row, expected in zip(result.series["per_reader"], case.expected.get("per_reader", ()), strict=False):
        assert row["reader"] == expected["reader"]
        for ours, theirs in (("difference", "diff"), ("se", "se"), ("z", "z"), ("p", "p")):
            case.agrees(row[ours], expected[theirs])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FILES)
def test_fixed_cases_agree_with_the_reference(name: str) -> None:
    case = Case(f"mrmc.{name}.or.RRFC")
    result = obuchowski_rockette(study(name), CASES, analysis="RRFC")
    test = result.tests["modalities"]
    case.agree({"F": test.statistic, "df1": test.df[0], "df2": test.df[1], "p": test.p})
    agree_on_differences(case, result)
    agree_on_means(case, result)


def test_the_printed_analysis_of_iowa_is_reproduced() -> None:
    case = Case("mrmc.franken.iowa_print")
    result = obuchowski_rockette(study("franken"), CASES, analysis="FRRC", covariance="jackknife")
    case.agree({name: result[f"mean_{name}"].value for name in ("1", "2")}, "auc_mean")
    case.agree({component: result[component].value for component in COMPONENTS}, "components")
    printed = case.expected["FRRC"]
    _, found = difference(result)
    case.agrees(found.se, printed["se"])
    case.bounds(found, printed["ci95"])
    case.agrees(result.tests["modalities"].statistic, printed["X2"])


@pytest.mark.parametrize("name", FILES)
def test_pseudovalues_agree_with_the_reference(name: str) -> None:
    case = Case(f"mrmc.{name}.dbm")
    readings = study(name)
    for analysis in ANALYSES:
        result = dorfman_berbaum_metz(readings, CASES, analysis=analysis)
        if analysis == "RRRC":
            names = case.expected["components"]
            case.agree({component: result[component].value for component in names}, "components")
            squares = case.expected["mean_squares"]
            case.agree({square: result[f"ms_{square}"].value for square in squares}, "mean_squares")
        if analysis not in case.expected:
            continue
        part = Case(f"mrmc.{name}.dbm")
        part.expected = case.expected[analysis]
        test = result.tests["modalities"]
        part.agree({"F": test.statistic, "df1": test.df[0], "df2": test.df[1], "p": test.p})
        agree_on_differences(part, result)
        agree_on_means(part, result)


@pytest.mark.parametrize("seed", range(6))
def test_both_roads_lead_to_the_same_numbers(seed: int) -> None:
    readings = simulated(seed, modalities=3 if seed % 2 else 2)
    one = obuchowski_rockette(readings, CASES, covariance="jackknife")
    other = dorfman_berbaum_metz(readings, CASES)
    assert one.tests["modalities"].p == pytest.approx(other.tests["modalities"].p)
    for name in one.estimates.keys() & other.estimates.keys():
        if name.startswith("mean_") or " - " in name:
            for field in ("value", "se", "low", "high"):
                assert getattr(one[name], field) == pytest.approx(getattr(other[name], field))


def simulated(seed: int, modalities: int = 2, readers: int = 4, cases: int = 40) -> ReaderStudy:
    rng = np.random.default_rng(seed)
    truth = np.arange(cases) < cases // 2
    common = rng.normal(0, 0.6, cases) + 1.2 * truth
    scores = (
        common + rng.normal(0, 0.8, (modalities, readers, cases)) + 0.2 * np.arange(modalities)[:, None, None] * truth
    )
    names = tuple(f"M{i + 1}" for i in range(modalities)), tuple(f"R{i + 1}" for i in range(readers))
    return ReaderStudy(scores, truth, *names)


def test_a_bootstrap_comes_near_delong() -> None:
    readings = simulated(3)
    found = CaseValues.of(readings.scores.reshape(8, -1), readings.truth)
    drawn = covariance_matrix(found, "bootstrap", None, 3000, 7)
    formula = covariance_matrix(found, "delong", None, 0, 0)
    assert np.allclose(drawn, formula, rtol=0.25, atol=3e-4)


def test_levels_of_a_patient_enter_through_the_clustered_covariance() -> None:
    readings = simulated(4)
    alone = ReaderStudy(readings.scores, readings.truth, readings.modalities, readings.readers, np.arange(40))
    one, two = (
        covariance_matrix(CaseValues.of(one.scores.reshape(8, -1), one.truth), kind, one.patient, 0, 0)
        for one, kind in ((alone, "clustered"), (readings, "delong"))
    )
    assert np.allclose(one, two, atol=1e-12)
    thrice = ReaderStudy(
        np.repeat(readings.scores, 3, axis=2),
        np.repeat(readings.truth, 3),
        readings.modalities,
        readings.readers,
        np.repeat(np.arange(40), 3),
    )
    copied = covariance_matrix(
        CaseValues.of(thrice.scores.reshape(8, -1), thrice.truth), "clustered", thrice.patient, 0, 0
    )
    assert np.allclose(copied, one, atol=1e-12)
    result = obuchowski_rockette(thrice, CASES, covariance="clustered")
    assert result.counts["patients"] == 40
    with pytest.raises(ValueError, match="needs patients"):
        obuchowski_rockette(readings, CASES, covariance="clustered")


@pytest.mark.parametrize("figure", ["sensitivity", "specificity"])
def test_the_jackknife_of_sensitivity_runs_over_diseased_cases_only(figure: Any) -> None:
    readings = simulated(5)
    found = CaseValues.of(readings.scores.reshape(8, -1), readings.truth, figure, threshold=0.5)
    assert found.without_each_case().shape == (8, 20)
    inside = readings.truth if figure == "sensitivity" else ~readings.truth
    called = (readings.scores.reshape(8, -1)[:, inside] >= 0.5) == (figure == "sensitivity")
    assert found.values == pytest.approx(called.mean(axis=1))
    jackknife = covariance_matrix(found, "jackknife", None, 0, 0)
    assert np.allclose(jackknife, np.cov(called.astype(float)) / 20)
    one = obuchowski_rockette(readings, CASES, figure=figure, threshold=0.5, covariance="jackknife")
    other = dorfman_berbaum_metz(readings, CASES, figure=figure, threshold=0.5)
    assert one.tests["modalities"].p == pytest.approx(other.tests["modalities"].p)
    with pytest.raises(ValueError, match="needs a threshold"):
        obuchowski_rockette(readings, CASES, figure=figure)


def test_cases_that_lack_a_reading_are_left_out_and_counted() -> None:
    readings = simulated(6)
    scores = readings.scores.copy()
    scores[0, 0, 3] = math.nan
    found = obuchowski_rockette(ReaderStudy(scores, readings.truth, readings.modalities, readings.readers), CASES)
    assert found.counts["cases_left_out"] == 1
    assert found.counts["positives"] == 19
    assert found.notes


@pytest.mark.parametrize("analysis", ANALYSES)
@pytest.mark.parametrize(
    ("modalities", "readers", "cases"), [(1, 1, 1), (1, 3, 10), (2, 1, 10), (2, 2, 2), (2, 2, 1), (3, 2, 0)]
)
def test_no_study_is_too_small_to_be_answered(analysis: Analysis, modalities: int, readers: int, cases: int) -> None:
    readings = simulated(1, modalities, readers, cases)
    for result in (
        obuchowski_rockette(readings, CASES, analysis=analysis),
        obuchowski_rockette(readings, CASES, analysis=analysis, covariance="jackknife"),
        dorfman_berbaum_metz(readings, CASES, analysis=analysis),
    ):
        result.as_json()
        for one in result.estimates.values():
            assert one.value is not None or one.note
        for test in result.tests.values():
            assert test.p is not None or test.note


def test_readers_who_all_say_the_same_give_no_interval_and_no_failure() -> None:
    scores = np.tile(np.array([3.0, 1, 2, 2, 5, 4]), (2, 3, 1))
    readings = ReaderStudy(scores, np.array([True, False] * 3), ("A", "B"), ("1", "2", "3"))
    for analysis in ANALYSES:
        result = obuchowski_rockette(readings, CASES, analysis=analysis)
        assert result["A - B"].value == 0.0
        assert result["A - B"].low is None
        assert result.tests["modalities"].p is None
        dorfman_berbaum_metz(readings, CASES, analysis=analysis).as_json()


def test_readings_from_rows_are_refused_when_they_contradict_each_other() -> None:
    columns: dict[str, Any] = {
        "modality": ["A", "A", "A"],
        "reader": ["1", "1", "2"],
        "case": ["x", "y", "x"],
        "positive": [True, False, True],
        "score": [1.0, 2.0, 3.0],
    }
    assert np.isnan(ReaderStudy.of_rows(**columns).scores).sum() == 1
    with pytest.raises(ValueError, match="case x was read twice by 1 in A"):
        ReaderStudy.of_rows(**columns | {"case": ["x", "x", "x"]})
    with pytest.raises(ValueError, match="case x has two truths"):
        ReaderStudy.of_rows(**columns | {"positive": [True, False, False]})
    with pytest.raises(ValueError, match="case x has two patients"):
        ReaderStudy.of_rows(**columns, patient=["p", "p", "q"])
