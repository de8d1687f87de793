"""Monitoring's two lists as tables, so that they leave as files and over the API like every chart."""

from __future__ import annotations

from django.utils.translation import gettext as _

from reporting.charts.chart import Chart, MethodNote
from reporting.charts.tables import Column, Kind, Row, Table, Word
from reporting.department_audit.models import Alarm
from reporting.department_audit.monitoring.measures import AREAS, MEASURES
from reporting.department_audit.monitoring.page import line_name
from reporting.department_audit.monitoring.watching import SeriesKey, all_days, baseline_of, judgement_of
from reporting.department_audit.monitoring_models import AlarmStatus
from reporting.statistics.results import undefined


def lines_table(files: str = "") -> Chart:
    """Every line of figures: its newest day, and what is usual by its baseline."""
    columns = (
        *_key_columns(),
        Column("newest_day", _("Newest day")),
        Column("n", _("Cases"), Kind.COUNT),
        Column("value", _("That day"), Kind.NUMBER),
        Column("usual", _("Usual (interval)"), Kind.NUMBER, with_interval=True),
        Column("baseline_first", _("First day")),
        Column("baseline_last", _("Last day")),
        Column("alarms", _("Alarms"), Kind.COUNT),
    )
    standing = Alarm.objects.exclude(status=AlarmStatus.CLOSED).values_list("measure", "group", "algorithm")
    alarms = [SeriesKey(*row) for row in standing]
    order = list(MEASURES)
    rows = []
    for key, days in sorted(all_days().items(), key=lambda item: (order.index(item[0].measure), *item[0].as_filter())):
        newest, judgement, baseline = max(days, key=lambda day: day.day), judgement_of(key), baseline_of(key)
        frozen = (baseline.first_day, baseline.last_day) if baseline else (None, None)
        usual = judgement.usual if judgement else undefined("no baseline yet")
        rows.append(Row((*_key_cells(key), newest.day, newest.n, newest.value, usual, *frozen, alarms.count(key))))
    title = _("Monitoring: every line of figures")
    return Chart("lines", title, Table(columns, tuple(rows)), _note(), None, _("No day was counted yet."), files=files)


def alarms_table(files: str = "") -> Chart:
    """Every alarm there ever was, the newest first. Owners are named: an alarm without an owner is nobody's."""
    columns = (
        *_key_columns(),
        Column("rule", _("Rule")),
        Column("status", _("State")),
        Column("first_day", _("First day")),
        Column("last_day", _("Last day")),
        Column("owner", _("Owner")),
        Column("raised_at", _("Raised")),
        Column("n", _("Cases"), Kind.COUNT),
        Column("value", _("That day"), Kind.NUMBER),
        Column("usual", _("Usual"), Kind.NUMBER),
    )
    rows = []
    for alarm in Alarm.objects.select_related("owner").order_by("-created_at"):
        figures = alarm.figures
        cells = (
            *_key_cells(SeriesKey(alarm.measure, alarm.group, alarm.algorithm)),
            Word(alarm.rule, alarm.get_rule_display()),
            Word(alarm.status, alarm.get_status_display()),
            alarm.first_day,
            alarm.last_day,
            alarm.owner.full_name if alarm.owner else None,
            alarm.created_at,
            *(figures.get(name) for name in ("n", "value", "usual")),
        )
        rows.append(Row(cells))
    title = _("Monitoring: alarms")
    return Chart("alarms", title, Table(columns, tuple(rows)), _note(), None, _("No alarm stands."), files=files)


def _key_columns() -> tuple[Column, ...]:
    return (
        Column("area", _("Area")),
        Column("measure", _("What is watched")),
        Column("group", _("Group")),
        Column("algorithm", _("Algorithm")),
    )


def _key_cells(key: SeriesKey) -> tuple[Word | str, ...]:
    measure = MEASURES.get(key.measure)
    area = Word(measure.area.value, str(AREAS[measure.area])) if measure else ""
    return area, Word(key.measure, line_name(key)), key.group, key.algorithm


def _note() -> MethodNote:
    return MethodNote(
        _("Each day's figures against a frozen baseline."),
        _("one day of one line of figures"),
        "",
        _("of the baseline over its days; limits: Laney's p′ for shares, three standard deviations of days for means"),
        _("facts, series and readings of each day in the department's time zone, counted by the clock"),
    )
