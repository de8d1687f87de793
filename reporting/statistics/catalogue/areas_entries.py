"""Catalogue: ROC curves, areas under them, calibration."""

from __future__ import annotations

from typing import Any

from reporting.statistics.auc import INTERVALS, auc
from reporting.statistics.auc_tests import paired_auc_test, unpaired_auc_test
from reporting.statistics.calibration import BINS, calibration
from reporting.statistics.catalogue.columns import InputError
from reporting.statistics.catalogue.common import (
    CLASSES,
    DRAWS,
    LEVEL,
    PATIENT,
    PATIENT_IF_ANY,
    SCORE,
    SCORE_A,
    SCORE_B,
    TRUTH,
    UNIT,
    choice,
)
from reporting.statistics.catalogue.parameters import Arguments, Kind, Parameter, Statistic
from reporting.statistics.clustered_auc import INTERVALS as CLUSTERED_INTERVALS
from reporting.statistics.clustered_auc import clustered_auc, clustered_auc_test
from reporting.statistics.results import Result
from reporting.statistics.roc_curve import MOST_POINTS, partial_auc, roc_curve

ONE_SCORE = (SCORE, TRUTH, *CLASSES, UNIT, LEVEL)
TWO_SCORES = (SCORE_A, SCORE_B, TRUTH, *CLASSES, UNIT, LEVEL)


def _drawn(a: Arguments) -> dict[str, Any]:
    return {"resamples": a["resamples"], "seed": a["seed"]}


def _auc(a: Arguments) -> Result:
    truth = a.positives("truth")
    return auc(a.number_column("score"), truth, a.scope(), level=a["level"], interval=a["interval"])


def _clustered_auc(a: Arguments) -> Result:
    columns = a.number_column("score"), a.positives("truth"), a.labels("patient")
    return clustered_auc(*columns, a.scope(), level=a["level"], interval=a["interval"], **_drawn(a))


def _paired(a: Arguments) -> Result:
    columns = a.number_column("score_a"), a.number_column("score_b"), a.positives("truth")
    return paired_auc_test(*columns, a.scope(), level=a["level"])


def _clustered_paired(a: Arguments) -> Result:
    columns = a.number_column("score_a"), a.number_column("score_b"), a.positives("truth"), a.labels("patient")
    return clustered_auc_test(*columns, a.scope(), level=a["level"])


def _unpaired(a: Arguments) -> Result:
    group, names = a.names("group")
    if len(names) != 2:
        raise InputError(f"{a.path}: column {a['group']}: needs two groups, has {len(names)}")
    scores, truth = a.number_column("score"), a.positives("truth")
    first, second = (group == place for place in (names.index(min(names)), names.index(max(names))))
    return unpaired_auc_test(scores[first], truth[first], scores[second], truth[second], a.scope(), level=a["level"])


def _curve(a: Arguments) -> Result:
    truth = a.positives("truth")
    return roc_curve(a.number_column("score"), truth, a.scope(), level=a["level"], points=a["points"])


def _partial(a: Arguments) -> Result:
    truth = a.positives("truth")
    patient = None if a["patient"] is None else a.labels("patient")
    part = {"low": a["low"], "high": a["high"], "focus": a["focus"], "patient": patient}
    return partial_auc(a.number_column("score"), truth, a.scope(), level=a["level"], **part, **_drawn(a))


def _calibration(a: Arguments) -> Result:
    truth = a.positives("truth")
    patient = None if a["patient"] is None else a.labels("patient")
    probabilities = a.number_column("score")
    return calibration(probabilities, truth, a.scope(), patient=patient, bins=a["bins"], level=a["level"], **_drawn(a))


ENTRIES = (
    Statistic(
        "auc",
        "area under the ROC curve with DeLong's variance, rows independent",
        (*ONE_SCORE, choice("interval", INTERVALS, "")),
        _auc,
    ),
    Statistic(
        "clustered_auc",
        "the same with several places per patient (Obuchowski, or patients resampled)",
        (*ONE_SCORE, PATIENT, choice("interval", CLUSTERED_INTERVALS, ""), *DRAWS),
        _clustered_auc,
    ),
    Statistic("paired_auc_test", "two scores of the same rows (DeLong)", TWO_SCORES, _paired),
    Statistic(
        "clustered_auc_test",
        "two scores of the same rows, several places per patient (Obuchowski)",
        (*TWO_SCORES, PATIENT),
        _clustered_paired,
    ),
    Statistic(
        "unpaired_auc_test",
        "one score in two groups of different patients; a and b in the order of their codes",
        (*ONE_SCORE, Parameter("group", Kind.CODES, "two codes", required=True)),
        _unpaired,
    ),
    Statistic(
        "roc_curve",
        "points of the curve with counts, and Youden's point",
        (*ONE_SCORE, Parameter("points", Kind.WHOLE, "at most", MOST_POINTS, between=(1, 10_001))),
        _curve,
    ),
    Statistic(
        "partial_auc",
        "area where specificity or sensitivity is high, and McClish's standardised one",
        (
            *ONE_SCORE,
            PATIENT_IF_ANY,
            choice("focus", ("specificity", "sensitivity"), "which of the two is bounded"),
            Parameter("low", Kind.NUMBER, "bound", 0.9),
            Parameter("high", Kind.NUMBER, "bound", 1.0),
            *DRAWS,
        ),
        _partial,
    ),
    Statistic(
        "calibration",
        "Brier score, gap, expected calibration error, intercept, slope, bins",
        (*ONE_SCORE, PATIENT_IF_ANY, Parameter("bins", Kind.WHOLE, "equal-width", BINS, between=(0, 1001)), *DRAWS),
        _calibration,
    ),
)
