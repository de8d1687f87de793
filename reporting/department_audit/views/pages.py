"""The pages of charts. Each has one address for one filter, so that it can be kept, sent and gone back to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from reporting.charts.chart import Chart
from reporting.charts.policy import draws_charts
from reporting.department_audit.charts.catalogue import CHARTS, slug
from reporting.department_audit.charts.comparison import what_is_compared
from reporting.department_audit.charts.dimension_words import DIMENSIONS, value_word
from reporting.department_audit.charts.question import Question
from reporting.department_audit.charts.whole_reports import summary
from reporting.department_audit.exports.service import LINKS
from reporting.department_audit.figures import process
from reporting.department_audit.filters import PLACE_DIMENSIONS, Dimension
from reporting.department_audit.page import Page, dimension_choices, finding_choices, notices_of
from reporting.department_audit.summaries import asking_once
from reporting.department_audit.views.access import chosen_filter, viewer
from reporting.department_audit.views.around import around
from reporting.vocabulary import MachineFinding

_Build = Callable[[Question], Page]


@require_GET
@draws_charts
def overview(request: HttpRequest) -> HttpResponse:
    """How often the machine's statements stood, per finding and over time."""

    def build(question: Question) -> Page:
        charts = _charts(question, ("findings", "outcomes-by-finding", "stood-by-month"))
        return Page(_("Department audit"), charts, what_is_compared(question.truth))

    return _page(request, "overview", build)


@require_GET
@draws_charts
def finding(request: HttpRequest, finding: str) -> HttpResponse:
    """Everything about one finding."""
    if finding not in [each.value for each in MachineFinding]:
        raise Http404
    keys = ("confusion", "by-level", "roc", "thresholds", "calibration", "predictive-values", "sizes")

    def build(question: Question) -> Page:
        title = question.title(value_word("finding", finding).label)
        choices = finding_choices(finding, replace(question.filter, finding="").urlencode())
        return Page(title, _charts(question, keys), what_is_compared(question.truth), choices, _("Findings"))

    return _page(request, "finding", build, finding=finding)


@require_GET
@draws_charts
def groups(request: HttpRequest, dimension: str) -> HttpResponse:
    """Each finding broken down by one group: a chart per finding, because pooling findings compares their mix."""
    if dimension not in [each.value for each in Dimension if each is not Dimension.FINDING]:
        raise Http404
    by = Dimension(dimension)

    def build(question: Question) -> Page:
        asked = [question.filter.finding] if question.filter.finding else [each.value for each in MachineFinding]
        charts = [CHARTS[f"by-{slug(by)}"](question.of_finding(each)) for each in asked]
        charts = [chart for chart in charts if chart.table.rows] or charts[:1]
        if by not in PLACE_DIMENSIONS:
            charts.append(CHARTS[f"stood-by-{slug(by)}"](question))
        title = question.title(_("by %(group)s") % {"group": str(DIMENSIONS[by]).lower()})
        choices = dimension_choices(by, question.filter.urlencode())
        return Page(title, tuple(charts), what_is_compared(question.truth), choices, _("Groups"))

    return _page(request, "groups", build)


@require_GET
@draws_charts
def process_page(request: HttpRequest) -> HttpResponse:
    """How reports came about: times, edits, outcomes."""

    def build(question: Question) -> Page:
        keys = ("times", "edits", "stood-by-reader-group", "outcomes-by-finding", "outcomes-by-reader-group")
        return Page(_("Reports and times"), _charts(question, keys), _("What was done with the machine's values."))

    return _page(request, "process", build)


@require_GET
@draws_charts
def readers(request: HttpRequest) -> HttpResponse:
    """Where readers moved after the machine was shown, and how far people agree."""

    def build(question: Question) -> Page:
        charts = _charts(question, ("moved", "switches", "people", "blind-and-final"))
        lead = _("Groups of readers only, never a person by name.")
        return Page(_("Readers and machine"), charts, lead)

    return _page(request, "readers", build)


def _page(request: HttpRequest, kind: str, build: _Build, finding: str = "") -> HttpResponse:
    viewer(request)
    chosen = replace(chosen_filter(request), outcome="")  # narrows lists of cases, and no figure
    plain = chosen.urlencode()
    if request.META.get("QUERY_STRING", "") != plain:  # what is empty or usual does not stand in an address
        return redirect(f"{request.path}?{plain}" if plain else request.path)
    if finding:
        chosen = replace(chosen, finding=finding)
    with asking_once():
        whole = next(iter(process(chosen)), None)
        question = Question(chosen, reverse("department_audit:cases"))
        page, figures = build(question), summary(question)
    context = {
        "page": page,
        "summary": figures,
        "notices": notices_of(whole.reports if whole else 0),
        "exports": LINKS,
        **around(kind, chosen, fixed=("finding",) if finding else ()),
    }
    return render(request, "department_audit/page.html", context)


def _charts(question: Question, keys: Sequence[str]) -> tuple[Chart, ...]:
    return tuple(CHARTS[key](question) for key in keys)
