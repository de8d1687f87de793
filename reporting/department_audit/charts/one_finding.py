"""The charts of one finding: confusion matrix, curves over the threshold, calibration, predictive values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from reporting.charts.chart import Chart, Headline
from reporting.charts.drawing import Series, stacked_shares
from reporting.charts.tables import Column, Kind, Row, Table, Word
from reporting.department_audit.charts.comparison import positive_and_negative, rate_names
from reporting.department_audit.charts.concordance import method
from reporting.department_audit.charts.curves import (
    calibration_figure,
    calibration_table,
    curve_table,
    roc_figure,
    threshold_figure,
)
from reporting.department_audit.charts.predictive import predictive_figure, predictive_table, slider
from reporting.department_audit.charts.question import Question
from reporting.department_audit.charts.rates import MISSED
from reporting.department_audit.figures import scores, tables
from reporting.department_audit.scores import ScoreFigure
from reporting.department_audit.summaries import once
from reporting.predictions.models import Algorithm, AlgorithmStatus
from reporting.predictions.services import threshold_in_force
from reporting.statistics.results import Estimate, undefined

RATES = ("ACC", "TPR", "TNR", "PPV", "NPV", "F1")
RATIOS = ("PLR", "NLR")


def confusion(question: Question) -> Chart:
    """The four counts, and above them every rate with its interval."""
    positive, negative = positive_and_negative(question.truth)
    columns = (
        Column("group", _("Held against")),
        Column("machine_positive", _("Machine positive"), Kind.COUNT),
        Column("machine_negative", _("Machine negative"), Kind.COUNT),
        Column("all", _("All"), Kind.COUNT),
    )
    found = next(iter(tables(question.filter)), None)
    names = rate_names(question.truth)
    headline: tuple[Headline, ...] = ()
    rows: tuple[Row, ...] = ()
    if found is not None:
        rates = found.rates()
        tp, fp, fn, tn = (int(rates.counts[cell]) for cell in ("tp", "fp", "fn", "tn"))
        rows = (
            _matrix_row(question, Word("positive", positive), {"tp": tp, "fn": fn, "class_positive": tp + fn}),
            _matrix_row(question, Word("negative", negative), {"fp": fp, "tn": tn, "class_negative": fp + tn}),
        )
        every = question.cases(cell="n")
        missed = {rate: question.cases(cell=cell) for rate, cell in MISSED.items() if rates.counts[cell]}
        headline = (
            *_counted(question, int(rates.counts["n"]), int(rates.counts["patients"])),
            *(Headline(names[rate], rates.estimates[rate], Kind.SHARE, missed.get(rate, every)) for rate in RATES),
            *(Headline(names[rate], rates.estimates[rate], cases=every) for rate in RATIOS),
        )
    table = Table(columns, rows)
    parts = (
        Series("machine_positive", _("Machine positive"), "danger"),
        Series("machine_negative", _("Machine negative"), "accent"),
    )
    figure = stacked_shares(table, "group", parts, ("", "/"), _("Share of the row"), question.cases_address)
    return _chart(question, "confusion", _("confusion matrix"), table, figure if rows else None, headline)


def roc(question: Question) -> Chart:
    score = _score(question)
    table = _curve_table(question)
    area = score.auc() if score else undefined("nothing to count")
    address, in_use = question.cases_address, threshold_in_use(question)
    figure = roc_figure(table, question.truth, in_use, address) if table.rows else None
    counted = _counted(question, score.n, score.patients) if score else ()
    headline = (*counted, Headline("AUC", area, cases=question.cases(cell="n") if score else ""))
    return _chart(question, "roc", _("ROC curve"), table, figure, headline, _roc_remarks())


def thresholds(question: Question) -> Chart:
    table = _curve_table(question)
    address, in_use = question.cases_address, threshold_in_use(question)
    figure = threshold_figure(table, question.truth, in_use, address) if table.rows else None
    return _chart(question, "thresholds", _("rates at every threshold"), table, figure, (), _roc_remarks())


def calibration(question: Question) -> Chart:
    score = _score(question)
    table = calibration_table(score.calibration() if score else (), lambda cell: question.cases(cell=cell))
    headline: tuple[Headline, ...] = ()
    if score is not None:
        headline = (
            *_counted(question, score.n, score.patients),
            Headline(_("Brier score"), score.brier(), cases=question.cases(cell="n"), digits=3),
            Headline(
                _("Expected calibration error"), score.calibration_error(), cases=question.cases(cell="n"), digits=3
            ),
        )
    figure = calibration_figure(table, question.cases_address) if table.rows else None
    remark = _(
        "Mean probability and Brier score: t over patients, with a probability counted as the middle of its bin. "
        "Calibration error: percentiles of normal draws of the tenths' gaps; as gaps are counted without their sign, "
        "its interval lies a little high."
    )
    return _chart(question, "calibration", _("calibration of the probability"), table, figure, headline, (remark,))


def predictive(question: Question) -> Chart:
    """PPV and NPV at any prevalence, with a slider that begins at the department's own."""
    key, subject = "predictive-values", _("predictive values at other prevalences")
    found = next(iter(tables(question.filter)), None)
    if found is None:
        columns = (Column("prevalence", _("Prevalence"), Kind.SHARE),)
        return _chart(question, key, subject, Table(columns, ()), None)
    rates, names = found.rates(), rate_names(question.truth)
    table = predictive_table(rates, question.truth, question.cases(cell="n"))
    own = found.share_positive()
    more = slider(rates, own.value or 0.0) | {"ppv_name": names["PPV"], "npv_name": names["NPV"]}
    own = replace(own, note="; ".join(filter(None, [own.note, "the slider begins here"])))
    opened = question.cases(cell="class_positive" if own.value else "n")
    counted = _counted(question, int(rates.counts["n"]), int(rates.counts["patients"]))
    headline = (*counted, Headline(_("Share positive here"), own, Kind.SHARE, opened))
    remark = _(
        "Bayes' rule from the likelihood ratios, whose interval over patients is carried through. It holds only if the "
        "disease looks alike where it is rarer or more frequent."
    )
    chart = _chart(
        question,
        key,
        subject,
        table,
        predictive_figure(table, question.truth, question.cases_address),
        headline,
        (remark,),
    )
    return replace(chart, extra="department_audit/_prevalence.html", more=more)


def threshold_in_use(question: Question) -> float | None:
    """That of the algorithm the filter names, or of the one that fills reports now; ``None`` where it has none."""
    algorithms = Algorithm.objects.filter(fills_reports=True)
    if question.filter.algorithm:
        named = [one for one in algorithms if f"{one.name} {one.version}" == question.filter.algorithm]
    else:
        named = list(algorithms.filter(status=AlgorithmStatus.ACTIVE))
    return threshold_in_force(named[0], question.filter.finding) if named and question.filter.finding else None


def _chart(
    question: Question,
    key: str,
    subject: str,
    table: Table,
    figure: go.Figure | None,
    headline: tuple[Headline, ...] = (),
    remarks: tuple[str, ...] = (),
) -> Chart:
    return Chart(
        key,
        question.title(f"{question.finding_label}, {subject}"),
        table,
        method(question, remarks),
        figure,
        empty=_("Not estimable: nothing to compare, or one class is missing."),
        headline=headline,
        query=question.filter.urlencode(),
    )


def _score(question: Question) -> ScoreFigure | None:
    return once(("score", question), lambda: next(iter(scores(question.filter)), None))


def _curve_table(question: Question) -> Table:
    """A row a threshold: two charts of a page show it, and its three hundred intervals take a while."""

    def made() -> Table:
        score = _score(question)
        return curve_table(score.points() if score else (), question.truth, lambda cell: question.cases(cell=cell))

    return once(("curve", question), made)


def _counted(question: Question, compared: int, patients: int) -> tuple[Headline, ...]:
    every = question.cases(cell="n")
    return (
        Headline(_("Compared"), Estimate(compared), Kind.COUNT, every),
        Headline(_("Patients"), Estimate(patients), Kind.COUNT, every),
    )


def _matrix_row(question: Question, name: Word, counts: Mapping[str, int]) -> Row:
    return Row((name, *counts.values()), ("", *(question.cases(cell=cell) if n else "" for cell, n in counts.items())))


def _roc_remarks() -> tuple[str, ...]:
    return (
        _(
            "Positive from a probability upwards, in steps of a hundredth, finer near 0 and 1. The interval of a rate "
            "is exact over patients at every tenth; between, rows of one patient are taken to lie evenly in their "
            "tenth. The area's is over patients too (Obuchowski 1997, logit)."
        ),
    )
