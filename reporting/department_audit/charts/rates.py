"""Agreement or accuracy by group: four counts, three rates with intervals over patients, and what lies behind each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from reporting.charts.drawing import Series, estimates_by_row
from reporting.charts.tables import Cell, Column, Kind, Row, Table, Word
from reporting.department_audit.charts.comparison import positive_and_negative, rate_names
from reporting.department_audit.words import Truth
from reporting.statistics.results import Estimate, Result

CELLS = ("tp", "fp", "fn", "tn")
MISSED = {"TPR": "fn", "TNR": "fp", "PPV": "fp", "NPV": "fn"}
"""What a rate opens: the places it misses."""


@dataclass(frozen=True)
class Group:
    """One group's rates. ``cases``: from a word of ``case_cells`` to the query of the reports behind it.

    ``people``: how far people agree with each other on the same.
    """

    word: Word
    rates: Result
    cases: Callable[[str], str]
    people: Estimate | None = None


def rates_table(groups: Sequence[Group], head: str, truth: Truth) -> Table:
    positive, negative = positive_and_negative(truth)
    names = rate_names(truth)
    with_people = any(group.people is not None for group in groups)
    columns = (
        Column("group", head),
        Column("n", _("Compared"), Kind.COUNT),
        Column("patients", _("Patients"), Kind.COUNT),
        *(Column(rate, names[rate], Kind.SHARE, with_interval=True) for rate in ("ACC", "TPR", "TNR")),
        Column("tp", _("%(class)s, machine positive") % {"class": positive}, Kind.COUNT),
        Column("fp", _("%(class)s, machine positive") % {"class": negative}, Kind.COUNT),
        Column("fn", _("%(class)s, machine negative") % {"class": positive}, Kind.COUNT),
        Column("tn", _("%(class)s, machine negative") % {"class": negative}, Kind.COUNT),
        *((Column("people", _("People with each other"), Kind.SHARE, with_interval=True),) if with_people else ()),
    )
    rows = []
    for group in groups:
        counts, rates = group.rates.counts, group.rates.estimates
        every = group.cases("n")
        of_cells = {cell: group.cases(cell) if counts[cell] else "" for cell in CELLS}
        shares = [rates[rate] for rate in ("ACC", "TPR", "TNR")]
        numbers = [counts[cell] for cell in CELLS]
        cells: tuple[Cell, ...] = (group.word, counts["n"], counts["patients"], *shares, *numbers)
        missed = (of_cells["fn"] or of_cells["tp"], of_cells["fp"] or of_cells["tn"])
        cases = (every, every, every, every, *missed, *of_cells.values())
        if with_people:
            cells, cases = (*cells, group.people), (*cases, group.cases("prepared") if group.people else "")
        rows.append(Row(cells, cases))
    return Table(columns, tuple(rows))


def rates_figure(table: Table, truth: Truth, address: str, *, over_time: bool = False) -> go.Figure:
    """Behind the machine's marks lies how far people agree with each other, where that is known."""
    names = rate_names(truth)
    with_people = any(column.key == "people" for column in table.columns)
    band = Series("people", _("people with each other (95 %)"), "muted") if with_people else None
    series = (
        Series("ACC", names["ACC"], "ink", "diamond"),
        Series("TPR", names["TPR"], "danger", "circle"),
        Series("TNR", names["TNR"], "accent", "square"),
    )
    title = _("Share, interval over patients (95 %)")
    return estimates_by_row(table, "group", series, title, address, band=band, over_time=over_time)
