"""ROC curves, agreement, what the algorithm did to readers, and reading times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from reporting.charts.chart import Chart, MethodNote
from reporting.charts.drawing import Series, axis, escaped, estimates_by_row, layout
from reporting.charts.tables import Column, Kind, Row, Table
from reporting.reader_studies.analysis_page.merits import MARKS
from reporting.reader_studies.analysis_page.parts import arm_name, difference_name, estimate, p_text

_INKS = ("accent", "machine", "level")
_DASHES = ("solid", "dash", "dot")
_HEIGHT = 440


def roc_chart(content: dict[str, Any], arms: list[str], readers: list[str], about: str) -> Chart:
    """Each reader thin, the readers' mean broad; the table holds the mean."""
    said = content["roc"]
    columns = (
        Column("fpr", _("False-positive rate"), Kind.SHARE),
        *(Column(arm, _("Mean sensitivity: %(arm)s") % {"arm": arm_name(arm)}, Kind.SHARE) for arm in arms),
    )
    means = [said["arms"][arm]["mean"] for arm in arms]
    grid = [at for n, at in enumerate(said["grid"]) if n % 5 == 0]
    rows = [Row((at, *(mean[n * 5] if mean else None for mean in means))) for n, at in enumerate(grid) if any(means)]
    lines = [_line([0, 1], [0, 1], "muted", _("no better than chance"), dash="dot")]
    for arm, ink, dash in zip(arms, _INKS, _DASHES, strict=False):
        # One line with gaps for all readers of an arm: each line of its own costs time to build and to draw.
        each = said["arms"][arm]["readers"]
        x = [at for one in each for at in (*one["fpr"], None)]
        y = [at for one in each for at in (*one["tpr"], None)]
        lines.append(_line(x, y, ink, arm_name(arm), width=1, opacity=0.35, named=False))
        mean = said["arms"][arm]["mean"]
        if mean:
            name = _("%(arm)s: mean of %(n)s readers") % {"arm": arm_name(arm), "n": len(readers)}
            lines.append(_line(said["grid"], mean, ink, name, width=3, dash=dash))
    if said["machine"]:
        machine = said["machine"]
        lines.append(_line(machine["fpr"], machine["tpr"], "danger", _("Algorithm alone"), width=2, dash="longdash"))
    rates = {"range": [-0.02, 1.02]}
    figure = go.Figure(
        lines,
        layout(
            _HEIGHT,
            xaxis=axis(_("False-positive rate"), Kind.SHARE, **rates),
            yaxis=axis(_("Sensitivity"), Kind.SHARE, **rates),
        ),
    )
    return Chart(
        key="roc",
        title=_("ROC curves"),
        table=Table(columns, tuple(rows)),
        note=MethodNote(
            what=_("sensitivity at every false-positive rate; the mean is taken of sensitivities"),
            unit=_("a rated place"),
            positive=_("what the design counts as disease"),
            interval="",
            source=about,
        ),
        figure=figure if any(means) else None,
        empty=_("A class is missing."),
    )


def agreement_chart(content: dict[str, Any], arms: list[str], about: str) -> Chart:
    names = {
        "agreement": _("Raw agreement"),
        "fleiss": _("Fleiss' κ"),
        "gwet": _("Gwet's AC"),
        "krippendorff": _("Krippendorff's α"),
        "conger": _("Conger's κ"),
        "brennan_prediger": _("Brennan–Prediger"),
    }
    columns = (
        Column("coefficient", _("Coefficient")),
        *(Column(arm, arm_name(arm), Kind.NUMBER, True) for arm in arms),
    )
    said = {arm: content["agreement"][arm]["together"]["estimates"] for arm in arms}
    rows = tuple(Row((name, *(estimate(said[arm][key]) for arm in arms))) for key, name in names.items())
    table = Table(columns, rows)
    marks = [Series(arm, arm_name(arm), *mark) for arm, mark in zip(arms, MARKS, strict=False)]
    return Chart(
        key="agreement",
        title=_("Agreement of readers"),
        table=table,
        note=MethodNote(
            what=_("how far readers say the same within an arm"),
            unit=_("a rated place"),
            positive="",
            interval=_("95 %, linearised variance"),
            source=about,
            remarks=(_("Grades with quadratic weights, everything else as called by the design's cut."),),
        ),
        figure=estimates_by_row(table, "coefficient", marks, _("Coefficient"), ""),
    )


def pairs_table(content: dict[str, Any], arm: str, readers: list[str], about: str) -> Chart:
    """Cohen's κ of every pair of readers in one arm."""
    columns = (Column("reader", _("Reader")), *(Column(code, code, Kind.NUMBER) for code in readers))
    matrix = content["agreement"][arm]["kappa"]
    rows = tuple(Row((code, *matrix[n])) for n, code in enumerate(readers))
    return Chart(
        key="pairs",
        part=arm,
        title=_("Cohen's κ of pairs: %(arm)s") % {"arm": arm_name(arm)},
        table=Table(columns, rows),
        note=MethodNote(
            what=_("how far two readers call the same"),
            unit=_("a place that both rated"),
            positive=_("what the design counts as disease"),
            interval="",
            source=about,
        ),
        figure=None,
    )


def reliance_chart(content: dict[str, Any], about: str) -> Chart:
    """Automation bias: who gave up what for the algorithm."""
    names = {
        "misled": _("right alone, wrong with the algorithm, which was wrong"),
        "lost": _("right alone, wrong with the algorithm, which was right"),
        "put_right": _("wrong alone, right with the algorithm, which was right"),
        "resisted_found": _("wrong alone, right with the algorithm, which was wrong"),
    }
    columns = (
        Column("arm", _("Arm")),
        Column("what", _("What happened")),
        Column("n", _("Readings of a place"), Kind.COUNT),
        Column("of", _("of as many"), Kind.COUNT),
        Column("share", _("Share"), Kind.SHARE, True),
    )
    rows = [
        Row((arm_name(arm), names[key], one["hits"], one["of"], estimate(one)))
        for arm, said in content["reliance"].items()
        for key in names
        for one in [said["shares"][key]]
    ]
    return Chart(
        key="reliance",
        title=_("Automation bias"),
        table=Table(columns, tuple(rows)),
        note=MethodNote(
            what=_("the same reader and place unaided and aided, beside what the algorithm said"),
            unit=_("a reading of a place"),
            positive=_("what the design counts as disease"),
            interval=_("95 %, cases are the clusters"),
            source=about,
            remarks=(_("The share is of the readings whose call could have changed this way."),),
        ),
        figure=None,
        empty=_("Needs an unaided and an aided arm, and an algorithm that speaks of this finding."),
    )


def times_chart(times: dict[str, Any], arms: list[str], about: str) -> Chart:
    columns = (
        Column("arm", _("Arm")),
        Column("n", _("Readings"), Kind.COUNT),
        Column("median", _("Median (quartiles), s"), Kind.NUMBER, True, digits=1),
        Column("mean", _("Geometric mean, s"), Kind.NUMBER, True, digits=1),
    )
    rows = tuple(
        Row((arm_name(arm), one["n"], estimate(one["median"]), estimate(one["geometric_mean"])))
        for arm in arms
        for one in [times["arms"][arm]]
    )
    table = Table(columns, rows)
    mark = [Series("mean", _("Geometric mean"))]
    return Chart(
        key="times",
        title=_("Reading time of a case"),
        table=table,
        note=MethodNote(
            what=_("active seconds of a case by the server's clock; pauses and silence are not counted"),
            unit=_("a submitted reading"),
            positive="",
            interval=_("95 %, bootstrap of cases"),
            source=about,
        ),
        figure=estimates_by_row(table, "arm", mark, _("Seconds"), "") if any(one.cells[1] for one in rows) else None,
    )


def time_ratio_chart(times: dict[str, Any], about: str) -> Chart:
    columns = (
        Column("effect", _("Comparison")),
        Column("n", _("Pairs"), Kind.COUNT),
        Column("ratio", _("Ratio of times"), Kind.NUMBER, True),
        Column("p", "p"),
    )
    rows = [
        Row((_("paired: %(what)s") % {"what": _over(one)}, one["pairs"], estimate(one["ratio"]), "—"))
        for one in times["ratios"]
    ]
    model = times["model"]
    for name, one in model["effects"].items():
        what = _("later session by one") if name == "session" else _over({"first": name[4:], "second": model["base"]})
        row = (_("mixed model: %(what)s") % {"what": what}, None, estimate(one["ratio"]), p_text(one["test"]["p"]))
        rows.append(Row(row))
    return Chart(
        key="time-ratios",
        title=_("Reading times compared"),
        table=Table(columns, tuple(rows)),
        note=MethodNote(
            what=_("ratios of geometric means, the same reader and case in two arms"),
            unit=_("a pair of readings"),
            positive="",
            interval=_("95 %; paired: bootstrap of cases; model: Wald"),
            source=about,
            remarks=(
                _("Mixed model: log time within the case, arm and session fixed, reader and reader × arm random."),
                *escaped(model["notes"]),
            ),
        ),
        figure=None,
        empty=_("There is only one arm."),
    )


def _over(one: dict[str, Any]) -> str:
    return difference_name(one["first"], one["second"]).replace(" − ", " / ")


def _line(
    x: Sequence[float | None],
    y: Sequence[float | None],
    ink: str,
    name: str,
    *,
    width: float = 2,
    dash: str = "solid",
    opacity: float = 1,
    named: bool = True,
) -> go.Scatter:
    return go.Scatter(
        x=x, y=y, mode="lines", name=name, meta={"ink": ink}, line={"width": width, "dash": dash}, opacity=opacity,
        showlegend=named, hoverinfo="skip",
    )  # fmt: skip
