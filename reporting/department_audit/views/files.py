"""A chart's table as a file."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from reporting.accounts.models import User
from reporting.charts.chart import Chart
from reporting.department_audit.charts.catalogue import CHARTS
from reporting.department_audit.charts.question import Question
from reporting.department_audit.exports.service import export_chart
from reporting.department_audit.views.access import chosen_filter, viewer


@require_GET
def export(request: HttpRequest, key: str, extension: str) -> HttpResponse:
    user = viewer(request)
    if key not in CHARTS:
        raise Http404
    question = Question(chosen_filter(request).for_figures(), reverse("department_audit:cases"))
    return as_file(CHARTS[key](question), extension, user)


def as_file(chart: Chart, extension: str, user: User) -> HttpResponse:
    file = export_chart(chart, extension, by=user)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return HttpResponse(file.content, content_type=file.content_type, headers=headers)
