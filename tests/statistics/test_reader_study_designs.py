"""Reader studies with missing reads, the machine alone against readers, and how many readers and cases are needed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reporting.statistics.distributions import t_of
from reporting.statistics.mrmc.obuchowski_rockette import ANALYSES, obuchowski_rockette
from reporting.statistics.mrmc.sample_size import Pilot, power, sample_size
from reporting.statistics.mrmc.standalone import standalone_against_readers
from reporting.statistics.mrmc.study import ReaderStudy
from reporting.statistics.mrmc.u_statistics import NEGATIVE, Moments, u_statistics
from tests.statistics.reference import CASES, Case
from tests.statistics.test_reader_studies import FILES, simulated, study

PILOT = Pilot(var_tr=0.0002, var_error=0.0008, cov1=0.0004, cov2=0.0003, cov3=0.0002, cases=100)


@pytest.mark.parametrize("name", FILES)
def test_u_statistics_agree_with_imrmc(name: str) -> None:
    case = Case(f"mrmc.{name}.ustat")
    result = u_statistics(study(name), CASES)
    for key, suffix in (("Ustat", ""), ("MLE_Vstat", "_V")):
        *singles, both = case.expected[key]
        for one in singles:
            found = result[f"AUC_{one['modality_a']}{suffix}"]
            case.agrees(found.value, one["auc_a"])
            case.agrees((found.se or 0) ** 2, one["var_auc_a"])
            case.agrees(half_width_in_t(found.se, found.low, found.value), t_of(0.95, one["df_bdg"]))
        name_of = f"{both['modality_a']} - {both['modality_b']}" + suffix.replace("_", " ")
        case.agrees(result[name_of].value, both["diff"])
        case.agrees(result[f"variance_{name_of}"].value, both["var_diff"])
        if both["var_diff"] > 0:
            case.agrees(result.tests[name_of].df[0], both["df_bdg"])
        else:
            assert result[name_of].note == NEGATIVE


def half_width_in_t(se: float | None, low: float | None, value: float | None) -> float:
    assert se is not None
    assert low is not None
    assert value is not None
    return (value - low) / se


def test_moments_and_coefficients_agree_with_imrmc() -> None:
    case = Case("mrmc.toy.ustat")
    result = u_statistics(study("toy"), CASES)
    for row, expected in zip(result.series["moments"], case.expected["BDG_moments_U"], strict=False):
        for number in range(1, 9):
            case.agrees(row[f"M{number}"], expected[f"M{number}"])  # type: ignore[arg-type]


def by_definition(readings: ReaderStudy) -> tuple[float, float]:
    """AUC and its unbiased variance from every pair of (reader, negative, positive), by counting."""
    wins = []
    for r in range(len(readings.readers)):
        for i in np.flatnonzero(~readings.truth):
            for j in np.flatnonzero(readings.truth):
                a, b = readings.scores[0, r, j], readings.scores[0, r, i]
                if not (math.isnan(a) or math.isnan(b)):
                    wins.append((r, i, j, 0.5 + np.sign(a - b) / 2))
    area = sum(one[3] for one in wins) / len(wins)
    apart = [x[3] * y[3] for x in wins for y in wins if all(x[k] != y[k] for k in range(3))]
    return area, area**2 - sum(apart) / len(apart)


def test_missing_reads_and_split_plots_are_what_counting_pairs_gives() -> None:
    readings = simulated(8, modalities=1, readers=4, cases=12)
    rng = np.random.default_rng(1)
    scattered, split = readings.scores.copy(), readings.scores.copy()
    scattered[rng.random(scattered.shape) < 0.25] = math.nan
    split[0, :2, ::2] = math.nan
    split[0, 2:, 1::2] = math.nan
    for scores in (scattered, split):
        design = ReaderStudy(scores, readings.truth, readings.modalities, readings.readers)
        area, variance = by_definition(design)
        found = u_statistics(design, CASES)
        assert found["AUC_M1"].value == pytest.approx(area)
        assert found.counts["missing_reads"] == np.isnan(scores).sum()
        assert "weighted by pairs" in found.notes[-1]
        if variance > 0:
            assert (found["AUC_M1"].se or 0) ** 2 == pytest.approx(variance)
        else:
            assert found["AUC_M1"].note == NEGATIVE


def test_a_negative_variance_is_said_and_the_other_variance_offered() -> None:
    for seed in range(200):
        found = u_statistics(simulated(seed, readers=2, cases=8), CASES)
        if found["M1 - M2"].note == NEGATIVE:
            assert found["M1 - M2"].low is None
            assert found.tests["M1 - M2"].p is None
            assert found["M1 - M2 V"].se is not None
            assert any("negative" in note for note in found.notes)
            return
    pytest.fail("no negative variance among 200 small studies")


@pytest.mark.parametrize(("readers", "cases"), [(1, 10), (2, 2), (2, 1), (2, 0)])
def test_u_statistics_of_hardly_anything_are_undefined(readers: int, cases: int) -> None:
    found = u_statistics(simulated(0, 2, readers, cases), CASES)
    found.as_json()
    assert found["AUC_M1"].low is None
    assert found["AUC_M1"].note


def test_nothing_read_is_undefined() -> None:
    empty = ReaderStudy(np.full((1, 2, 4), math.nan), np.array([True, False] * 2), ("A",), ("1", "2"))
    assert u_statistics(empty, CASES)["AUC_A"].value is None
    moments = Moments.of((np.zeros((2, 2, 2)),) * 2, (np.zeros((2, 2, 2)),) * 2)
    assert math.isnan(moments.covariance)


def test_the_machine_against_readers_is_the_single_modality_test_of_differences() -> None:
    readings = simulated(9, modalities=1, readers=5, cases=60)
    rng = np.random.default_rng(2)
    machine = readings.truth * 1.5 + rng.normal(0, 1, 60)
    found = standalone_against_readers(readings, machine, CASES)
    # The machine as a second modality that every reader reads alike: r equal copies.
    copies = np.broadcast_to(machine, (1, 5, 60))
    twice = ReaderStudy(
        np.concatenate([readings.scores, copies]), readings.truth, ("readers", "machine"), readings.readers
    )
    same = obuchowski_rockette(twice, CASES)
    assert found["readers"].value == pytest.approx(same["mean_readers"].value)
    assert found["readers - machine"].value == pytest.approx(
        (same["mean_readers"].value or 0) - (same["mean_machine"].value or 0)
    )
    values = np.array([row["value"] for row in found.series["figures"][:5]])
    naive = values.std(ddof=1) / math.sqrt(5)
    assert (found["readers - machine"].se or 0) > naive
    swapped = -(found["readers - machine"].value or 0)
    assert swapped == pytest.approx((found["machine"].value or 0) - (found["readers"].value or 0))


def test_a_machine_alone_needs_one_modality_and_all_cases() -> None:
    with pytest.raises(ValueError, match="one modality"):
        standalone_against_readers(simulated(1), np.zeros(40), CASES)
    with pytest.raises(ValueError, match="machine 39, cases 40"):
        standalone_against_readers(simulated(1, modalities=1), np.zeros(39), CASES)
    one = standalone_against_readers(simulated(1, modalities=1, readers=1), np.arange(40.0), CASES)
    assert one["readers - machine"].low is None


def test_power_is_that_of_the_formula_by_hand() -> None:
    # lambda = r d^2 / 2 / (sigma + error - cov1 + (r - 1) H), df = below^2 / ((below - r H)^2 / (r - 1))
    below = 0.0002 + 0.0004 + 4 * 0.0001
    mean_square = 0.0002 + 0.0004 - 0.0001
    df = below**2 / (mean_square**2 / 4)
    from scipy import stats

    expected = stats.ncf.sf(stats.f.isf(0.05, 1, df), 1, df, 5 * 0.05**2 / 2 / below)
    assert power(PILOT, 5, 100, 0.05) == pytest.approx(expected)


@pytest.mark.parametrize("analysis", ANALYSES)
def test_power_grows_with_readers_cases_and_effect(analysis: str) -> None:
    kind: dict[str, str] = {"analysis": analysis}
    base = power(PILOT, 4, 100, 0.04, **kind)  # type: ignore[arg-type]
    assert base < power(PILOT, 8, 100, 0.04, **kind)  # type: ignore[arg-type]
    assert base < power(PILOT, 4, 200, 0.04, **kind)  # type: ignore[arg-type]
    assert base < power(PILOT, 4, 100, 0.06, **kind)  # type: ignore[arg-type]


def test_the_smallest_design_reaches_the_power_and_one_case_fewer_does_not() -> None:
    for row in sample_size(PILOT, CASES, effect=0.05).series["designs"]:
        if row["cases"] is None:
            continue
        readers, cases = int(row["readers"]), int(row["cases"])  # type: ignore[arg-type]
        assert power(PILOT, readers, cases, 0.05) >= 0.8
        assert cases == 2 or power(PILOT, readers, cases - 1, 0.05) < 0.8


def test_readers_who_differ_too_much_make_a_small_effect_unreachable() -> None:
    wild = Pilot(var_tr=0.01, var_error=0.0008, cov1=0.0004, cov2=0.0003, cov3=0.0002, cases=100)
    found = sample_size(wild, CASES, effect=0.01, most_readers=3)
    assert found["cases_with_3_readers"].value is None
    assert "not reached" in found["cases_with_3_readers"].note


def test_nonsense_designs_are_refused() -> None:
    with pytest.raises(ValueError, match="effect"):
        sample_size(PILOT, CASES, effect=0)
    with pytest.raises(ValueError, match="power"):
        sample_size(PILOT, CASES, effect=0.1, target=0.01)
    with pytest.raises(ValueError, match="at least two cases"):
        Pilot(0, 1, 0, 0, 0, cases=1)
    assert math.isnan(power(PILOT, 1, 100, 0.05))
