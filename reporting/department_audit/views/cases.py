"""The reports behind a number: the list, and the way into one of them."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from reporting.core.errors import InvalidInput
from reporting.department_audit.case_access import note_case_opened, note_cases_listed
from reporting.department_audit.case_cells import behind
from reporting.department_audit.cases_page import case_rows
from reporting.department_audit.charts.cell_words import cell_name
from reporting.department_audit.figures import cases as cases_behind
from reporting.department_audit.filters import Filter
from reporting.department_audit.models import SignedRead, Standing
from reporting.department_audit.views.access import chosen_filter, viewer
from reporting.department_audit.views.around import around
from reporting.reports.models import Report

_ALSO = ("cell", "page")
_LAST_PAGE = 1000


@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    chosen, page = chosen_filter(request, _ALSO), _page(request)
    cell = _cell(request, chosen)
    found, more = cases_behind(chosen, page, cell=cell)
    rows = case_rows(found, user)
    reason = _reason(chosen, cell)
    note_cases_listed(by=user, reason=reason, page=page, reports=len(rows))
    query = f"{reason}&" if reason else ""
    context = {
        "rows": rows,
        "reason": reason,
        "hidden": len(found) - len(rows),
        "cell_name": cell_name(chosen, cell),
        "cell": cell,
        "newer": f"{query}page={page - 1}" if page > 1 else "",
        "older": f"{query}page={page + 1}" if more and page < _LAST_PAGE else "",
        **around("cases", chosen, extra={"cell": cell} if cell else {}),
    }
    return render(request, "department_audit/cases.html", context)


@require_GET
def case(request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
    """Write down why, then go to the signed version that the number was made of."""
    user = viewer(request)
    report = get_object_or_404(Report.objects.visible_to(user), pk=report_id)
    read = SignedRead.objects.filter(report=report, standing=Standing.CURRENT.value).first()
    if read is None:
        raise Http404
    chosen = chosen_filter(request, _ALSO)
    note_case_opened(report, by=user, reason=_reason(chosen, _cell(request, chosen)))
    return redirect("reports:version", report.pk, read.number)


def _reason(chosen: Filter, cell: str) -> str:
    return urlencode(chosen.query() | ({"cell": cell} if cell else {}))


def _cell(request: HttpRequest, chosen: Filter) -> str:
    """Raises :class:`InvalidInput` for a word that counts nothing."""
    cell = request.GET.get("cell", "")
    behind(cell, chosen)
    return cell


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= _LAST_PAGE):
        raise InvalidInput(_("%(name)s cannot be %(value)s") % {"name": "page", "value": text[:40]})
    return int(text)
