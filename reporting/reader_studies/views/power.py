"""The step "Sample size": what a pilot's components say, drawn, as tables, as files; and kept with the design."""

from __future__ import annotations

import uuid
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from reporting.accounts.models import User
from reporting.charts.chart import Chart
from reporting.charts.files.csv_file import csv_bytes
from reporting.charts.files.xlsx_file import xlsx_bytes
from reporting.charts.policy import draws_charts
from reporting.core.errors import DomainError
from reporting.reader_studies import services
from reporting.reader_studies.forms import PowerForm
from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.permissions import StudyAct, may_in_study, require_in_study
from reporting.reader_studies.power import power_charts
from reporting.reader_studies.views.access import known_study, seen_version
from reporting.reader_studies.views.tabs import STEP_NAMES, tabs

FORMATS = {
    "csv": ("CSV", "text/csv; charset=utf-8"),
    "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def power(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    """Fields of ``PowerForm`` in the address; without them those that the design keeps, else the form alone.

    POST: ``act`` *keep* with the fields of ``PowerForm``, or *drop*, at the ``version`` seen.
    """
    study, user = _study(request, study_id), cast(User, request.user)
    return _keep(request, study, user) if request.method == "POST" else _page(request, study, user)


@draws_charts
def _page(request: HttpRequest, study: ReaderStudy, user: User) -> HttpResponse:
    kept = study.sample_size.get("inputs")
    form = PowerForm(request.GET or kept)
    charts = _charts(form)
    may_change = study.is_in_design and may_in_study(study, user, StudyAct.DESIGN)
    context: dict[str, Any] = {
        "nav": "reader_studies",
        "study": study,
        "step": "power",
        "name": STEP_NAMES["power"],
        "tabs": tabs(study, user),
        "form": form,
        "charts": charts,
        "kept": kept,
        "is_kept": bool(charts) and form.cleaned_data == kept,
        "may_change": may_change,
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


def _keep(request: HttpRequest, study: ReaderStudy, user: User) -> HttpResponse:
    version, act = seen_version(request), request.POST.get("act", "")
    form = PowerForm(request.POST)
    if act not in ("keep", "drop") or (act == "keep" and not form.is_valid()):
        raise Http404  # no form of ours sends that
    inputs = form.cleaned_data if act == "keep" else None
    try:
        services.keep_sample_size(study, inputs, by=user, expected_version=version)
    except DomainError as refused:
        if refused.http_status in (403, 404):
            raise
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The design keeps this sample size.") if inputs else _("Kept no more."))
    query = f"?{_query(form)}" if act == "keep" else ""
    return redirect(reverse("reader_studies:power", args=[study.pk]) + query)


def _study(request: HttpRequest, study_id: uuid.UUID) -> ReaderStudy:
    study = known_study(request, study_id)
    require_in_study(study, cast(User, request.user), StudyAct.SEE_PROTOCOL)
    return study


def _charts(form: PowerForm) -> tuple[Chart, ...]:
    """None where a field is missing or wrong."""
    if not form.is_bound or not form.is_valid():
        return ()
    return power_charts(form.cleaned_data, _query(form))


def _query(form: PowerForm) -> str:
    return urlencode({name: form.cleaned_data[name] for name in form.fields})
