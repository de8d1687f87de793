"""The report's charts, as plotly figures: every one from the summary or the records, none with numbers of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from inference.evaluation.records import StudyRecord
from inference.evaluation.size_figures import Pairs

Figure = Any  # plotly has no types
INK, LINE, BAND = "#1f2933", "#1565a9", "rgba(21,101,169,0.18)"
GOOD, BAD = "#2e7d4f", "#b3372c"
_LAYOUT: dict[str, Any] = {
    "margin": {"l": 52, "r": 14, "t": 34, "b": 44},
    "font": {"family": "system-ui, sans-serif", "size": 12, "color": INK},
    "paper_bgcolor": "white",
    "plot_bgcolor": "white",
    "showlegend": False,
}
_AXIS: dict[str, Any] = {"gridcolor": "#e4e8ec", "zerolinecolor": "#c4ccd4", "linecolor": "#9aa5b1"}


def confusion(finding: Mapping[str, Any], title: str) -> Figure:
    """Truth in rows, what was said in columns; shares are of the row."""
    matrix = finding["matrix"]
    counts = [[matrix["tn"], matrix["fp"]], [matrix["fn"], matrix["tp"]]]
    shares = [[value / max(1, sum(row)) for value in row] for row in counts]
    text = [
        [f"{value}<br>{share:.0%}" for value, share in zip(row, shared, strict=True)]
        for row, shared in zip(counts, shares, strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=["said normal", "said disease"],
            y=["true normal", "true disease"],
            text=text,
            texttemplate="%{text}",
            hoverinfo="skip",
            colorscale=[[0, "#ffffff"], [1, "#8fbfe0"]],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    figure.update_layout(**_LAYOUT, title=_title(title), height=260)
    figure.update_yaxes(autorange="reversed")
    return figure


def roc_curve(finding: Mapping[str, Any], title: str) -> Figure | None:
    """The curve, its band over resampled patients, and the working point of the stored threshold."""
    curve = finding["roc"]
    if curve is None:
        return None
    figure = go.Figure()
    if curve["grid"]:
        figure.add_scatter(
            x=[*curve["grid"], *reversed(curve["grid"])],
            y=[*curve["high"], *reversed(curve["low"])],
            fill="toself",
            fillcolor=BAND,
            line={"width": 0},
            hoverinfo="skip",
        )
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": "#b8c2cc", "dash": "dot"}, hoverinfo="skip")
    figure.add_scatter(x=curve["fpr"], y=curve["tpr"], mode="lines", line={"color": LINE, "shape": "hv"}, name="ROC")
    matrix = finding["matrix"]
    positives, negatives = matrix["tp"] + matrix["fn"], matrix["fp"] + matrix["tn"]
    figure.add_scatter(
        x=[matrix["fp"] / negatives],
        y=[matrix["tp"] / positives],
        mode="markers",
        marker={"color": BAD, "size": 9, "symbol": "diamond"},
        cliponaxis=False,
        name="threshold",
    )
    figure.update_layout(**_LAYOUT, title=_title(title), height=300)
    figure.update_xaxes(title="false positive rate", range=[-0.02, 1.02], **_AXIS)
    figure.update_yaxes(title="true positive rate", range=[-0.02, 1.02], **_AXIS)
    return figure


def calibration(finding: Mapping[str, Any], title: str) -> Figure:
    """Observed against predicted frequency; the area of a point grows with its number of places."""
    bins = finding["calibration"]["bins"]
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": "#b8c2cc", "dash": "dot"}, hoverinfo="skip")
    figure.add_scatter(
        x=[one["predicted"] for one in bins],
        y=[one["observed"] for one in bins],
        error_y={
            "type": "data",
            "array": [one["high"] - one["observed"] for one in bins],
            "arrayminus": [one["observed"] - one["low"] for one in bins],
            "color": "#8696a5",
            "thickness": 1,
        },
        mode="markers",
        marker={"color": LINE, "size": [6 + min(18.0, one["count"] ** 0.5) for one in bins]},
        text=[f"{one['count']} places" for one in bins],
        cliponaxis=False,
    )
    figure.update_layout(**_LAYOUT, title=_title(title), height=300)
    figure.update_xaxes(title="predicted probability", range=[-0.02, 1.02], **_AXIS)
    figure.update_yaxes(title="share with disease", range=[-0.02, 1.02], **_AXIS)
    return figure


def bland_altman(pairs: Pairs, figures: Mapping[str, Any], title: str, unit: str) -> Figure:
    """Difference (found − true) against the mean of both; bias and limits of agreement."""
    mean = [(a + b) / 2 for a, b in zip(pairs.found, pairs.true, strict=True)]
    difference = [a - b for a, b in zip(pairs.found, pairs.true, strict=True)]
    figure = go.Figure(
        go.Scatter(x=mean, y=difference, mode="markers", marker={"color": LINE, "size": 5, "opacity": 0.45})
    )
    lines = [(figures["bias"]["value"], "solid"), *((value, "dash") for value in figures["limits"] or ())]
    for value, dash in lines:
        if isinstance(value, int | float):
            figure.add_hline(y=value, line={"color": BAD, "dash": dash, "width": 1.4})
    figure.update_layout(**_LAYOUT, title=_title(title), height=300)
    figure.update_xaxes(title=f"mean of both, {unit}", **_AXIS)
    figure.update_yaxes(title=f"found − true, {unit}", **_AXIS)
    return figure


def overlaps(records: Sequence[StudyRecord], series: str, where: str, title: str) -> Figure:
    """Dice of every study, one box per structure."""
    values: dict[str, list[tuple[float, int]]] = {}
    for record in records:
        for one in record.overlaps:
            if (one.series, one.where) == (series, where):
                values.setdefault(one.structure, []).append((one.dice, record.seed))
    figure = go.Figure()
    for structure, found in values.items():
        figure.add_box(
            y=[dice for dice, _ in found],
            text=[f"phantom {seed}" for _, seed in found],
            name=structure,
            boxpoints="all",
            jitter=0.4,
            pointpos=0,
            marker={"color": LINE, "size": 4, "opacity": 0.55},
            line={"width": 1.2},
            fillcolor="rgba(21,101,169,0.10)",
        )
    figure.update_layout(**_LAYOUT, title=_title(title), height=320)
    figure.update_yaxes(title="Dice", range=[0, 1.02], **_AXIS)
    return figure


def auc_losses(rows: Sequence[Mapping[str, Any]], floor: float, target: float) -> Figure:
    """AUC lost per condition and finding, with intervals; floor and target as lines."""
    figure = go.Figure()
    findings = list(dict.fromkeys(row["finding"] for row in rows))
    colours = ("#1565a9", "#c9711c", "#2e7d4f", "#8a4fa3", "#7a6a53")
    for finding, colour in zip(findings, colours, strict=False):
        known = [row for row in rows if row["finding"] == finding and isinstance(row["loss"]["value"], int | float)]
        figure.add_scatter(
            x=[row["title"] for row in known],
            y=[row["loss"]["value"] for row in known],
            error_y={
                "type": "data",
                "array": [_reach(row["loss"], "high") for row in known],
                "arrayminus": [_reach(row["loss"], "low") for row in known],
                "thickness": 1,
            },
            mode="markers",
            marker={"color": colour, "size": 9},
            name=finding,
        )
    figure.update_layout(**{**_LAYOUT, "showlegend": True}, height=380, scattermode="group", scattergap=0.6)
    for value, colour in ((floor, BAD), (target, GOOD)):
        figure.add_hline(y=value, line={"color": colour, "dash": "dash", "width": 1.2})
    figure.update_xaxes(type="category", **_AXIS)
    figure.update_yaxes(title="AUC lost", **_AXIS)
    return figure


def _reach(estimate: Mapping[str, Any], name: str) -> float:
    bound = estimate[name]
    return abs(bound - estimate["value"]) if isinstance(bound, int | float) else 0.0


def _title(text: str) -> dict[str, Any]:
    return {"text": text, "font": {"size": 13}, "x": 0.02, "xanchor": "left"}
