"""Sample size for the design page, from the variance components of a pilot: two charts with their tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from reporting.charts.chart import Chart, MethodNote
from reporting.charts.drawing import axis, layout, said
from reporting.charts.shown import number_text
from reporting.charts.tables import Cell, Column, Kind, Row, Table, Word
from reporting.reader_studies.sample_size import pilot_of, worked_out
from reporting.statistics.arrays import Floats, floats
from reporting.statistics.mrmc.sample_size import Pilot, power

READERS = (2, 4, 6, 8, 12)
CASES = (20, 40, 60, 80, 100, 150, 200, 300, 400, 600, 800, 1000)
_INKS = ("muted", "level", "accent", "machine", "danger")
_DASHES = ("dot", "dash", "solid", "dashdot", "longdash")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x")
_HEIGHT = 400
# Where a scale spans few tens plotly writes 2 for 200 and 9 for 90.
_ROUND = [number * 10**tens for tens in range(1, 6) for number in (1, 2, 3, 5)]
_ON_A_LOG_SCALE: dict[str, Any] = {"type": "log", "tickvals": _ROUND, "ticktext": [str(number) for number in _ROUND]}


def power_charts(asked: Mapping[str, Any], query: str) -> tuple[Chart, Chart]:
    """``asked``: the cleaned fields of ``PowerForm``; ``query``: the same as an address says them."""
    note = _note(asked)
    return (
        _needed(worked_out(asked)["designs"], note, query),
        _reached(pilot_of(asked), asked["effect"], asked["target"], note, query),
    )


def _needed(designs: list[dict[str, Any]], note: MethodNote, query: str) -> Chart:
    """Rows: numbers of readers; the fewest cases that reach the target."""
    none = Word("none", _("no number suffices"))
    rows = [Row((one["readers"], none if one["cases"] is None else one["cases"], one["power"])) for one in designs]
    columns = (
        Column("readers", _("Readers"), Kind.COUNT),
        Column("cases", _("Cases"), Kind.COUNT),
        Column("power", _("Power"), Kind.SHARE),
    )
    reached = [one for one in designs if one["cases"] is not None]
    texts = [_("%(readers)s readers: %(cases)s cases") % one for one in reached]
    figure = go.Figure(
        go.Scatter(
            x=[one["readers"] for one in reached],
            y=[one["cases"] for one in reached],
            mode="lines+markers",
            meta={"ink": "accent"},
            marker={"size": 8},
            showlegend=False,
            **said(texts, [""] * len(texts)),
        ),
        layout(_HEIGHT, xaxis=axis(_("Readers"), dtick=1), yaxis=axis(_("Cases"), **_ON_A_LOG_SCALE)),
    )
    return Chart(
        key="needed",
        title=_("Cases needed by number of readers"),
        table=Table(columns, tuple(rows)),
        note=note,
        figure=figure if reached else None,
        query=query,
    )


def _reached(pilot: Pilot, effect: float, target: float, note: MethodNote, query: str) -> Chart:
    """Rows: numbers of cases. Columns: numbers of readers; the power."""
    grid = _powers(pilot, effect)
    names = [_("%(n)s readers") % {"n": n} for n in READERS]
    columns = [Column("cases", _("Cases"), Kind.COUNT)]
    columns += [Column(f"readers_{n}", name, Kind.SHARE) for n, name in zip(READERS, names, strict=True)]
    rows: list[Row] = []
    for cases, line in zip(CASES, grid.T.tolist(), strict=True):
        cells: tuple[Cell, ...] = (cases, *line)
        rows.append(Row(cells))
    wanted = {"x": [CASES[0], CASES[-1]], "y": [target, target], "line": {"dash": "dot", "width": 1}}
    name = _("the power that is wanted")
    traces = [go.Scatter(mode="lines", name=name, meta={"ink": "muted"}, hoverinfo="skip", **wanted)]
    for name, line, ink, dash, symbol in zip(names, grid.tolist(), _INKS, _DASHES, _SYMBOLS, strict=True):
        traces.append(
            go.Scatter(
                x=CASES,
                y=line,
                mode="lines+markers",
                name=name,
                meta={"ink": ink},
                line={"dash": dash, "width": 2},
                marker={"symbol": symbol, "size": 7},
                **said([_point(name, cases, one) for cases, one in zip(CASES, line, strict=True)], [""] * len(CASES)),
            )
        )
    figure = go.Figure(
        traces,
        layout(
            _HEIGHT,
            xaxis=axis(_("Cases"), **_ON_A_LOG_SCALE),
            yaxis=axis(_("Power"), Kind.SHARE, range=[0, 1.02]),
        ),
    )
    return Chart(
        key="power",
        title=_("Power by number of cases and readers"),
        table=Table(tuple(columns), tuple(rows)),
        note=note,
        figure=figure,
        query=query,
    )


def _point(readers: str, cases: int, reached: float) -> str:
    return _("%(readers)s, %(cases)s cases: %(power)s") % {
        "readers": readers,
        "cases": cases,
        "power": number_text(reached, Kind.SHARE),
    }


def _powers(pilot: Pilot, effect: float) -> Floats:
    """(numbers of readers, numbers of cases)."""
    return floats([[power(pilot, readers, cases, effect) for cases in CASES] for readers in READERS])


def _note(asked: Mapping[str, Any]) -> MethodNote:
    components = ", ".join(f"{name} {asked[name]:g}" for name in ("var_tr", "var_error", "cov1", "cov2", "cov3"))
    return MethodNote(
        what=_("a true difference in AUC of %(effect)s between two arms, found with p < 0.05; wanted in %(target)s %%")
        % {"effect": f"{asked['effect']:g}", "target": f"{100 * asked['target']:g}"},
        unit=_("a case; where a case has several rated places, the components of the pilot must be those of cases"),
        positive="",
        interval="",
        source=_("pilot with %(cases)s cases: %(components)s") % {"cases": asked["cases"], "components": components},
        remarks=(
            _(
                "Hillis, Obuchowski and Berbaum, Acad Radiol 2011;18:129: readers and cases random, every reader reads"
                " every case in both arms, share of diseased cases as in the pilot."
            ),
            _(
                "The formula takes the components as known. A pilot says them roughly: look at worse ones too, and at"
                " what manage.py simulate_readers finds."
            ),
        ),
    )
