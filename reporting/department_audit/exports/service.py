"""Hands out a chart's table as a file, and notes who took which one with which filter."""

from __future__ import annotations

from dataclasses import dataclass

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.charts.chart import Chart
from reporting.charts.files.csv_file import csv_bytes
from reporting.charts.files.parquet_file import parquet_bytes
from reporting.charts.files.xlsx_file import xlsx_bytes

FORMATS = {
    "csv": ("CSV", "text/csv; charset=utf-8"),
    "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "parquet": ("Parquet", "application/vnd.apache.parquet"),
}


LINKS = [(extension, name) for extension, (name, _type) in FORMATS.items()]


@dataclass(frozen=True)
class TableFile:
    name: str
    content_type: str
    content: bytes


def export_chart(chart: Chart, extension: str, *, by: User) -> TableFile:
    """``extension``: one of :data:`FORMATS`. Raises :class:`NotAllowed` for a role that does not see the audit."""
    require(by, Act.DEPARTMENT_AUDIT_VIEW)
    about = chart.about()
    if extension == "csv":
        content = csv_bytes(chart.table)
    elif extension == "xlsx":
        content = xlsx_bytes(chart.table, about)
    else:
        content = parquet_bytes(chart.table, about)
    data = {"chart": chart.key, "filter": chart.query, "format": extension, "rows": len(chart.table.rows)}
    if chart.files:
        data["address"] = chart.files
    record(AuditAct.AUDIT_CHART_EXPORTED, by=by, data=data)
    return TableFile(f"{chart.key}.{extension}", FORMATS[extension][1], content)
