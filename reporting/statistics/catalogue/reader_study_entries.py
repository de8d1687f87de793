"""Catalogue: reader studies, one row per reading; and the paper's table."""

from __future__ import annotations

import numpy as np

from reporting.statistics.catalogue.columns import InputError
from reporting.statistics.catalogue.common import CLASSES, DRAWS, LEVEL, PATIENT_IF_ANY, SCORE, TRUTH, UNIT, choice
from reporting.statistics.catalogue.parameters import Arguments, Kind, Parameter, Statistic
from reporting.statistics.mrmc.covariance import COVARIANCES
from reporting.statistics.mrmc.dbm import dorfman_berbaum_metz
from reporting.statistics.mrmc.figures import FIGURES
from reporting.statistics.mrmc.obuchowski_rockette import ANALYSES, obuchowski_rockette
from reporting.statistics.mrmc.sample_size import Pilot, sample_size
from reporting.statistics.mrmc.standalone import standalone_against_readers
from reporting.statistics.mrmc.study import ReaderStudy
from reporting.statistics.mrmc.u_statistics import u_statistics
from reporting.statistics.paper import paper_table
from reporting.statistics.results import Result

READER = Parameter("reader", Kind.CODES, "who read", required=True)
CASE = Parameter("case", Kind.CODES, "what was read", required=True)
MODALITY = Parameter("modality", Kind.CODES, "how: with or without the machine, for instance", required=True)
FIGURE = (choice("figure", FIGURES, "of merit"), Parameter("threshold", Kind.NUMBER, "of sensitivity, specificity"))
ANALYSIS = choice("analysis", ANALYSES, "random (R) or fixed (F) readers (first R) and cases (C)")
COVARIANCE = (choice("covariance", COVARIANCES, "clustered needs patient"), *DRAWS)
READING = (READER, CASE, TRUTH, SCORE, *CLASSES, UNIT, LEVEL)


def _study(a: Arguments, *, modality: bool = True) -> ReaderStudy:
    truth = a.positives("truth")
    reader = a.text_column("reader").astype(str)
    return ReaderStudy.of_rows(
        modality=a.text_column("modality").astype(str) if modality else np.full(len(truth), "readers"),
        reader=reader,
        case=a.text_column("case").astype(str),
        positive=truth,
        score=a.number_column("score"),
        patient=None if a.values.get("patient") is None else a.labels("patient"),
    )


def _obuchowski_rockette(a: Arguments) -> Result:
    return obuchowski_rockette(
        _study(a),
        a.scope(),
        analysis=a["analysis"],
        covariance=a["covariance"],
        figure=a["figure"],
        threshold=a["threshold"],
        level=a["level"],
        resamples=a["resamples"],
        seed=a["seed"],
    )


def _dbm(a: Arguments) -> Result:
    return dorfman_berbaum_metz(
        _study(a),
        a.scope(),
        analysis=a["analysis"],
        figure=a["figure"],
        threshold=a["threshold"],
        level=a["level"],
    )


def _u_statistics(a: Arguments) -> Result:
    return u_statistics(_study(a), a.scope(), level=a["level"])


def _standalone(a: Arguments) -> Result:
    study, machine = _study(a, modality=False), a["machine"]
    if machine not in study.readers:
        raise InputError(f"{a.path}: column {a['reader']}: no {machine!r}; it has {', '.join(study.readers)}")
    place = study.readers.index(machine)
    readers = ReaderStudy(
        np.delete(study.scores, place, axis=1),
        study.truth,
        study.modalities,
        tuple(name for name in study.readers if name != machine),
        study.patient,
    )
    return standalone_against_readers(
        readers,
        study.scores[0, place],
        a.scope(),
        covariance=a["covariance"],
        figure=a["figure"],
        threshold=a["threshold"],
        level=a["level"],
        resamples=a["resamples"],
        seed=a["seed"],
    )


def _sample_size(a: Arguments) -> Result:
    pilot = Pilot(a["var_tr"], a["var_error"], a["cov1"], a["cov2"], a["cov3"], a["pilot_cases"])
    return sample_size(
        pilot,
        a.scope(),
        effect=a["effect"],
        target=a["power"],
        most_readers=a["most_readers"],
        analysis=a["analysis"],
        alpha=a["alpha"],
    )


def _component(name: str, text: str) -> Parameter:
    return Parameter(name, Kind.NUMBER, f"{text}, from obuchowski_rockette on the pilot", required=True)


ENTRIES = (
    Statistic(
        "obuchowski_rockette",
        "several readers and modalities, crossed: means, differences, components, Hillis df",
        (*READING, MODALITY, ANALYSIS, *FIGURE, PATIENT_IF_ANY, *COVARIANCE),
        _obuchowski_rockette,
    ),
    Statistic(
        "dorfman_berbaum_metz",
        "the same from jackknife pseudovalues",
        (*READING, MODALITY, ANALYSIS, *FIGURE),
        _dbm,
    ),
    Statistic(
        "u_statistics", "reader-averaged AUC with missing or split-plot reads", (*READING, MODALITY), _u_statistics
    ),
    Statistic(
        "standalone_against_readers",
        "the machine alone against the readers of the same cases",
        (
            *READING,
            Parameter("machine", Kind.TEXT, "the code of the reader column that is the machine", required=True),
            *FIGURE,
            PATIENT_IF_ANY,
            *COVARIANCE,
        ),
        _standalone,
    ),
    Statistic(
        "mrmc_sample_size",
        "cases needed for each number of readers, from a pilot's variance components",
        (
            _component("var_tr", "variance of modality x reader"),
            _component("var_error", "error variance"),
            _component("cov1", "same reader"),
            _component("cov2", "same modality"),
            _component("cov3", "neither"),
            Parameter("pilot_cases", Kind.WHOLE, "cases in the pilot", required=True, between=(1, 2**31)),
            Parameter("effect", Kind.NUMBER, "the difference to be found", required=True),
            Parameter("power", Kind.NUMBER, "to find it", 0.8, between=(0, 1)),
            Parameter("alpha", Kind.NUMBER, "two-sided", 0.05, between=(0, 1)),
            Parameter("most_readers", Kind.WHOLE, "in the table", 12, between=(0, 101)),
            ANALYSIS,
            UNIT,
        ),
        _sample_size,
        needs_file=False,
    ),
    Statistic(
        "paper_table",
        "table 4 of the paper, in both orientations, with the cells that cannot be reproduced",
        (),
        lambda _: paper_table(),
        needs_file=False,
    ),
)
