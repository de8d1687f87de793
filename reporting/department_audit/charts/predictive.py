"""PPV and NPV at other prevalences than the department's own: what a rate means elsewhere."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from reporting.department_audit.charts.comparison import rate_names
from reporting.department_audit.charts.drawing import axis, layout, said
from reporting.department_audit.charts.shown import estimate_text
from reporting.department_audit.tables import Column, Kind, Row, Table, values
from reporting.department_audit.words import Truth
from reporting.statistics.results import Estimate, Result

PREVALENCES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def ratios_of(rates: Result) -> dict[str, list[float | None]]:
    """The likelihood ratios with their bounds, as the slider takes them (static/js/predictive_values.mjs)."""
    return {
        name.lower(): [getattr(rates.estimates[name], end) for end in ("value", "low", "high")]
        for name in ("PLR", "NLR")
    }


def predictive_table(rates: Result, truth: Truth) -> Table:
    """Posterior odds = prior odds × likelihood ratio; its interval over patients is carried through."""
    names = rate_names(truth)
    columns = (
        Column("prevalence", _("Prevalence"), Kind.SHARE),
        Column("ppv", names["PPV"], Kind.SHARE, with_interval=True),
        Column("npv", names["NPV"], Kind.SHARE, with_interval=True),
    )
    plr, nlr = rates.estimates["PLR"], rates.estimates["NLR"]
    rows = []
    for prevalence in PREVALENCES:
        odds = prevalence / (1 - prevalence)
        missed = _posterior(odds, nlr)
        npv = Estimate(_rest(missed.value), _rest(missed.high), _rest(missed.low), note=missed.note)
        rows.append(Row((prevalence, _posterior(odds, plr), npv)))
    return Table(columns, tuple(rows))


def predictive_figure(table: Table, truth: Truth) -> go.Figure:
    names, at = rate_names(truth), values(table.column("prevalence"))
    figure = go.Figure()
    for column, name, ink, dash in (("ppv", names["PPV"], "danger", "solid"), ("npv", names["NPV"], "accent", "dash")):
        cells = table.column(column)
        texts = [
            f"{100 * (prevalence or 0):.0f} %: {name} {estimate_text(cell, Kind.SHARE)}"
            for prevalence, cell in zip(at, cells, strict=True)
            if isinstance(cell, Estimate)
        ]
        bounds = [(cell.low, cell.high) for cell in cells if isinstance(cell, Estimate)]
        if all(low is not None for low, _high in bounds):
            for place, fill in ((0, None), (1, "tonexty")):
                figure.add_trace(
                    go.Scatter(
                        x=at, y=[bound[place] for bound in bounds], mode="lines", fill=fill, meta={"ink": ink},
                        line={"width": 0.5, "dash": "dot"}, opacity=0.5, hoverinfo="skip", showlegend=False,
                    )
                )  # fmt: skip
        figure.add_trace(
            go.Scatter(
                x=at, y=values(cells), mode="lines+markers", name=name, meta={"ink": ink}, line={"dash": dash},
                **said(texts, [""] * len(texts)),
            )
        )  # fmt: skip
    figure.update_layout(
        layout(
            420,
            xaxis=axis(_("Prevalence"), Kind.SHARE, range=[0, 1]),
            yaxis=axis(_("Share"), Kind.SHARE, range=[-0.02, 1.02]),
        )
    )
    return figure


def slider(rates: Result, prevalence: Estimate) -> dict[str, Any]:
    """What the slider needs; it begins at the department's own prevalence."""
    own = prevalence.value if prevalence.value is not None else 0.5
    return {"ratios": ratios_of(rates), "per_mille": min(990, max(10, round(1000 * own)))}


def _posterior(odds: float, ratio: Estimate) -> Estimate:
    def at(value: float | None) -> float | None:
        return None if value is None else odds * value / (1 + odds * value)

    return Estimate(at(ratio.value), at(ratio.low), at(ratio.high), note=ratio.note)


def _rest(share: float | None) -> float | None:
    return None if share is None else 1 - share
