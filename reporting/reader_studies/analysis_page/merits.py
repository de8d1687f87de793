"""AUC, sensitivity and specificity: by arm and reader, between arms, and against the algorithm alone."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from reporting.charts.chart import Chart, MethodNote
from reporting.charts.drawing import Series, estimates_by_row
from reporting.charts.tables import Column, Kind, Row, Table
from reporting.reader_studies.analysis.comparisons import SILENT
from reporting.reader_studies.analysis_page.parts import (
    arm_name,
    difference_name,
    estimate,
    figure_names,
    p_text,
    share,
)
from reporting.statistics.results import Estimate, undefined

MARKS = (("accent", "circle"), ("machine", "diamond"), ("level", "square"))


def merit_chart(figure: str, content: dict[str, Any], arms: list[str], readers: list[str], about: str) -> Chart:
    """Rows: the readers' mean, then each reader. Columns: arms."""
    said = content["merits"][figure]["arms"]
    kind = Kind.NUMBER if figure == "auc" else Kind.SHARE
    columns = (Column("reader", _("Reader")), *(Column(arm, arm_name(arm), kind, True, digits=3) for arm in arms))
    rows = [Row((_("Mean of readers"), *(share(said[arm].get("mrmc", said[arm]["mean"])) for arm in arms)))]
    rows += [Row((code, *(share(said[arm]["readers"][n]) for arm in arms))) for n, code in enumerate(readers)]
    table = Table(columns, tuple(rows))
    name = figure_names()[figure]
    marks = [Series(arm, arm_name(arm), *mark) for arm, mark in zip(arms, MARKS, strict=False)]
    known = any(isinstance(cell, Estimate) and cell.value is not None for row in rows for cell in row.cells)
    note = MethodNote(
        what=_("%(figure)s of every reader in every arm, and the readers' mean") % {"figure": name},
        unit=_("a rated place: a level or side of a case; cases are the clusters"),
        positive=_("what the design counts as disease"),
        interval=_(
            "95 %. Mean: Obuchowski–Rockette, readers and cases random, where everybody read the same cases,"
            " else bootstrap of cases. One reader: jackknife over cases."
        ),
        source=about,
    )
    return Chart(
        key=figure,
        title=name,
        table=table,
        note=note,
        figure=estimates_by_row(table, "reader", marks, name, "") if known else None,
    )


def difference_chart(content: dict[str, Any], about: str) -> Chart:
    """Arm against arm by three roads, and non-inferiority."""
    columns = (
        Column("figure", _("Figure")),
        Column("comparison", _("Difference")),
        Column("or", _("Obuchowski–Rockette"), Kind.NUMBER, True, digits=3),
        Column("or_p", "p (OR)"),
        Column("dbm", "DBM", Kind.NUMBER, True, digits=3),
        Column("dbm_p", "p (DBM)"),
        Column("fixed", _("These readers only"), Kind.NUMBER, True, digits=3),
        Column("bootstrap", _("Bootstrap of cases"), Kind.NUMBER, True, digits=3),
        Column("noninferior", _("Not inferior")),
    )
    rows = []
    for figure, name in figure_names().items():
        for one in content["merits"][figure]["differences"]:
            tests = {road: estimate(one[road]["estimate"]) for road in ("or", "dbm", "fixed_readers")}
            ps = {road: p_text(one[road]["test"]["p"]) for road in tests}
            cells = (
                name,
                difference_name(one["first"], one["second"]),
                *(tests["or"], ps["or"], tests["dbm"], ps["dbm"], tests["fixed_readers"]),
                estimate(one["bootstrap"]),
                _noninferior(one["noninferiority"]),
            )
            rows.append(Row(cells))
    table = Table(columns, tuple(rows))
    return Chart(
        key="differences",
        title=_("Arms compared"),
        table=table,
        note=MethodNote(
            what=_("the readers' mean in one arm less that in another"),
            unit=_("a rated place; cases are the clusters"),
            positive=_("what the design counts as disease"),
            interval=_("95 %, two-sided; readers and cases random, but for “these readers only”"),
            source=about,
            remarks=(
                _("Not inferior: the lower bound by Obuchowski–Rockette lies above minus the margin."),
                _("Nothing here is corrected for several comparisons."),
            ),
        ),
        figure=None,
        empty=_("There is no case that every reader read in every arm, or only one arm."),
    )


def standalone_chart(content: dict[str, Any], about: str) -> Chart:
    """Readers of each arm against the algorithm alone on the same cases."""
    columns = (
        Column("figure", _("Figure")),
        Column("arm", _("Arm")),
        Column("readers", _("Readers"), Kind.NUMBER, True, digits=3),
        Column("machine", _("Algorithm alone"), Kind.NUMBER, True, digits=3),
        Column("difference", _("Readers − algorithm"), Kind.NUMBER, True, digits=3),
        Column("p", "p"),
        Column("places", _("Places"), Kind.COUNT),
        Column("silent", _("Places without a word of it"), Kind.COUNT),
    )
    rows = []
    for figure, name in figure_names().items():
        for one in content["merits"][figure]["standalone"]:
            places = one.get("places"), one.get("silent")  # older analyses do not say
            if "note" in one:
                nothing = undefined(_reason(one["note"]))
                rows.append(Row((name, arm_name(one["arm"]), nothing, nothing, nothing, "—", *places)))
                continue
            three = (share(one["readers"]), share(one["machine"]), estimate(one["difference"]))
            rows.append(Row((name, arm_name(one["arm"]), *three, p_text(one["test"]["p"]), *places)))
    return Chart(
        key="standalone",
        title=_("Readers and the algorithm alone"),
        table=Table(columns, tuple(rows)),
        note=MethodNote(
            what=_("the readers' mean less the figure of the algorithm on the same cases"),
            unit=_("a rated place; cases are the clusters"),
            positive=_("what the design counts as disease"),
            interval=_("95 %; readers and cases random, the algorithm fixed; jackknife over cases"),
            source=about,
            remarks=(
                _(
                    "Counted over the places that the algorithm speaks of; readers may do better or worse on those"
                    " where it is silent."
                ),
            ),
        ),
        figure=None,
        empty=_("There is no case that every reader read in every arm."),
    )


def _reason(note: str) -> str:
    if note == SILENT:
        return _("the algorithm says nothing about what this figure counts, or a class is missing there")
    return _("the algorithm says nothing about some of the places")  # of an older analysis


def _noninferior(said: dict[str, Any]) -> str:
    if said["shown"] is None:
        return "—"
    words = _("shown (p = %(p)s)") if said["shown"] else _("not shown (p = %(p)s)")
    return words % {"p": p_text(said["p"])}
