"""What every chart is: a title that names its comparison, a table, a figure drawn from it, and how it was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from reporting.charts.reasons import reason_text
from reporting.charts.shown import DIGITS, estimate_text
from reporting.charts.tables import Kind, Table
from reporting.statistics.results import Estimate


@dataclass(frozen=True)
class MethodNote:
    """How to read a chart: ``what`` is compared with what, a row's ``unit``, the ``positive`` class, the ``interval``,
    the ``source`` of the rows, and remarks.
    """

    what: str
    unit: str
    positive: str
    interval: str
    source: str
    remarks: tuple[str, ...] = ()

    def lines(self) -> list[tuple[str, str]]:
        lines = [
            (_("What"), self.what),
            (_("Unit of analysis"), self.unit),
            (_("Positive class"), self.positive),
            (_("Interval"), self.interval),
            (_("Source"), self.source),
        ]
        return [(name, text) for name, text in lines if text] + [(_("Remark"), text) for text in self.remarks]


@dataclass(frozen=True)
class Headline:
    """One figure above a chart that the whole chart is about. ``cases``: the query that lists the reports behind it."""

    name: str
    estimate: Estimate
    kind: Kind = Kind.NUMBER
    cases: str = ""
    digits: int = DIGITS

    @property
    def text(self) -> str:
        return estimate_text(self.estimate, self.kind, self.digits)

    @property
    def note(self) -> str:
        return reason_text(self.estimate.note)


@dataclass(frozen=True)
class Chart:
    """``figure``: what there is to draw; ``None`` where nothing is, and ``empty`` says why. ``query``: its filter;
    ``files``: where its table is had as a file, without the ending, or nothing: where its key says.

    ``part`` tells charts of one kind on one page apart. ``extra``: a template below it, given ``more``.
    """

    key: str
    title: str
    table: Table
    note: MethodNote
    figure: go.Figure | None
    empty: str = ""
    headline: tuple[Headline, ...] = ()
    query: str = ""
    files: str = ""
    part: str = ""
    extra: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def drawing(self) -> dict[str, Any] | None:
        """The figure as plain JSON for plotly.js, without plotly.py's own template: the page has its own themes."""
        if self.figure is None:
            return None
        drawn = json.loads(self.figure.to_json())
        drawn["layout"].pop("template", None)
        return {"data": drawn["data"], "layout": drawn["layout"]}

    @property
    def opens_cases(self) -> bool:
        """Whether a number of its leads to the reports behind it."""
        return any(any(row.cases) for row in self.table.rows)

    @property
    def place(self) -> str:
        """Its id on the page."""
        return f"{self.key}-{self.part}" if self.part else self.key

    @property
    def figure_id(self) -> str:
        return f"figure-{self.place}"

    def about(self) -> list[tuple[str, str]]:
        """What a file says about its table."""
        figures = [(one.name, "; ".join(filter(None, [one.text, one.note]))) for one in self.headline]
        return [(_("Title"), self.title), *figures, *self.note.lines(), (_("Filter"), self.query or _("none"))]
