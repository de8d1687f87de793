"""Whole reports: how long they took, how much was edited, in how many every machine value stood."""

from __future__ import annotations

from dataclasses import replace

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from reporting.charts.chart import Chart, Headline, MethodNote
from reporting.charts.drawing import Series, cases_of, estimates_by_row
from reporting.charts.tables import Column, Kind, Row, Table, Word
from reporting.department_audit.charts.bars import histogram
from reporting.department_audit.charts.comparison import interval_text, source_text
from reporting.department_audit.charts.dimension_words import DIMENSIONS, in_order, value_word
from reporting.department_audit.charts.question import Question
from reporting.department_audit.figure_types import ProcessFigure
from reporting.department_audit.figures import process
from reporting.department_audit.filters import Dimension
from reporting.department_audit.time_steps import STEPS, step_of_bin
from reporting.statistics.arrays import Ints
from reporting.statistics.results import Estimate


def stood_by(question: Question, dimension: Dimension) -> Chart:
    """Share of reports in which every machine value stood, edits per report and time to sign, by group."""
    name = str(DIMENSIONS[dimension])
    columns = (
        Column("group", name),
        Column("reports", _("Reports"), Kind.COUNT),
        Column("patients", _("Patients"), Kind.COUNT),
        Column("with_machine", _("With machine values"), Kind.COUNT),
        Column("stood", _("Every machine value stood"), Kind.SHARE, with_interval=True),
        Column("edits", _("Edits per report"), Kind.NUMBER, with_interval=True),
        Column("median_s", _("Opened to signed, median s"), Kind.NUMBER, with_interval=True, digits=0),
    )
    rows = []
    for found in in_order(process(question.filter, dimension), dimension):
        cases, stood, said, timed = (
            question.cases(dimension, found.value, cell=cell) for cell in ("report", "stood", "with_machine", "timed")
        )
        figures = (found.all_stood(), found.edits_per_report(), found.time_to_sign())
        cells = (value_word(dimension.value, found.value), found.reports, found.patients, found.with_machine, *figures)
        rows.append(Row(cells, (cases, cases, cases, said, stood, cases, timed)))
    table = Table(columns, tuple(rows))
    series = (Series("stood", _("Every machine value stood"), "accent", "circle"),)
    title = _("Whole reports: share in which every machine value stood, by %(group)s") % {"group": name.lower()}
    figure = estimates_by_row(
        table,
        "group",
        series,
        _("Share, interval over patients (95 %)"),
        question.cases_address,
        over_time=dimension is Dimension.MONTH,
    )
    return _chart(question, f"stood-by-{dimension.value.replace('_', '-')}", title, table, figure if rows else None)


def summary(question: Question) -> tuple[Headline, ...]:
    """The department's reports in six figures."""
    found = _all(question)
    if found is None:
        return ()
    every, timed, received = (question.cases(cell=cell) for cell in ("report", "timed", "received"))
    since_received = found.time_to_sign(since="received")
    return (
        Headline(_("Reports"), Estimate(found.reports), Kind.COUNT, every),
        Headline(_("Patients"), Estimate(found.patients), Kind.COUNT, every),
        Headline(_("Every machine value stood"), found.all_stood(), Kind.SHARE, question.cases(cell="stood")),
        Headline(_("Edits per report"), found.edits_per_report(), cases=every),
        Headline(_("Opened to signed, median s"), found.time_to_sign(), Kind.COUNT, timed),
        Headline(_("Received to signed, median s"), since_received, Kind.COUNT, received),
    )


def edits(question: Question) -> Chart:
    found = _all(question)
    columns = (Column("edits", _("Edits")), Column("reports", _("Reports"), Kind.COUNT))
    counted = list(found.edits_histogram.items()) if found else []
    while counted and not counted[-1][1]:
        counted.pop()
    rows = tuple(
        Row((number, reports), ("", question.cases(cell=f"edits@{number}") if reports else ""))
        for number, reports in counted
    )
    table = Table(columns, rows)
    every = question.cases(cell="report")
    headline = (Headline(_("Edits per report"), found.edits_per_report(), cases=every),) if found else ()
    cases = cases_of(table, "reports", question.cases_address)
    figure = histogram(table, "edits", "reports", _("Edits per report"), cases) if found else None
    title = _("Whole reports: edits of machine values per report")
    return _chart(question, "edits", title, table, figure, headline)


def times(question: Question) -> Chart:
    found = _all(question)
    columns = (Column("time", _("Opened to signed")), Column("reports", _("Reports"), Kind.COUNT))
    counted = _by_time(question, found.shown_to_signed) if found and found.shown_to_signed.any() else []
    table = Table(columns, tuple(Row((word, reports), ("", cases)) for word, reports, cases in counted))
    headline: tuple[Headline, ...] = ()
    if found:
        timed = question.cases(cell="timed")
        headline = (
            Headline(_("Opened to signed, median s"), found.time_to_sign(), Kind.COUNT, timed),
            Headline(_("nine of ten signed within, s"), found.time_to_sign(0.9), Kind.COUNT, timed),
        )
    cases = cases_of(table, "reports", question.cases_address)
    figure = histogram(table, "time", "reports", _("Opened to signed"), cases) if counted else None
    title = _("Whole reports: time from first opened to signed")
    chart = _chart(question, "times", title, table, figure, headline)
    if found is None:
        return chart
    return replace(chart, empty=_("No times are known: none of these reports was opened here before it was signed."))


def _all(question: Question) -> ProcessFigure | None:
    return next(iter(process(question.filter)), None)


def _by_time(question: Question, seconds: Ints) -> list[tuple[Word, int, str]]:
    """The fine histogram in steps that people say, with the reports behind each."""
    found = [0] * len(STEPS)
    for place, reports in enumerate(seconds.tolist()):
        found[step_of_bin(place)] += reports
    return [
        (Word(name, name), reports, question.cases(cell=f"time@{step}") if reports else "")
        for step, ((_limit, name), reports) in enumerate(zip(STEPS, found, strict=True))
    ]


def _chart(
    question: Question,
    key: str,
    title: str,
    table: Table,
    figure: go.Figure | None,
    headline: tuple[Headline, ...] = (),
) -> Chart:
    note = MethodNote(
        _(
            "An edit is a machine value that was changed or rejected, or something a person added. Every machine value "
            "stood: none of a report's was changed or rejected. Times count from the first opening of the report."
        ),
        _("one report; reports of one patient are counted as one cluster"),
        "",
        interval_text() + "; " + _("medians: order statistics, one report a patient"),
        source_text(),
        (_("Finding, level and side do not narrow whole reports."),),
    )
    return Chart(
        key,
        title,
        table,
        note,
        figure,
        empty=_("Nothing to compare: no signed report matches."),
        headline=headline,
        query=question.filter.urlencode(),
    )
