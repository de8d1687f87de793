"""Monitoring: alarms and lines of figures, one line with its chart, and what people do about them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may, require
from reporting.charts.chart import Chart
from reporting.charts.policy import draws_charts
from reporting.core.errors import DomainError, InvalidInput, NotAllowed
from reporting.department_audit.exports.service import LINKS
from reporting.department_audit.models import Alarm
from reporting.department_audit.monitoring.handling import (
    acknowledge_alarm,
    assign_alarm,
    close_alarm,
    freeze_baselines,
)
from reporting.department_audit.monitoring.measures import MEASURES, MeasureKind
from reporting.department_audit.monitoring.page import alarm_rows, areas, line_chart, line_name
from reporting.department_audit.monitoring.tables import alarms_table, lines_table
from reporting.department_audit.monitoring.watching import SeriesKey, baseline_of, days_of, judgement_of
from reporting.department_audit.page import tabs
from reporting.department_audit.views.access import viewer
from reporting.department_audit.views.files import as_file


@require_GET
def monitoring(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    handlers = [one for one in User.objects.filter(is_active=True).order_by("full_name") if may(one, Act.ALARM_HANDLE)]
    context = {
        "nav": "audit",
        "tabs": tabs("monitoring", ""),
        "alarms": alarm_rows(user),
        "areas": areas(),
        "handlers": handlers,
        "exports": LINKS,
        "may_freeze": may(user, Act.BASELINE_FREEZE),
    }
    return render(request, "department_audit/monitoring.html", context)


@require_GET
@draws_charts
def measure(request: HttpRequest) -> HttpResponse:
    """One line of figures. Query: ``measure``, ``group``, ``algorithm``."""
    user = viewer(request)
    key = asked_line(request.GET)
    context = {
        "nav": "audit",
        "tabs": tabs("monitoring", ""),
        "title": line_name(key),
        "key": key,
        "baseline": baseline_of(key),
        "chart": chart_of(key),
        "exports": LINKS,
        "may_freeze": may(user, Act.BASELINE_FREEZE),
    }
    return render(request, "department_audit/monitoring_measure.html", context)


@require_GET
def monitoring_file(request: HttpRequest, key: str, extension: str) -> HttpResponse:
    """The lines, the alarms, or one line with its days as a file."""
    user = viewer(request)
    charts = {"lines": lines_table, "alarms": alarms_table}
    if key == "line":
        return as_file(chart_of(asked_line(request.GET)), extension, user)
    if key not in charts:
        raise Http404
    return as_file(charts[key](files_of(key)), extension, user)


def files_of(key: str) -> str:
    return reverse("department_audit:monitoring_file", args=[key, "csv"]).removesuffix(".csv")


def chart_of(key: SeriesKey) -> Chart:
    cases = reverse("department_audit:cases")
    return line_chart(key, days_of(key), judgement_of(key), baseline_of(key), cases)


def asked_line(query: Mapping[str, str]) -> SeriesKey:
    """The line that an address names. Raises :class:`Http404` for a measure that does not exist."""
    return _key(query.get("measure", ""), query.get("group", ""), query.get("algorithm", ""))


@require_POST
def freeze(request: HttpRequest) -> HttpResponse:
    """Of one line where the form names it, of every line otherwise."""
    user = viewer(request)
    require(user, Act.BASELINE_FREEZE)
    said = request.POST
    only = _key(said["measure"], said.get("group", ""), said.get("algorithm", "")) if said.get("measure") else None
    try:
        first, last = _day(said.get("first", "")), _day(said.get("last", ""))
        frozen = freeze_baselines(first, last, reason=said.get("reason", ""), only=only, by=user)
    except NotAllowed:
        raise
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Baselines frozen: %(n)s") % {"n": len(frozen)})
    return redirect("department_audit:monitoring")


@require_POST
def alarm_act(request: HttpRequest, alarm_id: uuid.UUID, act: str) -> HttpResponse:
    """Acknowledge, hand on or close; what is not possible now is said on the page."""
    user = viewer(request)
    alarm = get_object_or_404(Alarm, pk=alarm_id)
    try:
        if act == "acknowledge":
            acknowledge_alarm(alarm, by=user)
        elif act == "assign":
            assign_alarm(alarm, to=_person(request.POST.get("to", "")), by=user)
        elif act == "close":
            close_alarm(alarm, reason=request.POST.get("reason", ""), by=user)
        else:
            raise Http404
    except NotAllowed:
        raise
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("department_audit:monitoring")


def _key(measure: str, group: str, algorithm: str) -> SeriesKey:
    if measure not in MEASURES or MEASURES[measure].kind is MeasureKind.STATE:
        raise Http404
    return SeriesKey(measure, group[:64], algorithm[:97])


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(_("A day is written like 2026-03-15")) from error


def _person(text: str) -> User:
    try:
        return User.objects.get(pk=uuid.UUID(text), is_active=True)
    except (ValueError, User.DoesNotExist) as error:
        raise InvalidInput(_("Nobody was chosen")) from error
