"""Figures as their authors printed them: these need no file, so they are checked on every machine."""

from __future__ import annotations

import numpy as np
import pytest

from reporting.statistics.auc import auc
from reporting.statistics.bland_altman import bland_altman
from reporting.statistics.cohen import cohen_kappa
from reporting.statistics.icc import intraclass_correlation
from reporting.statistics.krippendorff import Metric, krippendorff_alpha
from reporting.statistics.many_readers import grade_counts_agreement, reader_agreement
from reporting.statistics.mcnemar import mcnemar
from reporting.statistics.proportions import proportion
from tests.statistics.reference import CASES, GRADES

# Krippendorff 2013: four observers, twelve units, 0 for a missing value.
OBSERVERS = "1101 2232 3333 3333 2222 1234 4444 1121 2222 0555 0011 0030"
# Fleiss 1971: how many of six psychiatrists chose each of five diagnoses, for thirty patients.
DIAGNOSES = (
    "00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031 "
    "00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"
)


def digits(text: str) -> list[list[int]]:
    return [[int(one) for one in row] for row in text.split()]


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)]
)
def test_newcombe_1998(hits: int, n: int, low: float, high: float) -> None:
    found = proportion(hits, n)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_hanley_and_mcneil_1982() -> None:
    scores = np.repeat(np.tile(np.arange(5.0), 2), [33, 6, 6, 11, 2, 3, 2, 2, 11, 33])
    found = auc(scores, np.repeat([False, True], [58, 51]), CASES)
    assert found["AUC"].value == pytest.approx(0.893, abs=5e-4)
    assert found["SE_Hanley_McNeil"].value == pytest.approx(0.032, abs=6e-4)


def test_shrout_and_fleiss_1979() -> None:
    found = intraclass_correlation([*digits("9258 6132 8468 7126"), [10, 5, 6, 9], [6, 2, 4, 7]], GRADES)
    printed = {"ICC1": 0.17, "ICC2": 0.29, "ICC3": 0.71, "ICC1k": 0.44, "ICC2k": 0.62, "ICC3k": 0.91}
    assert {name: round(found[name].value or 0, 2) for name in printed} == printed


def test_krippendorff_and_gwet() -> None:
    ratings = np.array(digits(OBSERVERS)) - 1
    printed: dict[Metric, float] = {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849, "ratio": 0.797}
    for metric, value in printed.items():
        found = krippendorff_alpha(ratings, [1, 2, 3, 4, 5], GRADES, metric=metric, resamples=20)["alpha"]
        assert found.value == pytest.approx(value, abs=6e-4)
    assert reader_agreement(ratings, 5, GRADES)["gwet"].value == pytest.approx(0.77544, abs=5e-6)


def test_fleiss_1971() -> None:
    assert round(grade_counts_agreement(digits(DIAGNOSES), GRADES)["fleiss"].value or 0, 2) == 0.43


def test_bland_and_altman_1986() -> None:
    wright = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
    mini = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
    found = bland_altman(wright, mini, GRADES)
    assert round(found["bias"].value or 0, 1) == -2.1
    assert round(found["sd"].value or 0, 1) == 38.8
    assert (round(found["bias"].low or 0, 1), round(found["bias"].high or 0, 1)) == (-22.0, 17.8)


def test_agresti_1990() -> None:
    approval = mcnemar([[794, 86], [150, 570]], CASES).tests["chi2"]
    assert approval.statistic == pytest.approx(17.36, abs=5e-3)
    sexual_fun = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]
    assert cohen_kappa(sexual_fun, GRADES)["kappa"].value == pytest.approx(0.129, abs=5e-4)
