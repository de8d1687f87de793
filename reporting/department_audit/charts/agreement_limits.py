"""Bland and Altman's plot: the difference of two sizes against their mean, with the limits of agreement."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from reporting.charts.drawing import axis, cases_of, layout, said
from reporting.charts.tables import Table, values
from reporting.department_audit.figure_types import SizeFigure

_LINES = (("lower_limit", "dash"), ("bias", "solid"), ("upper_limit", "dash"))


def limits_figure(table: Table, sizes: SizeFigure, address: str) -> go.Figure:
    """``table`` has a row per place on the plot: mean, difference (machine − person) and how many pairs lie there."""
    means, differences, counts = (values(table.column(key)) for key in ("mean", "difference", "n"))
    texts = [f"{m:.1f} mm, {d:+.1f} mm, n = {n:.0f}" for m, d, n in zip(means, differences, counts, strict=True)]
    pairs = go.Scatter(
        x=means, y=differences, mode="markers", name=_("pairs"), meta={"ink": "accent"}, opacity=0.7,
        marker={"size": [min(22.0, 4 + 2 * (n or 0) ** 0.5) for n in counts]},
        **said(texts, cases_of(table, "n", address)),
    )  # fmt: skip
    names = {"lower_limit": _("lower limit"), "bias": _("mean difference"), "upper_limit": _("upper limit")}
    low, high = sizes.limits()
    lines = {"lower_limit": low, "bias": sizes.bias(), "upper_limit": high}
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    across = {"x0": 0, "x1": 1, "xref": "x domain"}
    for key, dash in _LINES:
        found = lines[key]
        if found.value is None:
            continue
        ink = "ink" if key == "bias" else "danger"
        at = {"y0": found.value, "y1": found.value, "line": {"dash": dash, "width": 1.5}}
        shapes.append({"type": "line", "name": ink, **across, **at})
        place = {"x": 1, "xref": "paper", "xanchor": "right", "y": found.value, "yanchor": "bottom"}
        text = f"{names[key]} {found.value:+.2f}"
        notes.append({"text": text, "name": ink, **place, "showarrow": False, "font": {"size": 11}})
        if found.low is not None and found.high is not None:
            between = {"y0": found.low, "y1": found.high, "opacity": 0.12, "layer": "below", "line": {"width": 0}}
            shapes.append({"type": "rect", "name": ink, **across, **between})
    return go.Figure(
        pairs,
        layout(
            420,
            showlegend=False,
            shapes=shapes,
            annotations=notes,
            xaxis=axis(_("Mean of machine and person, mm")),
            yaxis=axis(_("Machine minus person, mm"), zeroline=True),
        ),
    )
