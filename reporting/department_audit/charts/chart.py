"""What every chart is: a title that names its comparison, a table, a figure drawn from it, and how it was made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from reporting.department_audit.tables import Table


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
class Chart:
    """``figure``: what there is to draw; ``None`` where nothing is, and ``empty`` says why."""

    key: str
    title: str
    table: Table
    note: MethodNote
    figure: go.Figure | None
    empty: str = ""

    @cached_property
    def drawing(self) -> dict[str, Any] | None:
        """The figure as plain JSON for plotly.js, without plotly.py's own template: the page has its own themes."""
        if self.figure is None:
            return None
        drawn = json.loads(self.figure.to_json())
        drawn["layout"].pop("template", None)
        return {"data": drawn["data"], "layout": drawn["layout"]}

    @property
    def slug(self) -> str:
        return self.key.replace("_", "-")


def point_texts(texts: Sequence[str], cases: Sequence[str]) -> list[tuple[str, str]]:
    """``customdata`` of a trace: what each point reads aloud and which reports it opens (static/js/charts.mjs)."""
    return list(zip(texts, cases, strict=True))
