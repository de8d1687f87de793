"""What the pages of monitoring show: alarms first, then every line of figures, and one line with its chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import plotly.graph_objects as go
from django.urls import reverse
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.charts.chart import Chart, Headline, MethodNote
from reporting.charts.drawing import axis, cases_of, layout, said
from reporting.charts.shown import estimate_text, number_text
from reporting.charts.tables import Column, Kind, Row, Table
from reporting.department_audit.charts.dimension_words import value_word
from reporting.department_audit.charts.question import Question
from reporting.department_audit.filters import Filter
from reporting.department_audit.models import Alarm, Baseline
from reporting.department_audit.monitoring.judging import Day, Judgement
from reporting.department_audit.monitoring.measures import AREAS, MEASURES, Measure, MeasureKind
from reporting.department_audit.monitoring.watching import SeriesKey, all_days, baseline_of, judgement_of
from reporting.department_audit.monitoring_models import AlarmStatus
from reporting.reports.wording import finding_text, role_text
from reporting.statistics.results import undefined
from reporting.vocabulary import MachineFinding

SHOWN_CLOSED = 20


@dataclass(frozen=True)
class AlarmRow:
    alarm: Alarm
    name: str
    figures: str
    query: str
    events: tuple[Any, ...]
    may_acknowledge: bool
    may_close: bool


@dataclass(frozen=True)
class LineRow:
    name: str
    algorithm: str
    query: str
    last_day: str
    newest: str
    usual: str
    baseline: Baseline | None
    alarms: int


@dataclass(frozen=True)
class AreaRows:
    name: str
    rows: tuple[LineRow, ...]


def line_name(key: SeriesKey) -> str:
    """ "Machine and final read differ: Disc herniation"."""
    measure = MEASURES.get(key.measure)
    name = str(measure.name) if measure is not None else key.measure
    if not key.group:
        return name
    if key.group in [one.value for one in MachineFinding]:
        return f"{name}: {finding_text(key.group)}"
    return f"{name}: {value_word('vendor', key.group).label if key.measure == 'vendor' else role_text(key.group)}"


def query_of(key: SeriesKey) -> str:
    return urlencode({name: value for name, value in key.as_filter().items() if value})


def alarm_rows(user: User) -> list[AlarmRow]:
    """Standing alarms, then the newest closed ones."""
    alarms = Alarm.objects.select_related("owner").prefetch_related("events__by", "events__to")
    standing = list(alarms.exclude(status=AlarmStatus.CLOSED))
    closed = list(alarms.filter(status=AlarmStatus.CLOSED)[:SHOWN_CLOSED])
    handles = may(user, Act.ALARM_HANDLE)
    rows = []
    for alarm in [*standing, *closed]:
        key = SeriesKey(alarm.measure, alarm.group, alarm.algorithm)
        has_page = MEASURES.get(alarm.measure, None) is not None and alarm.rule != "state"
        rows.append(
            AlarmRow(
                alarm,
                line_name(key),
                _figures_text(alarm),
                query_of(key) if has_page else "",
                tuple(alarm.events.all()),
                may_acknowledge=handles and alarm.status == AlarmStatus.OPEN,
                may_close=handles and alarm.status != AlarmStatus.CLOSED,
            )
        )
    return rows


def _figures_text(alarm: Alarm) -> str:
    figures, measure = alarm.figures, MEASURES.get(alarm.measure)
    if "waiting" in figures:
        return _("%(n)s readings wait") % {"n": figures["waiting"]}
    if "minutes" in figures:
        return _("for %(n)s minutes") % {"n": figures["minutes"]}
    if measure is None or figures.get("value") is None:
        return ""
    kind = _kind(measure)
    text = f"{number_text(figures['value'], kind)} (n = {figures['n']})"
    usual = figures.get("usual")
    return (
        text if usual is None else _("%(value)s; usual %(usual)s") % {"value": text, "usual": number_text(usual, kind)}
    )


def areas() -> list[AreaRows]:
    standing = Alarm.objects.exclude(status=AlarmStatus.CLOSED).values_list("measure", "group", "algorithm")
    alarms = [SeriesKey(*row) for row in standing]
    lines = all_days()
    found = []
    for area, name in AREAS.items():
        keys = [
            key for measure in MEASURES.values() if measure.area is area for key in lines if key.measure == measure.key
        ]
        found.append(AreaRows(str(name), tuple(_line(key, lines[key], alarms.count(key)) for key in keys)))
    return found


def _line(key: SeriesKey, days: Sequence[Day], alarms: int) -> LineRow:
    newest, kind = max(days, key=lambda day: day.day), _kind(MEASURES[key.measure])
    judgement = judgement_of(key)
    return LineRow(
        line_name(key),
        key.algorithm,
        query_of(key),
        newest.day.isoformat(),
        f"{number_text(newest.value, kind)} (n = {newest.n})",
        estimate_text(judgement.usual, kind) if judgement is not None else "",
        baseline_of(key),
        alarms,
    )


def line_chart(
    key: SeriesKey, days: Sequence[Day], judgement: Judgement | None, baseline: Baseline | None, cases_address: str
) -> Chart:
    """Every day of one line, with the limits of each, the baseline's interval and the moving average."""
    measure = MEASURES[key.measure]
    kind = _kind(measure)
    judged = {point["day"]: point for point in judgement.points} if judgement is not None else {}
    columns = (
        Column("day", _("Day")),
        Column("n", _("Cases"), Kind.COUNT),
        Column(
            "total",
            _("Of these") if kind is Kind.SHARE else _("Sum"),
            Kind.NUMBER if kind is Kind.NUMBER else Kind.COUNT,
        ),
        Column("value", _("Share") if kind is Kind.SHARE else _("Mean"), kind),
        Column("low", _("Lower limit"), kind),
        Column("high", _("Upper limit"), kind),
        Column("ewma", _("Moving average (EWMA)"), kind),
    )
    rows = []
    for day in days:
        point = judged.get(day.day, {})
        limits = (point.get(name) for name in ("low", "high", "ewma"))
        every, hits = _cases(key, day)
        rows.append(Row((day.day, day.n, day.total, day.value, *limits), ("", every, hits, hits or every, "", "", "")))
    table = Table(columns, tuple(rows))
    usual = judgement.usual if judgement is not None else undefined("no baseline yet")
    note = MethodNote(
        str(measure.name),
        str(measure.unit),
        "",
        _("of the baseline over its days; limits: Laney's p′ for shares, three standard deviations of days for means"),
        _("facts, series and readings of each day in the department's time zone, counted by the clock"),
        (
            _(
                "An alarm: seven days in a row beyond the baseline's interval on one side, or the newest day beyond "
                "the limits, or EWMA (weight 0.2) or CUSUM (0.5, 5) beyond theirs."
            ),
            _("Days with fewer than %(n)s cases are shown and judged by nothing; days without any do not break a row.")
            % {"n": measure.fewest},
        ),
    )
    figure = _figure(table, kind, str(measure.name), usual.value, baseline, cases_address) if rows else None
    return Chart(
        "line",
        line_name(key),
        table,
        note,
        figure,
        empty=_("No day was counted yet."),
        headline=(Headline(_("Usual, by the baseline"), usual, kind),),
        query=query_of(key),
        files=reverse("department_audit:monitoring_file", args=["line", "csv"]).removesuffix(".csv"),
    )


def _figure(
    table: Table, kind: Kind, name: str, usual: float | None, baseline: Baseline | None, cases_address: str
) -> go.Figure:
    days = [str(day) for day in table.column("day")]
    values: list[Any] = table.column("value")
    limits = (("low", _("Lower limit")), ("high", _("Upper limit")))
    lines = [_line_trace(days, table.column(column), title, "warn", "dash") for column, title in limits]
    lines.append(_line_trace(days, table.column("ewma"), _("Moving average (EWMA)"), "accent", "dot"))
    texts = [
        f"{day}: {number_text(value, kind)}, n = {n}"
        for day, value, n in zip(days, values, table.column("n"), strict=True)
    ]
    lines.append(
        go.Scatter(
            x=days, y=values, mode="lines+markers", name=name, meta={"ink": "ink"}, marker={"size": 7},
            **said(texts, cases_of(table, "value", cases_address)),
        )
    )  # fmt: skip
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    if usual is not None:
        ends = {"x0": days[0], "x1": days[-1], "y0": usual, "y1": usual}
        shapes.append({"type": "line", "name": "ok", **ends, "line": {"width": 1}})
    if baseline is not None:
        edge = baseline.last_day.isoformat()
        ends = {"x0": edge, "x1": edge, "y0": 0, "y1": 1, "yref": "paper"}
        shapes.append({"type": "line", "name": "muted", **ends, "line": {"dash": "longdash"}})
        place = {"x": edge, "y": 1.0, "yref": "paper", "showarrow": False, "xanchor": "left"}
        notes.append({"text": _("end of the baseline"), "name": "muted", **place})
    day = axis(_("Day"), type="date", tickformat="%Y-%m-%d")
    axes = {"xaxis": day, "yaxis": axis(name, kind, rangemode="tozero")}
    return go.Figure(lines, layout(380, shapes=shapes, annotations=notes, **axes))


# What a day's cases are in the words of ``case_cells``: all that were counted, and those of the share.
_OF_FACTS = {"discrepancy": ("compared", "differ"), "withheld": ("said", "withheld")}


def _cases(key: SeriesKey, day: Day) -> tuple[str, str]:
    """The queries of the reports behind one day; empty where its cases are series or readings."""
    if key.measure in _OF_FACTS:
        every, hits = _OF_FACTS[key.measure]
        question = Question(Filter(finding=key.group, algorithm=key.algorithm), "")
    elif key.measure in ("vendor", "protocol"):
        every = hits = "signed"
        question = Question(Filter(), "")
    else:
        return "", ""
    narrowed = question
    if key.measure == "vendor":
        narrowed = Question(Filter(vendor=key.group), "")
    elif key.measure == "protocol":
        narrowed = Question(Filter(protocol="outside"), "")
    return (
        question.cases(cell=f"{every}@{day.day}"),
        narrowed.cases(cell=f"{hits}@{day.day}") if day.total else "",
    )


def _line_trace(days: Sequence[str], values: Sequence[Any], name: str, ink: str, dash: str) -> go.Scatter:
    return go.Scatter(
        x=days, y=list(values), mode="lines+markers", name=name, meta={"ink": ink}, marker={"size": 3},
        line={"dash": dash, "width": 1.5}, hoverinfo="skip",
    )  # fmt: skip


def _kind(measure: Measure) -> Kind:
    return Kind.SHARE if measure.kind is MeasureKind.SHARE else Kind.NUMBER
