"""Catalogue: agreement on grades and on measurements."""

from __future__ import annotations

import numpy as np

from reporting.statistics.agreement_weights import WEIGHTS
from reporting.statistics.arrays import floats
from reporting.statistics.bland_altman import bland_altman, clustered_bland_altman
from reporting.statistics.catalogue.columns import InputError
from reporting.statistics.catalogue.common import DRAWS, LEVEL, PATIENT, PATIENT_IF_ANY, UNIT, choice
from reporting.statistics.catalogue.counts_entries import GRADES
from reporting.statistics.catalogue.parameters import Arguments, Kind, Parameter, Statistic
from reporting.statistics.cohen import agreement_table, cohen_kappa
from reporting.statistics.icc import intraclass_correlation
from reporting.statistics.krippendorff import METRICS, krippendorff_alpha
from reporting.statistics.many_readers import reader_agreement
from reporting.statistics.results import Result

READERS = Parameter("readers", Kind.MANY_GRADES, "one column per reader, one row per subject", required=True)
FIRST = Parameter("first", Kind.GRADES, "first reader", required=True)
SECOND = Parameter("second", Kind.GRADES, "second reader", required=True)
MEASURED = (
    Parameter("first", Kind.NUMBERS, "first measurement", required=True),
    Parameter("second", Kind.NUMBERS, "second measurement; the difference is first - second", required=True),
)
MEASUREMENTS = Parameter("readers", Kind.MANY_NUMBERS, "one column per reader, one row per target", required=True)


def _cohen(a: Arguments) -> Result:
    table, missing = agreement_table(a.grades("first"), a.grades("second"), len(a["grades"]))
    return cohen_kappa(table, a.scope(), weights=a["weights"], grades=a["grades"], level=a["level"], missing=missing)


def _readers(a: Arguments) -> Result:
    return reader_agreement(a.grades("readers"), len(a["grades"]), a.scope(), weights=a["weights"], level=a["level"])


def _krippendorff(a: Arguments) -> Result:
    values = np.arange(len(a["grades"]), dtype=np.float64)
    if a["metric"] in ("interval", "ratio"):
        try:
            values = floats([float(grade) for grade in a["grades"]])
        except ValueError as error:
            raise InputError(f"the {a['metric']} metric needs grades that are numbers") from error
    patient = None if a["patient"] is None else a.labels("patient")
    return krippendorff_alpha(
        a.grades("readers"),
        values,
        a.scope(),
        metric=a["metric"],
        patient=patient,
        level=a["level"],
        resamples=a["resamples"],
        seed=a["seed"],
    )


def _icc(a: Arguments) -> Result:
    return intraclass_correlation(a.number_columns("readers"), a.scope(), level=a["level"])


def _bland_altman(a: Arguments) -> Result:
    return bland_altman(a.number_column("first"), a.number_column("second"), a.scope(), level=a["level"])


def _clustered_bland_altman(a: Arguments) -> Result:
    columns = a.number_column("first"), a.number_column("second"), a.labels("patient")
    return clustered_bland_altman(*columns, a.scope(), level=a["level"], resamples=a["resamples"], seed=a["seed"])


ENTRIES = (
    Statistic(
        "cohen_kappa",
        "two readers: kappa, raw agreement and Gwet's AC together",
        (FIRST, SECOND, GRADES, choice("weights", WEIGHTS, "of disagreement"), UNIT, LEVEL),
        _cohen,
    ),
    Statistic(
        "reader_agreement",
        "two or more readers: raw, Fleiss, Conger, Gwet AC1/AC2, Krippendorff, Brennan-Prediger together",
        (READERS, GRADES, choice("weights", WEIGHTS, "of disagreement"), UNIT, LEVEL),
        _readers,
    ),
    Statistic(
        "krippendorff_alpha",
        "alpha with nominal, ordinal, interval or ratio distances; subjects or patients resampled",
        (READERS, GRADES, choice("metric", METRICS, "distance"), PATIENT_IF_ANY, UNIT, LEVEL, *DRAWS),
        _krippendorff,
    ),
    Statistic("icc", "all six intraclass correlations", (MEASUREMENTS, UNIT, LEVEL), _icc),
    Statistic(
        "bland_altman", "bias and limits of agreement, one row per patient", (*MEASURED, UNIT, LEVEL), _bland_altman
    ),
    Statistic(
        "clustered_bland_altman",
        "the same with several places per patient",
        (*MEASURED, PATIENT, UNIT, LEVEL, *DRAWS),
        _clustered_bland_altman,
    ),
)
