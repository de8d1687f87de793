"""Counts as bars: histograms of times and of edits, and what became of machine statements."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from reporting.charts.drawing import Series, axis, escaped, layout, said, stacked_shares
from reporting.charts.shown import number_text
from reporting.charts.tables import Kind, Table, labels, values
from reporting.department_audit.words import Outcome

# Ink and pattern of each outcome; what nobody decided is not drawn as a share of decisions.
OUTCOME_MARKS = {
    Outcome.ACCEPTED: ("accent", ""),
    Outcome.BULK: ("ok", "."),
    Outcome.CHANGED: ("warn", "/"),
    Outcome.REJECTED: ("danger", "x"),
    Outcome.ADDED: ("machine", "+"),
    Outcome.NOT_EVALUABLE: ("muted", "-"),
}


def outcomes_figure(table: Table, address: str) -> go.Figure:
    parts = [Series(outcome.value, str(outcome.label), ink) for outcome, (ink, _pattern) in OUTCOME_MARKS.items()]
    patterns = [pattern for _ink, pattern in OUTCOME_MARKS.values()]
    return stacked_shares(table, "group", parts, patterns, _("Share of what was decided"), address)


def histogram(table: Table, label: str, count: str, title: str, cases: Sequence[str] | None = None) -> go.Figure:
    """One bar per row of the table, in its order."""
    names, numbers = labels(table.column(label)), values(table.column(count))
    texts = [f"{name}: {number_text(number or 0, Kind.COUNT)}" for name, number in zip(names, numbers, strict=True)]
    bars = go.Bar(
        x=escaped(names), y=numbers, meta={"ink": "accent"}, textposition="none",
        **said(texts, cases or [""] * len(names)),
    )  # fmt: skip
    axes = {"xaxis": axis(title, type="category"), "yaxis": axis(_("Reports"), rangemode="tozero")}
    return go.Figure(bars, layout(340, showlegend=False, **axes))
