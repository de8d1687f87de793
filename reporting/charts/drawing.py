"""Figures drawn from a table's columns. Inks are names (static/js/chart_theme.mjs): a figure has no colours of its own.

What is undefined is not drawn; its row keeps its place and the table says why. Words from outside (an algorithm's name)
are escaped: plotly.js takes a few tags in text.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import plotly.io

from reporting.charts.shown import estimate_text
from reporting.charts.tables import Cell, Kind, Table, labels, values
from reporting.statistics.results import Estimate

plotly.io.templates.default = None  # the page has its own themes; each figure would copy plotly.py's
ROW_HEIGHT, FRAME_HEIGHT = 44, 110
TIME_HEIGHT, MOST_MONTHS = 380, 12
_MARGIN = {"l": 10, "r": 16, "t": 10, "b": 48}


@dataclass(frozen=True)
class Series:
    """One column of estimates as marks: its name, ink and shape (colour alone means nothing)."""

    column: str
    name: str
    ink: str = "accent"
    symbol: str = "circle"


def layout(height: int, **more: Any) -> dict[str, Any]:
    """Give it to ``go.Figure`` with all traces: what is added to a figure afterwards costs three times as much."""
    legend = {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "traceorder": "normal"}
    return {"height": height, "margin": _MARGIN, "legend": legend, "hovermode": "closest", "dragmode": False, **more}


def axis(title: str, kind: Kind = Kind.NUMBER, **more: Any) -> dict[str, Any]:
    form = {"tickformat": ".0%"} if kind is Kind.SHARE else {}
    return {"title": {"text": title}, "automargin": True, "fixedrange": True, **form, **more}


def escaped(texts: Sequence[str]) -> list[str]:
    return [html.escape(text, quote=False) for text in texts]


def said(texts: Sequence[str], cases: Sequence[str]) -> dict[str, Any]:
    """What points say when pointed at or walked to, and the addresses they open."""
    return {
        "customdata": list(zip(texts, cases, strict=True)),
        "text": escaped(texts),
        "hovertemplate": "%{text}<extra></extra>",
    }


def cases_of(table: Table, column: str, address: str) -> list[str]:
    """The addresses that one column's cells open; ``address`` is that of the list of cases."""
    place = [each.key for each in table.columns].index(column)
    return [f"{address}?{row.cases[place]}" if row.cases and row.cases[place] else "" for row in table.rows]


def estimates_by_row(
    table: Table,
    label: str,
    series: Sequence[Series],
    title: str,
    address: str,
    *,
    band: Series | None = None,
    over_time: bool = False,
) -> go.Figure:
    """Marks with intervals, one row of the table under the other, the first on top, series side by side in their row.

    ``band``: a column whose intervals lie behind the marks as broad strokes, such as how far people agree.
    ``over_time``: rows are months; they run from left to right, however many there are.
    """
    names = labels(table.column(label))
    kind = next(column.kind for column in table.columns if column.key == series[0].column)
    traces: list[go.Scatter] = []
    along, across = ("y", "x") if over_time else ("x", "y")  # of shares, of rows
    behind = [] if band is None else table.column(band.column)
    strokes = None if band is None else _strokes(behind, band, along, across)
    if strokes is not None:
        traces.append(strokes)
    for number, one in enumerate(series):
        cells = table.column(one.column)
        texts = [f"{name}, {one.name}: {_said(cell, kind)}" for name, cell in zip(names, cells, strict=True)]
        shift = (number - (len(series) - 1) / 2) * 0.24
        traces.append(
            go.Scatter(
                mode="markers",
                name=one.name,
                meta={"ink": one.ink},
                marker={"symbol": one.symbol, "size": 7 if over_time else 9},
                **{
                    along: values(cells),
                    across: [row + shift for row in range(len(names))],
                    f"error_{along}": error_bars(cells),
                },
                **said(texts, cases_of(table, one.column, address)),
            )
        )
    everything = [*behind, *(cell for one in series for cell in table.column(one.column))]
    limits = {"range": _share_range(everything)} if kind is Kind.SHARE else {}
    ends = [-0.5, len(names) - 0.5] if over_time else [len(names) - 0.5, -0.5]
    named = list(range(0, len(names), max(1, math.ceil(len(names) / MOST_MONTHS)) if over_time else 1))
    rows: dict[str, Any] = {"tickvals": named, "ticktext": escaped([names[row] for row in named]), "range": ends}
    axes = {
        f"{along}axis": axis(title, kind, **limits),
        f"{across}axis": axis("", zeroline=False, showgrid=False, **rows),
    }
    height = TIME_HEIGHT if over_time else FRAME_HEIGHT + ROW_HEIGHT * max(2, len(names))
    return go.Figure(traces, layout(height, showlegend=len(series) > 1 or strokes is not None, **axes))


def _share_range(cells: Sequence[Cell]) -> list[float]:
    """From the tenth below the lowest bound to the tenth above the highest: marks that lie close need the room."""
    bounds = [
        bound
        for cell in cells
        if isinstance(cell, Estimate)
        for bound in (cell.low, cell.value, cell.high)
        if bound is not None
    ]
    lowest = math.floor((min(bounds, default=0.0) - 0.02) * 10) / 10
    highest = math.ceil((max(bounds, default=1.0) + 0.02) * 10) / 10
    return [max(-0.02, lowest), min(1.02, highest)]


def _strokes(cells: Sequence[Cell], band: Series, along: str, across: str) -> go.Scatter | None:
    """With a tick at each end: of many cases the interval alone would be too narrow to be seen."""
    x: list[float | None] = []
    y: list[float | None] = []
    for row, cell in enumerate(cells):
        if isinstance(cell, Estimate) and cell.low is not None and cell.high is not None:
            x += [cell.low, cell.high, None]
            y += [row, row, None]
    broad = 30 if along == "x" else 12
    tick = {"symbol": "line-ns" if along == "x" else "line-ew", "size": 0.7 * broad, "line": {"width": 2}}
    return None if not x else go.Scatter(
        mode="lines+markers", name=band.name, meta={"ink": band.ink}, line={"width": broad}, marker=tick, opacity=0.3,
        hoverinfo="skip", **{along: x, across: y},
    )  # fmt: skip


def stacked_shares(
    table: Table, label: str, parts: Sequence[Series], patterns: Sequence[str], title: str, address: str
) -> go.Figure:
    """One bar per row, its parts side by side; each part has a pattern of its own."""
    names = labels(table.column(label))
    traces = []
    for one, pattern in zip(parts, patterns, strict=True):
        cells = table.column(one.column)
        texts = [f"{name}, {one.name}: {_said(cell, Kind.COUNT)}" for name, cell in zip(names, cells, strict=True)]
        traces.append(
            go.Bar(
                x=values(cells),
                y=escaped(names),
                orientation="h",
                name=one.name,
                meta={"ink": one.ink},
                marker={"pattern": {"shape": pattern, "solidity": 0.35}},
                textposition="none",
                **said(texts, cases_of(table, one.column, address)),
            )
        )
    return go.Figure(
        traces,
        layout(
            FRAME_HEIGHT + ROW_HEIGHT * max(2, len(names)),
            barmode="stack",
            barnorm="fraction",
            xaxis=axis(title, Kind.SHARE, range=[0, 1]),
            yaxis=axis("", type="category", autorange="reversed"),
        ),
    )


def error_bars(cells: Sequence[Cell]) -> dict[str, Any]:
    """Asymmetric bars; 0 where there is no interval."""
    above, below = [], []
    for cell in cells:
        known = isinstance(cell, Estimate) and None not in (cell.value, cell.low, cell.high)
        above.append(cell.high - cell.value if known else 0.0)  # type: ignore[union-attr, operator]
        below.append(cell.value - cell.low if known else 0.0)  # type: ignore[union-attr, operator]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "thickness": 1.5, "width": 4}


def band(x: Sequence[float | None], cells: Sequence[Cell], ink: str) -> list[go.Scatter]:
    """The intervals of a line as a band behind it; where there is none, it is passed over."""
    places = [
        (at, cell.low, cell.high)
        for at, cell in zip(x, cells, strict=True)
        if at is not None and isinstance(cell, Estimate) and None not in (cell.low, cell.high)
    ]
    return [
        go.Scatter(
            x=[place[0] for place in places], y=[place[bound] for place in places], mode="lines", fill=fill,
            meta={"ink": ink}, line={"width": 0.5, "dash": "dot"}, opacity=0.5, hoverinfo="skip", showlegend=False,
        )
        for bound, fill in ((1, None), (2, "tonexty"))
        if places
    ]  # fmt: skip


def _said(cell: Cell, kind: Kind) -> str:
    if isinstance(cell, Estimate):
        return estimate_text(cell, kind)
    return estimate_text(Estimate(cell if isinstance(cell, int | float) else None), kind)
