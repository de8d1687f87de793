"""PPV and NPV at other prevalences than the department's own: what a rate means elsewhere."""

from __future__ import annotations

import json
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from reporting.charts.drawing import axis, band, cases_of, layout, said
from reporting.charts.shown import estimate_text
from reporting.charts.tables import Column, Kind, Row, Table, values
from reporting.department_audit.charts.comparison import rate_names
from reporting.department_audit.words import Truth
from reporting.statistics.confusion import predictive_estimates
from reporting.statistics.results import Estimate, Result

PREVALENCES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
STEPS = range(10, 991, 5)
"""Of the slider, per mille."""


def predictive_table(rates: Result, truth: Truth, cases: str) -> Table:
    """Posterior odds = prior odds × likelihood ratio; its interval over patients is carried through.

    ``cases``: the query that lists the reports behind the likelihood ratios.
    """
    names = rate_names(truth)
    columns = (
        Column("prevalence", _("Prevalence"), Kind.SHARE),
        Column("ppv", names["PPV"], Kind.SHARE, with_interval=True),
        Column("npv", names["NPV"], Kind.SHARE, with_interval=True),
    )
    rows = []
    for prevalence in PREVALENCES:
        found = _at(rates, prevalence)
        rows.append(Row((prevalence, found["PPV"], found["NPV"]), ("", cases, cases)))
    return Table(columns, tuple(rows))


def predictive_figure(table: Table, truth: Truth, address: str) -> go.Figure:
    names, at = rate_names(truth), values(table.column("prevalence"))
    traces: list[go.Scatter] = []
    for column, name, ink, dash in (("ppv", names["PPV"], "danger", "solid"), ("npv", names["NPV"], "accent", "dash")):
        cells = table.column(column)
        texts = [
            f"{100 * (prevalence or 0):.0f} %: {name} {estimate_text(cell, Kind.SHARE)}"
            for prevalence, cell in zip(at, cells, strict=True)
            if isinstance(cell, Estimate)
        ]
        traces += band(at, cells, ink)
        traces.append(
            go.Scatter(
                x=at, y=values(cells), mode="lines+markers", name=name, meta={"ink": ink}, line={"dash": dash},
                **said(texts, cases_of(table, column, address)),
            )
        )  # fmt: skip
    return go.Figure(
        traces,
        layout(
            420,
            xaxis=axis(_("Prevalence"), Kind.SHARE, range=[0, 1]),
            yaxis=axis(_("Share"), Kind.SHARE, range=[-0.02, 1.02]),
        ),
    )


def slider(rates: Result, own: float) -> dict[str, Any]:
    """What each step of the slider (per mille) shows, worked out here; it begins at the department's own prevalence."""
    start = min(STEPS, key=lambda step: abs(step - 1000 * own))
    texts = {step: _texts(_at(rates, step / 1000), step / 1000) for step in STEPS}
    return {"steps": STEPS, "start": start, "shown": texts[start], "texts_json": json.dumps(texts)}


def _at(rates: Result, prevalence: float) -> dict[str, Estimate]:
    return predictive_estimates(rates.estimates["PLR"], rates.estimates["NLR"], prevalence)


def _texts(found: dict[str, Estimate], prevalence: float) -> dict[str, str]:
    shares = {"prevalence": Estimate(prevalence), "ppv": found["PPV"], "npv": found["NPV"]}
    return {name: estimate_text(share, Kind.SHARE) for name, share in shares.items()}
