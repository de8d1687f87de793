"""The department's critical list: the one in force, its history, a proposal, and the decision about it."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may, require
from reporting.core.errors import InvalidInput, WrongState
from reporting.core.two_people import ProposalStatus
from reporting.reports.critical_forms import ClocksForm, Triggers, forms_of, rules_from
from reporting.reports.critical_page import list_page
from reporting.reports.models import CriticalList
from reporting.reports.services import (
    activate_critical_list,
    active_critical_list,
    decline_critical_list,
    propose_critical_list,
)
from reporting.reports.template import CURRENT

PAGE_SIZE = 50


@require_GET
def critical_list(request: HttpRequest) -> HttpResponse:
    """The list in force, what is proposed, and every version there was."""
    user = _viewer(request)
    active = active_critical_list()
    known = CriticalList.objects.select_related("proposed_by", "activated_by", "retired_by")
    context = {
        "nav": "rules",
        "shown": list_page(active, active, user, chinese=_is_chinese()),
        "proposed": known.filter(status=ProposalStatus.PROPOSED).first(),
        "history": Paginator(known.order_by("-number"), PAGE_SIZE).get_page(request.GET.get("page")),
        "may_propose": may(user, Act.CRITICAL_LIST_PROPOSE),
    }
    return render(request, "rules/critical.html", context)


@require_GET
def critical_version(request: HttpRequest, number: int) -> HttpResponse:
    """One version and what sets it apart from the one in force; a proposal is decided here."""
    user = _viewer(request)
    row = get_object_or_404(CriticalList.objects.select_related("proposed_by", "activated_by"), number=number)
    shown = list_page(row, active_critical_list(), user, chinese=_is_chinese())
    context = {"nav": "rules", "shown": shown, "may_propose": may(user, Act.CRITICAL_LIST_PROPOSE)}
    return render(request, "rules/critical_version.html", context)


@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """The list as a form, begun from the one in force or from an earlier version (``from``)."""
    user = _viewer(request)
    require(user, Act.CRITICAL_LIST_PROPOSE)
    if request.method == "POST":
        clocks, triggers = ClocksForm(request.POST), Triggers(request.POST)
        if clocks.is_valid() and triggers.is_valid():
            try:
                rules = rules_from(clocks, triggers)
                row = propose_critical_list(rules, reason=clocks.cleaned_data["reason"], by=user)
            except (InvalidInput, WrongState) as error:
                messages.error(request, error.message)
            else:
                messages.success(request, _("Proposed. It changes nothing before an auditor activates it."))
                return redirect("rules:critical_version", row.number)
        else:
            messages.error(request, _("The proposal has a fault: see the marked fields. Nothing was stored."))
    else:
        clocks, triggers = forms_of(_begun_from(request).rules)
    fields = [field for field in CURRENT.fields if field.choices]
    context = {"nav": "rules", "clocks": clocks, "triggers": triggers, "fields": fields, "is_chinese": _is_chinese()}
    return render(request, "rules/critical_propose.html", context)


def _begun_from(request: HttpRequest) -> CriticalList:
    number = request.GET.get("from", "")
    found = CriticalList.objects.filter(number=int(number)).first() if number.isascii() and number.isdigit() else None
    return found or active_critical_list()


@require_POST
def decide(request: HttpRequest, number: int, act: str) -> HttpResponse:
    """Activate or decline; what is not possible now is said on the page, what is not allowed is a refusal."""
    user = _viewer(request)
    row = get_object_or_404(CriticalList, number=number)
    try:
        if act == "activate":
            activate_critical_list(row, by=user)
            messages.success(request, _("In force: reports opened from now on go by it."))
        elif act == "decline":
            decline_critical_list(row, reason=request.POST.get("reason", ""), by=user)
            messages.success(request, _("The proposal was declined."))
        else:
            raise Http404
    except (InvalidInput, WrongState) as error:
        messages.error(request, error.message)
    return redirect("rules:critical_version", number)


def _viewer(request: HttpRequest) -> User:
    user = cast(User, request.user)
    require(user, Act.CRITICAL_LIST_VIEW)
    return user


def _is_chinese() -> bool:
    return get_language().startswith("zh")
