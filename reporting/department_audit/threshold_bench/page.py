"""What the page of the threshold bench shows: three thresholds side by side, the curve, the proposal, the history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.charts.chart import Chart, MethodNote
from reporting.charts.shown import estimate_text
from reporting.charts.tables import Column, Kind, Row, Table, Word
from reporting.core.two_people import why_not_second
from reporting.department_audit.case_cells import MATRIX
from reporting.department_audit.charts.comparison import (
    compared_with,
    interval_text,
    rate_names,
    source_text,
    unit_of_analysis,
    what_is_compared,
)
from reporting.department_audit.charts.concordance import positive_class
from reporting.department_audit.charts.curves import curve_table, threshold_figure
from reporting.department_audit.charts.question import Question
from reporting.department_audit.charts.rates import MISSED
from reporting.department_audit.filters import Filter
from reporting.department_audit.page import Link
from reporting.department_audit.threshold_bench.rescoring import GRID, MOST_REPORTS, Recent, Rescored
from reporting.department_audit.words import Truth
from reporting.predictions.models import Algorithm, ThresholdChange
from reporting.predictions.services import shipped_threshold, threshold_in_force
from reporting.predictions.threshold_models import DIGITS
from reporting.reports.wording import finding_text
from reporting.vocabulary import MachineFinding

RATES = ("ACC", "TPR", "TNR", "PPV", "NPV")
LIVE = ("TPR", "TNR", "PPV")


@dataclass(frozen=True)
class LiveFigure:
    """A figure that follows the slider."""

    key: str
    name: str
    text: str


@dataclass(frozen=True)
class BenchPage:
    algorithm: Algorithm
    finding: str
    finding_name: str
    in_force: float
    shipped: float
    tried: float
    truth: Truth
    recent: Recent
    comparison: Chart
    curve: Chart
    live: tuple[LiveFigure, ...]
    live_json: str
    waiting: ThresholdChange | None
    history: tuple[ThresholdChange, ...]
    choices: tuple[Link, ...]
    may_propose: bool
    may_activate: bool
    may_decline: bool
    why_not: str

    @property
    def is_concordance(self) -> bool:
        return self.truth is Truth.FINAL


def bench_page(algorithm: Algorithm, recent: Recent, truth: Truth, tried: float | None, user: User) -> BenchPage:
    finding = recent.finding
    in_force = threshold_in_force(algorithm, finding)
    history = _history(algorithm, finding)
    waiting = next((one for one in history if one.status == "proposed"), None)
    if tried is None and waiting is not None:
        tried = waiting.threshold
    is_same = tried is None or round(tried, DIGITS) == round(in_force, DIGITS)  # as the page writes it
    shown = in_force if tried is None or is_same else tried
    grid = [recent.at(threshold) for threshold in sorted({*GRID, in_force, shown})]
    of_threshold = {one.threshold: one for one in grid}
    question = Question(
        Filter(finding=finding, algorithm=str(algorithm), truth=truth.value), reverse("department_audit:cases")
    )
    rows = [
        (Word("as_shown", _("As the drafts showed it")), recent.as_shown()),
        (Word("in_force", _("In force")), of_threshold[in_force]),
        (Word("tried", _("Tried here")), of_threshold[shown]),
    ]
    why_not = why_not_second(waiting, user) if waiting and may(user, Act.THRESHOLD_ACTIVATE) else ""
    return BenchPage(
        algorithm,
        finding,
        finding_text(finding),
        in_force,
        shipped_threshold(algorithm, finding),
        shown,
        truth,
        recent,
        _comparison(rows, question, recent, _files(algorithm, finding, shown, truth, "rescored")),
        _curve(grid, question, in_force, _files(algorithm, finding, None, truth, "bench-curve")),
        tuple(LiveFigure(*one) for one in _live(of_threshold[shown], truth)),
        json.dumps({f"{one.threshold:g}": {key: text for key, _name, text in _live(one, truth)} for one in grid}),
        waiting,
        history,
        tuple(
            Link(finding_text(one.value), _address(algorithm, one.value, truth), one.value == finding)
            for one in MachineFinding
        ),
        may_propose=waiting is None and may(user, Act.THRESHOLD_PROPOSE),
        may_activate=waiting is not None and may(user, Act.THRESHOLD_ACTIVATE) and not why_not,
        may_decline=waiting is not None and may(user, Act.THRESHOLD_DECLINE),
        why_not=why_not,
    )


def _history(algorithm: Algorithm, finding: str) -> tuple[ThresholdChange, ...]:
    """The newest first."""
    people = ("proposed_by", "activated_by", "retired_by")
    return tuple(ThresholdChange.objects.filter(algorithm=algorithm, finding=finding).select_related(*people))


def _address(algorithm: Algorithm, finding: str, truth: Truth) -> str:
    address = reverse("department_audit:threshold_bench", args=[algorithm.pk, finding])
    return address if truth is Truth.FINAL else f"{address}?truth={truth.value}"


def _live(one: Rescored, truth: Truth) -> list[tuple[str, str, str]]:
    names = rate_names(truth)
    shares = [(rate, names[rate], estimate_text(one.rates[rate], Kind.SHARE)) for rate in LIVE]
    return [
        *shares,
        ("changed", _("Drafts that would have changed"), estimate_text(one.changed, Kind.SHARE)),
        ("places", _("Places to positive / to negative"), f"{one.to_positive} / {one.to_negative}"),
    ]


def _files(algorithm: Algorithm, finding: str, tried: float | None, truth: Truth, key: str) -> tuple[str, str]:
    """Where a chart's table is had as a file, and the query with it: what the address of the page says."""
    files = reverse("department_audit:threshold_file", args=[algorithm.pk, finding, key, "csv"])
    asked = {"threshold": "" if tried is None else f"{tried:.3f}", "truth": "" if truth is Truth.FINAL else truth.value}
    query = urlencode({name: value for name, value in asked.items() if value})
    return files.removesuffix(".csv"), query


def _comparison(
    rows: Sequence[tuple[Word, Rescored]], question: Question, recent: Recent, files: tuple[str, str]
) -> Chart:
    finding, truth, names = question.filter.finding, question.truth, rate_names(question.truth)
    columns = (
        Column("row", _("Threshold")),
        Column("threshold", _("Positive from probability"), Kind.TEXT),
        *(Column(cell, cell.upper(), Kind.COUNT) for cell in ("tp", "fp", "fn", "tn")),
        *(Column(rate, names[rate], Kind.SHARE, with_interval=True) for rate in RATES),
        Column("changed_reports", _("Drafts changed"), Kind.COUNT),
        Column("changed", _("of all drafts"), Kind.SHARE, with_interval=True),
        Column("to_positive", _("Places to positive"), Kind.COUNT),
        Column("to_positive_right", _("of these toward the truth"), Kind.COUNT),
        Column("to_negative", _("Places to negative"), Kind.COUNT),
        Column("to_negative_right", _("of these toward the truth"), Kind.COUNT),
    )
    table = Table(
        columns,
        tuple(
            Row(
                (
                    word,
                    _("each its own") if one.threshold is None else f"{one.threshold:.3f}",
                    *(int(one.rates.counts[cell]) for cell in ("tp", "fp", "fn", "tn")),
                    *(one.rates[rate] for rate in RATES),
                    one.changed_reports,
                    one.changed,
                    one.to_positive,
                    one.to_positive_right,
                    one.to_negative,
                    one.to_negative_right,
                ),
                _cases(question, one),
            )
            for word, one in rows
        ),
    )
    subject = _("recent reports scored again")
    title = f"{compared_with(truth)}: {finding_text(finding)}, {subject}"
    return Chart("rescored", title, table, _note(finding, truth, recent), None, files=files[0], query=files[1])


def _cases(question: Question, one: Rescored) -> tuple[str, ...]:
    """What each count of a row opens. Places without a truth have no cell of the matrix and may still have changed."""
    at = "" if one.threshold is None else f"@{one.threshold:g}"
    matrix = [question.cases(cell=f"{cell}{at}") if one.rates.counts[cell] else "" for cell in MATRIX]
    of_cell = dict(zip(MATRIX, matrix, strict=True))
    every = question.cases(cell="n")
    rates = [(of_cell[MISSED[rate]] if rate in MISSED else "") or every for rate in RATES]
    turned = {
        "to_positive": one.to_positive,
        "to_positive_right": one.to_positive_right,
        "to_negative": one.to_negative,
        "to_negative_right": one.to_negative_right,
    }
    moved = question.cases(cell=f"moved{at}") if one.changed_reports and at else ""
    opened = [question.cases(cell=f"{word}{at}") if n and at else "" for word, n in turned.items()]
    return ("", "", *matrix, *rates, moved, moved or every, *opened)


def _curve(grid: Sequence[Rescored], question: Question, in_force: float, files: tuple[str, str]) -> Chart:
    finding, truth = question.filter.finding, question.truth
    table = curve_table([one.point for one in grid], truth, lambda cell: question.cases(cell=cell))
    subject = _("rates at every threshold")
    title = f"{compared_with(truth)}: {finding_text(finding)}, {subject}"
    figure = threshold_figure(table, truth, in_force, question.cases_address) if table.rows else None
    note = _note(finding, truth)
    empty = _("Nothing to compare: a class has no rows.")
    return Chart("bench-curve", title, table, note, figure, empty=empty, files=files[0], query=files[1])


def _note(finding: str, truth: Truth, recent: Recent | None = None) -> MethodNote:
    remarks = [
        _("The newest %(n)s signed reports of this algorithm version at most; the lists of cases hold older ones too.")
        % {"n": MOST_REPORTS}
    ]
    if recent is not None:
        remarks.append(
            _("A draft changes when the machine's call at one of its places changes; drafts are counted over patients.")
        )
    what, unit = what_is_compared(truth), unit_of_analysis()
    return MethodNote(what, unit, positive_class(finding), interval_text(), source_text(), tuple(remarks))
