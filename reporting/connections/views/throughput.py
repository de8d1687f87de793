"""How much goes through, as pages and as files."""

from __future__ import annotations

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.charts.files.csv_file import csv_bytes
from reporting.charts.files.parquet_file import parquet_bytes
from reporting.charts.files.xlsx_file import xlsx_bytes
from reporting.charts.policy import draws_charts
from reporting.connections.throughput import DAYS, throughput

FORMATS = {
    "csv": ("CSV", "text/csv; charset=utf-8"),
    "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "parquet": ("Parquet", "application/vnd.apache.parquet"),
}


@require_GET
@draws_charts
def throughput_page(request: HttpRequest) -> HttpResponse:
    """``days``: of how many."""
    require(cast(User, request.user), Act.DELIVERY_VIEW)
    days = _days(request)
    context = {
        "nav": "connections",
        "tab": "throughput",
        "charts": throughput(days),
        "days": days,
        "choices": DAYS,
        "formats": [(extension, name) for extension, (name, _type) in FORMATS.items()],
    }
    return render(request, "connections/throughput.html", context)


@require_GET
def throughput_file(request: HttpRequest, key: str, extension: str) -> HttpResponse:
    """The table of one of the charts. Counts of days and no patient, so nobody notes who took it."""
    require(cast(User, request.user), Act.DELIVERY_VIEW)
    charts = {chart.key: chart for chart in throughput(_days(request))}
    if key not in charts or extension not in FORMATS:
        raise Http404
    chart = charts[key]
    if extension == "csv":
        content = csv_bytes(chart.table)
    else:
        content = (xlsx_bytes if extension == "xlsx" else parquet_bytes)(chart.table, chart.about())
    headers = {"Content-Disposition": f'attachment; filename="throughput-{key}.{extension}"'}
    return HttpResponse(content, content_type=FORMATS[extension][1], headers=headers)


def _days(request: HttpRequest) -> int:
    return next((each for each in DAYS if str(each) == request.GET.get("days")), DAYS[1])
