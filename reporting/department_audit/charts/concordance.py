"""The machine against the chosen truth, by finding or, for one finding, by any other group."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from reporting.charts.chart import Chart, MethodNote
from reporting.charts.tables import Table
from reporting.department_audit.charts.comparison import (
    interval_text,
    is_accuracy,
    source_text,
    unit_of_analysis,
    what_is_compared,
)
from reporting.department_audit.charts.dimension_words import DIMENSIONS, in_order, value_word
from reporting.department_audit.charts.question import Question
from reporting.department_audit.charts.rates import Group, rates_figure, rates_table
from reporting.department_audit.figures import POSITIVE_CLASS, readers, tables
from reporting.department_audit.filters import Dimension
from reporting.reports.wording import finding_text
from reporting.statistics.results import Estimate


def by_finding(question: Question) -> Chart:
    return _chart(question, Dimension.FINDING, "findings", _("each finding"), str(DIMENSIONS[Dimension.FINDING]))


def by_dimension(question: Question, dimension: Dimension) -> Chart:
    """Of one finding: pooling findings of different frequency would compare their mix, not the groups."""
    name = str(DIMENSIONS[dimension])
    subject = _("%(finding)s, by %(group)s") % {"finding": question.finding_label, "group": name.lower()}
    return _chart(question, dimension, f"by-{dimension.value.replace('_', '-')}", subject, name)


def positive_class(finding: str) -> str:
    """The disease of a finding in words; of every finding's own where there are several."""
    if finding not in POSITIVE_CLASS:
        return _("the disease of each finding, never “normal”")
    return _("%(finding)s present (never “normal”)") % {"finding": finding_text(finding)}


def method(question: Question, remarks: tuple[str, ...] = ()) -> MethodNote:
    return MethodNote(
        what_is_compared(question.truth),
        unit_of_analysis(),
        positive_class(question.filter.finding),
        interval_text(),
        source_text(),
        remarks,
    )


def _figure(table: Table, question: Question, dimension: Dimension) -> go.Figure:
    return rates_figure(table, question.truth, question.cases_address, over_time=dimension is Dimension.MONTH)


def _chart(question: Question, dimension: Dimension, key: str, subject: str, head: str) -> Chart:
    people = _people(question, dimension)
    groups = []
    for found in in_order(tables(question.filter, dimension), dimension):
        groups.append(
            Group(
                value_word(dimension.value, found.value),
                found.rates(),
                lambda cell, value=found.value: question.cases(dimension, value, cell=cell),  # type: ignore[misc]
                people.get(found.value),
            )
        )
    table = rates_table(groups, head, question.truth)
    remarks = (_people_remark(),) if people else ()
    return Chart(
        key,
        question.title(subject),
        table,
        method(question, remarks),
        _figure(table, question, dimension) if groups else None,
        empty=_("Nothing to compare: no signed report matches."),
        query=question.filter.urlencode(),
        part=question.filter.finding,
    )


def _people(question: Question, dimension: Dimension) -> Mapping[str, Estimate]:
    """How often people say the same: what a junior prepared against what a senior signed. Only beside concordance."""
    if is_accuracy(question.truth):
        return {}
    return {found.value: found.raw_agreement() for found in readers(question.filter, dimension)}


def _people_remark() -> str:
    return _(
        "People with each other: share of the same places where a senior signed what a junior had prepared. The senior "
        "saw the junior's value, so this is an upper end of how far people agree."
    )
