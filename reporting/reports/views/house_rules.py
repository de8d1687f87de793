"""The department's settings: those in force, what a proposal would change, and the decision about it."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may, require
from reporting.core.errors import InvalidInput, WrongState
from reporting.core.two_people import ProposalStatus, why_not_second
from reporting.reports.house_rules_forms import HouseRulesForm, changes, filled, told
from reporting.reports.models import HouseRulesVersion
from reporting.reports.services import (
    activate_house_rules,
    active_house_rules,
    decline_house_rules,
    propose_house_rules,
)

PAGE_SIZE = 50


@require_GET
def house_rules(request: HttpRequest) -> HttpResponse:
    user = _viewer(request)
    return _page(request, user, HouseRulesForm(initial=filled(active_house_rules().rules)))


@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """A fault is said on the page; what was typed stays."""
    user = _viewer(request)
    require(user, Act.HOUSE_RULES_PROPOSE)
    form = HouseRulesForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The proposal has a fault: see the marked fields. Nothing was stored."))
        return _page(request, user, form)
    try:
        propose_house_rules(form.rules(), reason=form.cleaned_data["reason"], by=user)
    except (InvalidInput, WrongState) as error:
        messages.error(request, error.message)
        return _page(request, user, form)
    messages.success(request, _("Proposed. It changes nothing before an auditor activates it."))
    return redirect("rules:house")


@require_POST
def decide(request: HttpRequest, number: int, act: str) -> HttpResponse:
    """Activate or decline; what is not possible now is said on the page, what is not allowed is a refusal."""
    user = _viewer(request)
    row = get_object_or_404(HouseRulesVersion, number=number)
    try:
        if act == "activate":
            activate_house_rules(row, by=user)
            messages.success(request, _("In force: reports opened from now on go by it."))
        elif act == "decline":
            decline_house_rules(row, reason=request.POST.get("reason", ""), by=user)
            messages.success(request, _("The proposal was declined."))
        else:
            raise Http404
    except (InvalidInput, WrongState) as error:
        messages.error(request, error.message)
    return redirect("rules:house")


def _viewer(request: HttpRequest) -> User:
    user = cast(User, request.user)
    require(user, Act.HOUSE_RULES_VIEW)
    return user


def _page(request: HttpRequest, user: User, form: HouseRulesForm) -> HttpResponse:
    active = active_house_rules()
    known = HouseRulesVersion.objects.select_related("proposed_by", "activated_by", "retired_by")
    waiting = known.filter(status=ProposalStatus.PROPOSED).first()
    may_activate = waiting is not None and may(user, Act.HOUSE_RULES_ACTIVATE)
    why_not = why_not_second(waiting, user) if waiting is not None and may_activate else ""
    context = {
        "nav": "rules",
        "active": active,
        "told": told(active.rules),
        "waiting": waiting,
        "changes": list(changes(active.rules, waiting.rules)) if waiting is not None else [],
        "may_activate": may_activate and not why_not,
        "may_decline": waiting is not None and may(user, Act.HOUSE_RULES_DECLINE),
        "why_not": why_not,
        "form": form,
        "may_propose": waiting is None and may(user, Act.HOUSE_RULES_PROPOSE),
        "history": Paginator(known.order_by("-number"), PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "rules/house.html", context)
