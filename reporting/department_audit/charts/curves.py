"""Curves over thresholds and probabilities: ROC, the rates of every threshold, calibration."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from reporting.charts.drawing import axis, band, cases_of, error_bars, layout, said
from reporting.charts.shown import estimate_text
from reporting.charts.tables import Column, Kind, Row, Table, values
from reporting.department_audit.case_cells import NEVER
from reporting.department_audit.charts.comparison import rate_names
from reporting.department_audit.kinds import DECILES
from reporting.department_audit.scores import CalibrationBin, ThresholdPoint
from reporting.department_audit.words import Truth
from reporting.statistics.results import Estimate

HEIGHT = 420


def curve_table(points: Sequence[ThresholdPoint], truth: Truth, cases: Callable[[str], str]) -> Table:
    """Thresholds with their counts and rates, the lowest first. Empty where a class is missing.

    ``cases``: from what a cell counts to the query of the reports behind it.
    """
    names = rate_names(truth)
    columns = (
        Column("threshold", _("Positive from probability"), Kind.NUMBER, digits=3),
        *(Column(cell, cell.upper(), Kind.COUNT) for cell in ("tp", "fp", "fn", "tn")),
        *(Column(rate, names[rate], Kind.SHARE, with_interval=True) for rate in ("TPR", "TNR", "PPV")),
    )
    if not points or points[0].tpr.value is None or points[0].tnr.value is None:
        return Table(columns, ())
    rows = []
    for point in points:
        threshold = point.threshold if math.isfinite(point.threshold) else None
        counts = {"tp": point.tp, "fp": point.fp, "fn": point.fn, "tn": point.tn}
        at = NEVER if threshold is None else f"{threshold:g}"
        opened = [cases(f"{cell}@{at}") if n else "" for cell, n in counts.items()]
        tp, fp, fn, tn = opened
        # A rate opens what it misses; where it misses nothing, what it holds.
        rates = (fn or tp, fp or tn, fp or tp)
        rows.append(Row((threshold, *counts.values(), point.tpr, point.tnr, point.ppv), ("", *opened, *rates)))
    return Table(columns, tuple(rows))


def roc_figure(table: Table, truth: Truth, threshold: float | None, address: str) -> go.Figure:
    """The curve, the diagonal of chance, and the point nearest to the threshold in use."""
    names = rate_names(truth)
    false, true = [1 - value for value in _numbers(table, "TNR")], _numbers(table, "TPR")
    texts = _texts(table, truth)
    cases = cases_of(table, "TPR", address)
    chance = _line([0, 1], [0, 1], "muted", _("no better than chance"), "dot")
    traces = [chance, _curve(false, true, "accent", _("threshold moved"), texts, cases)]
    if threshold is not None and (place := _nearest(table, threshold)) is not None:
        in_use = _("threshold in use: %(threshold)s") % {"threshold": f"{threshold:g}"}
        traces.append(
            go.Scatter(
                x=[false[place]], y=[true[place]], mode="markers", name=in_use, meta={"ink": "danger"},
                marker={"size": 12, "symbol": "diamond"}, **said([texts[place]], [cases[place]]),
            )
        )  # fmt: skip
    return go.Figure(
        traces,
        layout(
            HEIGHT,
            xaxis=axis(f"1 − {names['TNR']}", Kind.SHARE, range=[-0.02, 1.02]),
            yaxis=axis(names["TPR"], Kind.SHARE, range=[-0.02, 1.02]),
        ),
    )


def threshold_figure(table: Table, truth: Truth, threshold: float | None, address: str) -> go.Figure:
    """Both rates and the predictive value at every threshold."""
    names = rate_names(truth)
    at, texts = values(table.column("threshold")), _texts(table, truth)
    traces: list[go.Scatter] = []
    for rate, ink, dash in (("TPR", "danger", "solid"), ("TNR", "accent", "dash"), ("PPV", "machine", "dot")):
        traces += band(at, table.column(rate), ink)
        traces.append(
            _curve(at, values(table.column(rate)), ink, names[rate], texts, cases_of(table, rate, address), dash)
        )
    in_use: dict[str, Any] = {}
    if threshold is not None:
        line = {"x0": threshold, "x1": threshold, "y0": 0, "y1": 1, "line": {"dash": "longdash"}}
        place = {"x": threshold, "y": 1.0, "showarrow": False, "xanchor": "left", "yanchor": "bottom"}
        in_use["shapes"] = [{"type": "line", "name": "ink", **line}]
        in_use["annotations"] = [{"text": _("in use"), "name": "ink", **place}]
    return go.Figure(
        traces,
        layout(
            HEIGHT,
            xaxis=axis(_("Positive from probability"), range=[-0.02, 1.02]),
            yaxis=axis(_("Share"), Kind.SHARE, range=[-0.02, 1.05]),
            **in_use,
        ),
    )


def calibration_table(bins: Sequence[CalibrationBin], cases: Callable[[str], str]) -> Table:
    columns = (
        Column("bin", _("Probability")),
        Column("n", _("Compared"), Kind.COUNT),
        Column("predicted", _("Mean probability"), Kind.SHARE, with_interval=True),
        Column("observed", _("Share positive"), Kind.SHARE, with_interval=True),
    )
    return Table(
        columns,
        tuple(
            Row((f"{one.low:.1f}–{one.high:.1f}", one.n, one.predicted, one.observed), ("", opened, opened, opened))
            for one in bins
            for opened in [cases(f"tenth@{round(one.low * DECILES)}")]
        ),
    )


def calibration_figure(table: Table, address: str) -> go.Figure:
    predicted, shares = table.column("predicted"), table.column("observed")
    texts = [
        f"{name}: {estimate_text(share, Kind.SHARE)}, n = {n}"
        for name, share, n in zip(table.column("bin"), shares, table.column("n"), strict=True)
        if isinstance(share, Estimate)
    ]
    bins = go.Scatter(
        x=values(predicted), y=values(shares), mode="lines+markers", name=_("probability bins"),
        meta={"ink": "accent"}, marker={"size": 9}, error_x=error_bars(predicted), error_y=error_bars(shares),
        **said(texts, cases_of(table, "n", address)),
    )  # fmt: skip
    return go.Figure(
        [_line([0, 1], [0, 1], "muted", _("perfect"), "dot"), bins],
        layout(
            HEIGHT,
            xaxis=axis(_("Mean probability"), Kind.SHARE, range=[-0.02, 1.02]),
            yaxis=axis(_("Share positive"), Kind.SHARE, range=[-0.02, 1.02]),
        ),
    )


def _curve(
    x: Sequence[float | None],
    y: Sequence[float | None],
    ink: str,
    name: str,
    texts: Sequence[str],
    cases: Sequence[str],
    dash: str = "solid",
) -> go.Scatter:
    return go.Scatter(
        x=x, y=y, mode="lines+markers", name=name, meta={"ink": ink}, line={"dash": dash},
        marker={"size": 5}, **said(texts, cases),
    )  # fmt: skip


def _line(x: Sequence[float], y: Sequence[float], ink: str, name: str, dash: str) -> go.Scatter:
    return go.Scatter(x=x, y=y, mode="lines", name=name, meta={"ink": ink}, line={"dash": dash}, hoverinfo="skip")


def _numbers(table: Table, column: str) -> list[float]:
    return [value for value in values(table.column(column)) if value is not None]


def _texts(table: Table, truth: Truth) -> list[str]:
    names = rate_names(truth)
    texts = []
    thresholds = values(table.column("threshold"))
    for at, tpr, tnr in zip(thresholds, table.column("TPR"), table.column("TNR"), strict=True):
        parts: list[Any] = [_("never positive") if at is None else f"≥ {at:.3f}"]
        rates = (("TPR", tpr), ("TNR", tnr))
        parts += [f"{names[n]} {estimate_text(v, Kind.SHARE)}" for n, v in rates if isinstance(v, Estimate)]
        texts.append(", ".join(parts))
    return texts


def _nearest(table: Table, threshold: float) -> int | None:
    """The lowest of the points at or above the threshold."""
    return next((n for n, at in enumerate(values(table.column("threshold"))) if at is None or at >= threshold), None)
