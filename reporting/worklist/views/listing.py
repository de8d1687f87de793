"""The list itself, whole and as the part that the page asks for again and again."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from reporting.accounts.models import Role, User
from reporting.accounts.permissions import Act, may, require
from reporting.worklist.filters import WorklistFilter
from reporting.worklist.forms import WorklistFilterForm
from reporting.worklist.models import WorklistEntry, WorklistView
from reporting.worklist.page import ORDERED_BY_SUSPICION, matching, worklist_page
from reporting.worklist.rows import page_tag, rows_of
from reporting.worklist.searches import words_of
from reporting.worklist.suspicion import blind_open_studies, is_suspicion_first, may_order
from reporting.worklist.tabs import tabs_of

_OFFERED_FROM = 2000  # of so many newest studies the sections and referring units are offered


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if not may(user, Act.STUDY_VIEW):
        return redirect("reports:home")
    if not request.GET:
        view = WorklistView.objects.filter(owner=user, is_default=True).first()
        if view is not None:
            return redirect(f"{reverse('worklist:list')}?{view.query}")
    chosen = WorklistFilter.from_query(request.GET.dict())
    before = request.GET.get("before", "")
    # One address for one filter: what is empty or unreadable does not stand in it.
    plain = address_of(chosen, before)
    if request.GET and request.get_full_path() != plain:
        return redirect(plain)
    context = _context(request, user, chosen, before)
    found = rows_of(context["page"].entries, user)
    return render(request, "worklist/list.html", {**context, "rows": found, **_around(user, context["chosen"])})


@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """Views and rows as they are now; 304 for a page that has them already."""
    user = cast(User, request.user)
    require(user, Act.STUDY_VIEW)
    chosen = WorklistFilter.from_query(request.GET.dict())
    context = _context(request, user, chosen, request.GET.get("before", ""))
    if request.headers.get("If-None-Match") == f'"{context["tag"]}"':
        response = HttpResponse(status=304)
    else:
        response = render(request, "worklist/_live.html", {**context, "rows": rows_of(context["page"].entries, user)})
    response["ETag"] = f'"{context["tag"]}"'
    return response


def address_of(chosen: WorklistFilter, before: str = "") -> str:
    query = chosen.to_query() + (f"&before={before}" if before else "")
    return f"{reverse('worklist:list')}?{query}"


def _context(request: HttpRequest, user: User, chosen: WorklistFilter, before: str) -> dict[str, Any]:
    words = words_of(request, chosen.search)
    if not words:
        chosen = chosen.without_search()
    first = is_suspicion_first(user)
    blind = blind_open_studies(user) if first else ()
    page = worklist_page(matching(user, chosen, words), chosen, before=before, suspicion_first=first, blind=blind)
    tabs = tabs_of(user, chosen)
    shows_suspicion = first and chosen.status in ORDERED_BY_SUSPICION
    return {
        "nav": "worklist",
        "chosen": chosen,
        "words": words,
        "page": page,
        "tabs": tabs,
        "tag": page_tag(page.entries, user, tabs, chosen, words, before, first, blind, page.next_cursor),
        "hidden_suspicions": blind,
        "shows_suspicion": shows_suspicion,
        "may_assign": may(user, Act.STUDY_ASSIGN),
        "is_search_gone": bool(request.GET.get("search")) and not words,
    }


def _around(user: User, chosen: WorklistFilter) -> dict[str, Any]:
    """What stands around the list and does not change by itself."""
    seen = [
        facts
        for part in WorklistEntry.objects.parts_visible_to(user)
        for facts in part.order_by("-received_at", "-study_id").values_list("section", "referring_unit")[:_OFFERED_FROM]
    ]
    sections, referrers = sorted({section for section, _unit in seen}), sorted({unit for _section, unit in seen})
    form = WorklistFilterForm(chosen.to_form(), sections=sections, referrers=referrers)
    readers = User.objects.filter(is_active=True, role__in=(Role.JUNIOR, Role.SENIOR)).order_by("full_name")
    return {
        "form": form,
        "query": chosen.to_query(),
        # The one who assigns comes first: that is the assignment most often made, and it takes nothing from anybody.
        "readers": sorted(readers, key=lambda reader: reader != user) if may(user, Act.STUDY_ASSIGN) else (),
        "may_order": may_order(user),
        "is_suspicion_first": is_suspicion_first(user),
        "order_hint": _(
            "Order: herniation or slip suspected, not read by the machine, other finding suspected, nothing suspected; "
            "newest first in each."
        ),
    }
