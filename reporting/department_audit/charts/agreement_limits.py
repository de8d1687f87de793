"""Bland and Altman's plot: the difference of two sizes against their mean, with the limits of agreement."""

from __future__ import annotations

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
    figure = go.Figure(
        go.Scatter(
            x=means, y=differences, mode="markers", name=_("pairs"), meta={"ink": "accent"}, opacity=0.7,
            marker={"size": [min(22.0, 4 + 2 * (n or 0) ** 0.5) for n in counts]},
            **said(texts, cases_of(table, "n", address)),
        )
    )  # fmt: skip
    names = {"lower_limit": _("lower limit"), "bias": _("mean difference"), "upper_limit": _("upper limit")}
    low, high = sizes.limits()
    lines = {"lower_limit": low, "bias": sizes.bias(), "upper_limit": high}
    for key, dash in _LINES:
        found = lines[key]
        if found.value is None:
            continue
        ink = "ink" if key == "bias" else "danger"
        figure.add_hline(y=found.value, name=ink, line={"dash": dash, "width": 1.5})
        figure.add_annotation(
            text=f"{names[key]} {found.value:+.2f}", name=ink, x=1, xref="paper", xanchor="right",
            y=found.value, yanchor="bottom", showarrow=False, font={"size": 11},
        )  # fmt: skip
        if found.low is not None and found.high is not None:
            figure.add_hrect(y0=found.low, y1=found.high, name=ink, opacity=0.12, layer="below", line={"width": 0})
    figure.update_layout(
        layout(
            420,
            showlegend=False,
            xaxis=axis(_("Mean of machine and person, mm")),
            yaxis=axis(_("Machine minus person, mm"), zeroline=True),
        )
    )
    return figure
