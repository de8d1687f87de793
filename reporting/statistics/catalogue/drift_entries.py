"""Catalogue: charts over time, one row per period in the order of the file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reporting.statistics.catalogue.columns import InputError
from reporting.statistics.catalogue.common import UNIT, choice
from reporting.statistics.catalogue.parameters import Arguments, Kind, Parameter, Statistic
from reporting.statistics.drift import LIMITS, cusum, ewma, p_chart
from reporting.statistics.results import Result

LABEL = Parameter("label", Kind.CODES, "name of the period")
VALUE = Parameter("value", Kind.NUMBERS, "the number watched", required=True)
CENTER = Parameter("center", Kind.NUMBER, "of the baseline", required=True)
SD = Parameter("sd", Kind.NUMBER, "of one value in the baseline", required=True)
SIGMAS = Parameter("sigmas", Kind.NUMBER, "from the centre to a limit", 3.0, between=(0, 100))
POSITIVE = Parameter("positive", Kind.TEXT, "what a hit is", "hit")


def _labels(a: Arguments) -> Sequence[str]:
    return () if a["label"] is None else [str(one) for one in a.text_column("label")]


def _p_chart(a: Arguments) -> Result:
    hits, n = a.number_column("hits"), a.number_column("n")
    if np.isnan(hits).any() or np.isnan(n).any():
        raise InputError(f"{a.path}: a period lacks its counts; give 0 of 0 where there was nothing")
    first = len(hits) if a["baseline"] is None else a["baseline"]
    return p_chart(
        hits,
        n,
        a.scope(),
        baseline=np.arange(len(hits)) < first,
        limits=a["limits"],
        design_effect=a["design_effect"],
        sigmas=a["sigmas"],
        labels=_labels(a),
    )


def _ewma(a: Arguments) -> Result:
    return ewma(
        a.number_column("value"),
        a.scope(),
        center=a["center"],
        sd=a["sd"],
        weight=a["weight"],
        sigmas=a["sigmas"],
        asymptotic=a["limits"] == "asymptotic",
        labels=_labels(a),
    )


def _cusum(a: Arguments) -> Result:
    return cusum(
        a.number_column("value"),
        a.scope(),
        center=a["center"],
        sd=a["sd"],
        slack=a["slack"],
        decision=a["decision"],
        labels=_labels(a),
    )


ENTRIES = (
    Statistic(
        "p_chart",
        "share per period with limits from a frozen baseline, or Laney's",
        (
            Parameter("hits", Kind.NUMBERS, "per period", required=True),
            Parameter("n", Kind.NUMBERS, "rows per period", required=True),
            LABEL,
            Parameter("baseline", Kind.WHOLE, "how many first periods; all if not given", between=(0, 2**31)),
            choice("limits", LIMITS, "laney where counts vary more than independent rows would"),
            Parameter("design_effect", Kind.NUMBER, "of reads clustered in patients", 1.0, between=(0, 1e6)),
            SIGMAS,
            POSITIVE,
            UNIT,
        ),
        _p_chart,
    ),
    Statistic(
        "ewma",
        "exponentially weighted moving average",
        (
            VALUE,
            CENTER,
            SD,
            Parameter("weight", Kind.NUMBER, "of the newest value", 0.2),
            SIGMAS,
            choice("limits", ("exact", "asymptotic"), ""),
            LABEL,
            UNIT,
        ),
        _ewma,
    ),
    Statistic(
        "cusum",
        "two-sided cumulative sums",
        (
            VALUE,
            CENTER,
            SD,
            Parameter("slack", Kind.NUMBER, "in sd", 0.5),
            Parameter("decision", Kind.NUMBER, "in sd", 5.0),
            LABEL,
            UNIT,
        ),
        _cusum,
    ),
)
