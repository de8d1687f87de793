"""``{% for row in chart|table_rows %}{% for cell in row %}{{ cell|cell_html:address }}``: a table as cells to show."""

from __future__ import annotations

from django import template
from django.utils.html import format_html

from reporting.charts.chart import Chart
from reporting.charts.shown import ShownCell, shown_rows

register = template.Library()


@register.filter
def table_rows(chart: Chart) -> list[list[ShownCell]]:
    return shown_rows(chart.table)


@register.filter
def cell_html(cell: ShownCell, cases: str) -> str:
    """What is in a cell; ``cases``: address of the lists of cases. No template of its own: a page has thousands."""
    if not (cell.cases or cell.note):
        return cell.text  # escaped as any text is
    if not cell.cases:
        return format_html('{} <span class="sub">{}</span>', cell.text, cell.note)
    if not cell.note:
        return format_html('<a href="{}?{}">{}</a>', cases, cell.cases, cell.text)
    return format_html('<a href="{}?{}">{}</a> <span class="sub">{}</span>', cases, cell.cases, cell.text, cell.note)
