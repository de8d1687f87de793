"""Peer learning: the queue, one case blind and then shown, and what one is told about one's own reads."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may, require
from reporting.core.errors import DomainError, NotAllowed
from reporting.department_audit.exports.service import LINKS
from reporting.department_audit.models import PeerAnswer, PeerCase, PeerDraw, PeerNotice
from reporting.department_audit.page import tabs
from reporting.department_audit.peer_learning.drawing import draw_peer_cases
from reporting.department_audit.peer_learning.page import case_page, counts_table, notice_rows, slices_of
from reporting.department_audit.peer_learning.queue import (
    answer_case,
    give_case_back,
    grade_answer,
    note_notice_seen,
    take_case,
)
from reporting.department_audit.peer_models import CaseStatus
from reporting.department_audit.views.access import viewer
from reporting.department_audit.views.files import as_file
from reporting.reports.images.placed_frame import placed_frame
from reporting.reports.images.slice_picture import render_png
from reporting.studies.frame_store import cache_dir, write_to_cache
from reporting.studies.models import SopInstance

SIDE = 640
_RENDERING = 1


@require_GET
def peer_learning(request: HttpRequest) -> HttpResponse:
    """One's own notices; for seniors the way to a case; for seniors and auditors how many there are, by finding."""
    user = cast(User, request.user)
    sees_counts = may(user, Act.DEPARTMENT_AUDIT_VIEW)
    if not sees_counts:
        require(user, Act.PEER_OWN)
    context = {
        "nav": "audit" if sees_counts else "learning",
        "tabs": tabs("peer-learning", "") if sees_counts else [],
        "sees_counts": sees_counts,
        "may_review": may(user, Act.PEER_REVIEW),
        "may_draw": may(user, Act.PEER_DRAW),
        "waiting": PeerCase.objects.takeable_by(user).count(),
        "open": PeerCase.objects.filter(status=CaseStatus.OPEN).count() if sees_counts else 0,
        "newest_draw": PeerDraw.objects.first() if sees_counts else None,
        "chart": counts_table(_files()) if sees_counts else None,
        "exports": LINKS,
        "own": may(user, Act.PEER_OWN),
        "notices": notice_rows(user) if may(user, Act.PEER_OWN) else [],
    }
    return render(request, "department_audit/peer_learning.html", context)


@require_GET
def peer_file(request: HttpRequest, extension: str) -> HttpResponse:
    """The counts by finding as a file."""
    user = viewer(request)
    return as_file(counts_table(_files()), extension, user)


def _files() -> str:
    return reverse("department_audit:peer_file", args=["csv"]).removesuffix(".csv")


@require_POST
def draw(request: HttpRequest) -> HttpResponse:
    drawn = draw_peer_cases(by=cast(User, request.user))
    if drawn is None:
        messages.info(request, _("Nothing to draw: today's cases are drawn, or no recent report is left."))
    else:
        messages.success(request, _("Cases drawn: %(n)s") % {"n": drawn.cases.count()})
    return redirect("department_audit:peer_learning")


@require_POST
def take(request: HttpRequest) -> HttpResponse:
    case = take_case(by=cast(User, request.user))
    if case is None:
        messages.info(request, _("No case waits for you now."))
        return redirect("department_audit:peer_learning")
    return redirect("department_audit:peer_case", case.pk)


@require_GET
def case(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    user = cast(User, request.user)
    found = _reviewed_by(user, case_id)
    context = {"nav": "audit", "tabs": tabs("peer-learning", ""), "page": case_page(found, user)}
    return render(request, "department_audit/peer_case.html", context)


@require_POST
def answer(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    user = cast(User, request.user)
    found, said = _reviewed_by(user, case_id), request.POST
    value, comment = said.get("value", ""), said.get("comment", "")
    if "value" not in said:
        messages.error(request, _("Choose a value, or that it cannot be told."))
        return redirect("department_audit:peer_case", case_id)
    done = _told(request, lambda: answer_case(found, value, comment=comment, by=user))
    return redirect("department_audit:peer_case", case_id) if done else redirect("department_audit:peer_learning")


@require_POST
def give_back(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    user = cast(User, request.user)
    found = _reviewed_by(user, case_id)
    _told(request, lambda: give_case_back(found, by=user))
    return redirect("department_audit:peer_learning")


@require_POST
def grade(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    user = cast(User, request.user)
    own = get_object_or_404(PeerAnswer, case=_reviewed_by(user, case_id), reviewer=user)
    _told(request, lambda: grade_answer(own, request.POST.get("grade", ""), by=user))
    return redirect("department_audit:peer_case", case_id)


@require_POST
def notice_seen(request: HttpRequest, notice_id: uuid.UUID) -> HttpResponse:
    user = cast(User, request.user)
    note_notice_seen(get_object_or_404(PeerNotice, pk=notice_id, person=user), by=user)
    return redirect("department_audit:peer_learning")


@require_GET
def picture(request: HttpRequest, case_id: uuid.UUID, number: int) -> HttpResponse:
    """One slice without outlines, names or anything else that was said of it."""
    found = get_object_or_404(PeerCase.objects.known_to(cast(User, request.user)), pk=case_id)
    slices = slices_of(found)
    if number >= len(slices):
        raise Http404
    instance_id, frame = slices[number]
    instance = SopInstance.objects.get(pk=instance_id)
    key = json.dumps(["peer", _RENDERING, instance.sha256, frame, SIDE])
    path = cache_dir("pictures") / f"{hashlib.sha256(key.encode()).hexdigest()}.png"
    if not path.exists():
        try:
            write_to_cache(path, render_png(placed_frame(instance, frame), side=SIDE))
        except DomainError:
            return HttpResponse(status=422)
    return HttpResponse(path.read_bytes(), content_type="image/png")


def _reviewed_by(user: User, case_id: uuid.UUID) -> PeerCase:
    """The case that ``user`` holds or has answered; no other case exists for them."""
    known = PeerCase.objects.known_to(user).select_related("version")
    found = get_object_or_404(known, pk=case_id)
    if found.claimed_by_id != user.pk and not found.answers.filter(reviewer=user).exists():
        raise Http404
    return found


def _told(request: HttpRequest, do: Callable[[], object]) -> bool:
    """Do it; what is not possible now is said on the page, what is not allowed is a refusal."""
    try:
        do()
    except NotAllowed:
        raise
    except DomainError as error:
        messages.error(request, error.message)
        return False
    return True
