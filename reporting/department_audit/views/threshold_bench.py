"""The threshold bench: try an operating point on recent reports, propose it, and the decision about the proposal."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.charts.policy import draws_charts
from reporting.core.errors import DomainError, InvalidInput, NotAllowed
from reporting.department_audit.exports.service import LINKS
from reporting.department_audit.page import tabs
from reporting.department_audit.threshold_bench.page import BenchPage, bench_page
from reporting.department_audit.threshold_bench.rescoring import recent
from reporting.department_audit.views.access import viewer
from reporting.department_audit.views.files import as_file
from reporting.department_audit.words import Truth
from reporting.predictions.models import Algorithm, AlgorithmStatus, ThresholdChange
from reporting.predictions.services import activate_threshold, decline_threshold, propose_threshold, threshold_in_force
from reporting.predictions.threshold_models import HIGHEST, LOWEST
from reporting.reports.wording import finding_text
from reporting.vocabulary import MachineFinding

_FINDINGS = [one.value for one in MachineFinding]


@require_GET
def thresholds(request: HttpRequest) -> HttpResponse:
    """Every algorithm version that reads or read here, with what holds for each finding and what waits."""
    viewer(request)
    algorithms = Algorithm.objects.exclude(status=AlgorithmStatus.REGISTERED).order_by("status", "-created_at")
    rows = []
    for algorithm in algorithms:
        changes = ThresholdChange.objects.in_force(algorithm)
        waiting = set(
            ThresholdChange.objects.filter(algorithm=algorithm, status="proposed").values_list("finding", flat=True)
        )
        for finding in _FINDINGS:
            held = threshold_in_force(algorithm, finding)
            rows.append((algorithm, finding, finding_text(finding), held, changes.get(finding), finding in waiting))
    context = {"nav": "audit", "tabs": tabs("thresholds", ""), "rows": rows}
    return render(request, "department_audit/thresholds.html", context)


@require_GET
@draws_charts
def bench(request: HttpRequest, algorithm_id: uuid.UUID, finding: str) -> HttpResponse:
    """One finding of one algorithm version. Query: ``threshold`` to try, ``truth`` to hold it against."""
    page = asked_bench(viewer(request), algorithm_id, finding, request.GET)
    context = {
        "nav": "audit",
        "tabs": tabs("thresholds", ""),
        "page": page,
        "truths": Truth,
        "lowest": LOWEST,
        "highest": HIGHEST,
        "exports": LINKS,
    }
    return render(request, "department_audit/threshold_bench.html", context)


@require_GET
def threshold_file(
    request: HttpRequest, algorithm_id: uuid.UUID, finding: str, key: str, extension: str
) -> HttpResponse:
    """A table of the bench as a file; the same query as the bench's."""
    user = viewer(request)
    page = asked_bench(user, algorithm_id, finding, request.GET)
    chart = next((one for one in (page.comparison, page.curve) if one.key == key), None)
    if chart is None:
        raise Http404
    return as_file(chart, extension, user)


def asked_bench(user: User, algorithm_id: uuid.UUID, finding: str, query: Mapping[str, str]) -> BenchPage:
    """What an address asks for. Raises :class:`InvalidInput` for a threshold or truth that does not exist."""
    algorithm = _algorithm(algorithm_id, finding)
    truth = _truth(query.get("truth", ""))
    text = query.get("threshold", "")
    rows = recent(algorithm, finding, truth.value)
    return bench_page(algorithm, rows, truth, _threshold(text) if text else None, user)


@require_POST
def propose(request: HttpRequest, algorithm_id: uuid.UUID, finding: str) -> HttpResponse:
    """The figures that go with the proposal are counted here, not taken from the page."""
    user = viewer(request)
    require(user, Act.THRESHOLD_PROPOSE)
    algorithm = _algorithm(algorithm_id, finding)
    asked = {"threshold": request.POST.get("threshold", ""), "truth": request.POST.get("truth", "")}
    try:
        truth, threshold = _truth(asked["truth"]), _threshold(asked["threshold"])
        before = _threshold(request.POST.get("before", ""))
        rows = recent(algorithm, finding, truth.value)
        evidence = {"truth": truth.value, "reports": rows.reports, "places": rows.places}
        evidence |= {"tried": rows.at(threshold).as_evidence(), "in_force": rows.at(before).as_evidence()}
        reason = request.POST.get("reason", "")
        propose_threshold(algorithm, finding, threshold, reason=reason, before=before, evidence=evidence, by=user)
    except NotAllowed:
        raise
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Proposed. It changes nothing before an auditor activates it."))
        asked = {}
    query = urlencode({name: value for name, value in asked.items() if value})
    address = reverse("department_audit:threshold_bench", args=[algorithm_id, finding])
    return redirect(f"{address}?{query}" if query else address)


@require_POST
def decide(request: HttpRequest, change_id: uuid.UUID, act: str) -> HttpResponse:
    """Activate or decline; what is not possible now is said on the page, what is not allowed is a refusal."""
    user = viewer(request)
    change = get_object_or_404(ThresholdChange, pk=change_id)
    try:
        if act == "activate":
            activate_threshold(change, by=user)
            messages.success(request, _("In force: studies that are read from now on go by it."))
        elif act == "decline":
            decline_threshold(change, reason=request.POST.get("reason", ""), by=user)
            messages.success(request, _("The proposal was declined."))
        else:
            raise Http404
    except NotAllowed:
        raise
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("department_audit:threshold_bench", change.algorithm_id, change.finding)


def _algorithm(algorithm_id: uuid.UUID, finding: str) -> Algorithm:
    if finding not in _FINDINGS:
        raise Http404
    return get_object_or_404(Algorithm, pk=algorithm_id)


def _truth(text: str) -> Truth:
    if text and text not in Truth.values:
        raise InvalidInput(_("%(name)s cannot be %(value)s") % {"name": "truth", "value": text[:40]})
    return Truth(text) if text else Truth.FINAL


def _threshold(text: str) -> float:
    """Raises :class:`InvalidInput` for no number between 0 and 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < 1:
        raise InvalidInput(_("%(name)s cannot be %(value)s") % {"name": "threshold", "value": text[:40]})
    return value
