"""The step "Sample size": what a pilot's components say, drawn, as tables, and as files."""

from __future__ import annotations

import uuid
from typing import Any, cast
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from reporting.accounts.models import User
from reporting.charts.chart import Chart
from reporting.charts.files.csv_file import csv_bytes
from reporting.charts.files.xlsx_file import xlsx_bytes
from reporting.charts.policy import draws_charts
from reporting.reader_studies.forms import PowerForm
from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.permissions import StudyAct, require_in_study
from reporting.reader_studies.power import power_charts
from reporting.reader_studies.views.access import known_study
from reporting.reader_studies.views.tabs import STEP_NAMES, tabs

FORMATS = {
    "csv": ("CSV", "text/csv; charset=utf-8"),
    "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@require_safe
@draws_charts
def power(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    """Fields of ``PowerForm`` in the address; without them the form alone."""
    study = _study(request, study_id)
    form = PowerForm(request.GET) if request.GET else PowerForm()
    context: dict[str, Any] = {
        "nav": "reader_studies",
        "study": study,
        "step": "power",
        "name": STEP_NAMES["power"],
        "tabs": tabs(study, cast(User, request.user)),
        "form": form,
        "charts": _charts(form),
        "formats": [(extension, name) for extension, (name, _type) in FORMATS.items()],
        "files": reverse("reader_studies:power", args=[study.pk]),
    }
    return render(request, "reader_studies/power.html", context)


@require_GET
def power_file(request: HttpRequest, study_id: uuid.UUID, key: str, extension: str) -> HttpResponse:
    """The table of one of the charts. Of a formula and no patient, so nobody notes who took it."""
    _study(request, study_id)
    charts = {chart.key: chart for chart in _charts(PowerForm(request.GET))}
    if key not in charts or extension not in FORMATS:
        raise Http404
    chart = charts[key]
    content = csv_bytes(chart.table) if extension == "csv" else xlsx_bytes(chart.table, chart.about())
    headers = {"Content-Disposition": f'attachment; filename="sample-size-{key}.{extension}"'}
    return HttpResponse(content, content_type=FORMATS[extension][1], headers=headers)


def _study(request: HttpRequest, study_id: uuid.UUID) -> ReaderStudy:
    study = known_study(request, study_id)
    require_in_study(study, cast(User, request.user), StudyAct.SEE_PROTOCOL)
    return study


def _charts(form: PowerForm) -> tuple[Chart, ...]:
    """None where a field is missing or wrong."""
    if not form.is_bound or not form.is_valid():
        return ()
    asked = form.cleaned_data
    return power_charts(asked, urlencode({name: asked[name] for name in form.fields}))
