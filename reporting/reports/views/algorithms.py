"""The registry of algorithms: which there are, how well they do, and the acts of the two people who decide."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.core.errors import InvalidInput, WrongState
from reporting.predictions.models import Algorithm
from reporting.predictions.services import (
    activate_algorithm,
    decline_algorithm,
    propose_algorithm,
    request_case_run,
    retire_algorithm,
)
from reporting.reports.algorithm_page import algorithm_page, algorithm_rows

_Do = Callable[[Algorithm, str, User], object]
ACTS: dict[str, tuple[_Do, str | Promise]] = {
    "propose": (
        lambda a, reason, user: propose_algorithm(a, reason=reason, by=user),
        _("Proposed. It is being run on the frozen cases; then an auditor may activate it."),
    ),
    "decline": (lambda a, reason, user: decline_algorithm(a, reason=reason, by=user), _("The proposal was declined.")),
    "activate": (lambda a, _reason, user: activate_algorithm(a, by=user), _("Active: new studies are read with it.")),
    "retire": (lambda a, reason, user: retire_algorithm(a, reason=reason, by=user), _("It reads no more studies.")),
    "test": (lambda a, _reason, user: request_case_run(a, by=user), _("It is being run on the frozen cases.")),
}


@require_GET
def algorithms(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    require(user, Act.ALGORITHM_VIEW)
    return render(request, "algorithms/list.html", {"nav": "algorithms", "rows": algorithm_rows(user)})


@require_GET
def algorithm(request: HttpRequest, algorithm_id: uuid.UUID) -> HttpResponse:
    user = cast(User, request.user)
    found = get_object_or_404(_shown(user), pk=algorithm_id)
    return render(request, "algorithms/detail.html", {"nav": "algorithms", "page": algorithm_page(found, user)})


@require_POST
def act(request: HttpRequest, algorithm_id: uuid.UUID, act: str) -> HttpResponse:
    """Do one of ``ACTS``; what is not possible now is said on the page, what is not allowed is a refusal."""
    user = cast(User, request.user)
    found = get_object_or_404(_shown(user), pk=algorithm_id)
    if act not in ACTS:
        raise Http404
    do, done = ACTS[act]
    try:
        do(found, request.POST.get("reason", ""), user)
    except (WrongState, InvalidInput) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, str(done))
    return redirect("algorithms:detail", found.pk)


def _shown(user: User) -> QuerySet[Algorithm]:
    return Algorithm.objects.visible_to(user).select_related("proposed_by", "activated_by", "retired_by")
