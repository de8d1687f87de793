"""Catalogue: rates, proportions, paired readings."""

from __future__ import annotations

import numpy as np

from reporting.statistics.arrays import Bools
from reporting.statistics.catalogue.columns import InputError
from reporting.statistics.catalogue.common import CLASSES, DRAWS, LEVEL, PATIENT, TRUTH, UNIT, choice
from reporting.statistics.catalogue.parameters import Arguments, Kind, Parameter, Statistic
from reporting.statistics.clustered_mcnemar import clustered_mcnemar
from reporting.statistics.clustered_rates import INTERVALS, clustered_rates
from reporting.statistics.clusters import clustered_proportion, rao_scott_test
from reporting.statistics.cohen import agreement_table
from reporting.statistics.confusion import count, diagnostic_rates, predictive_values
from reporting.statistics.mcnemar import mcnemar, stuart_maxwell
from reporting.statistics.proportions import METHODS, proportion
from reporting.statistics.results import Result

CALL = Parameter("call", Kind.CODES, "what was said, in the codes of the truth (or give score and threshold)")
CALL_SCORE = Parameter("score", Kind.NUMBERS, "positive when score >= threshold, in place of call")
THRESHOLD = Parameter("threshold", Kind.NUMBER, "of the score")
HIT = Parameter("hit", Kind.CODES, "the column whose share of positives is wanted", required=True)
FIRST = Parameter("first", Kind.CODES, "first reading", required=True)
SECOND = Parameter("second", Kind.CODES, "second reading", required=True)
GRADES = Parameter("grades", Kind.TEXTS, "the full list of grades, in order", required=True)
CALLS = (TRUTH, CALL, CALL_SCORE, THRESHOLD, *CLASSES, UNIT, LEVEL)


def _called(a: Arguments) -> tuple[Bools, Bools]:
    """Truth and what was said; rows without a score are left out."""
    truth = a.positives("truth")
    if (a["call"] is None) == (a["score"] is None) or (a["score"] is None) != (a["threshold"] is None):
        raise InputError("give call, or score and threshold")
    if a["call"] is not None:
        return truth, a.positives("call")
    score = a.number_column("score")
    if np.isnan(score).any():
        row = int(np.flatnonzero(np.isnan(score))[0]) + 2
        raise InputError(f"{a.path}: column {a['score']}: no score in row {row} of those with a code; it has no call")
    return truth, np.asarray(score >= a["threshold"])


def _rates(a: Arguments) -> Result:
    return diagnostic_rates(count(*_called(a)), a.scope(), level=a["level"], interval=a["interval"])


def _predictive(a: Arguments) -> Result:
    return predictive_values(count(*_called(a)), a["prevalence"], a.scope(), level=a["level"])


def _clustered_rates(a: Arguments) -> Result:
    truth, said = _called(a)
    return clustered_rates(
        truth,
        said,
        a.labels("patient"),
        a.scope(),
        level=a["level"],
        interval=a["interval"],
        resamples=a["resamples"],
        seed=a["seed"],
    )


def _proportion(a: Arguments) -> Result:
    hit = a.positives("hit")
    hits, n = int(hit.sum()), len(hit)
    found = proportion(hits, n, level=a["level"], method=a["interval"])
    return Result(
        "proportion",
        f"{a['interval']} interval; rows counted as independent",
        a.scope(),
        {"hits": hits, "n": n},
        {"proportion": found},
        level=a["level"],
    )


def _clustered_proportion(a: Arguments) -> Result:
    return clustered_proportion(
        a.positives("hit"),
        a.labels("patient"),
        a.scope(),
        level=a["level"],
        bootstrap=a["interval"] == "bootstrap",
        resamples=a["resamples"],
        seed=a["seed"],
    )


def _rao_scott(a: Arguments) -> Result:
    return rao_scott_test(
        a.positives("hit"), a.text_column("group").astype(str), a.labels("patient"), a.scope(), level=a["level"]
    )


def _mcnemar(a: Arguments) -> Result:
    first, second = a.positives("first"), a.positives("second")
    cells = [int((x & y).sum()) for x in (first, ~first) for y in (second, ~second)]
    return mcnemar([cells[:2], cells[2:]], a.scope(), level=a["level"])


def _clustered_mcnemar(a: Arguments) -> Result:
    return clustered_mcnemar(
        a.positives("first"), a.positives("second"), a.labels("patient"), a.scope(), level=a["level"]
    )


def _stuart_maxwell(a: Arguments) -> Result:
    table, _ = agreement_table(a.grades("first"), a.grades("second"), len(a["grades"]))
    return stuart_maxwell(table, a.scope())


ENTRIES = (
    Statistic(
        "rates",
        "ACC, TPR, TNR, PPV, NPV, PLR, NLR, DOR, F1 and prevalence, rows independent",
        (*CALLS, choice("interval", METHODS, "of the proportions")),
        _rates,
    ),
    Statistic(
        "clustered_rates",
        "the eight rates with intervals over patients",
        (*CALLS, PATIENT, choice("interval", INTERVALS, "linearised, or patients resampled"), *DRAWS),
        _clustered_rates,
    ),
    Statistic(
        "predictive_values",
        "PPV and NPV at another prevalence",
        (*CALLS, Parameter("prevalence", Kind.NUMBER, "of the positive class", required=True, between=(0, 1))),
        _predictive,
    ),
    Statistic(
        "proportion",
        "a share with Wilson's, corrected Wilson's or Clopper and Pearson's interval",
        (HIT, *CLASSES, UNIT, LEVEL, choice("interval", METHODS, "")),
        _proportion,
    ),
    Statistic(
        "clustered_proportion",
        "a share with its interval over patients, and the design effect",
        (HIT, PATIENT, *CLASSES, UNIT, LEVEL, choice("interval", ("rao_scott", "bootstrap"), ""), *DRAWS),
        _clustered_proportion,
    ),
    Statistic(
        "rao_scott_test",
        "whether a share differs between groups of patients",
        (HIT, Parameter("group", Kind.CODES, "of patients", required=True), PATIENT, *CLASSES, UNIT, LEVEL),
        _rao_scott,
    ),
    Statistic("mcnemar", "two yes/no readings of the same cases", (FIRST, SECOND, *CLASSES, UNIT, LEVEL), _mcnemar),
    Statistic(
        "clustered_mcnemar",
        "the same with several places per patient",
        (FIRST, SECOND, PATIENT, *CLASSES, UNIT, LEVEL),
        _clustered_mcnemar,
    ),
    Statistic(
        "stuart_maxwell",
        "whether two readers use the grades equally often",
        (FIRST, SECOND, GRADES, UNIT),
        _stuart_maxwell,
    ),
)
