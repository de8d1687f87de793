"""``{% for row in chart|table_rows %}``: a chart's table as cells to show."""

from __future__ import annotations

from django import template

from reporting.charts.chart import Chart
from reporting.charts.shown import ShownCell, shown_rows

register = template.Library()


@register.filter
def table_rows(chart: Chart) -> list[list[ShownCell]]:
    return shown_rows(chart.table)
