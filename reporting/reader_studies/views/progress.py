"""How far a running study is, and what its owner does with it: amend, re-open, withdraw, retract, close."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reporting.accounts.models import User
from reporting.core.errors import DomainError, InvalidInput
from reporting.reader_studies import services
from reporting.reader_studies.desk import Standing, standings, washout_of
from reporting.reader_studies.forms import LimitsForm
from reporting.reader_studies.models import ReaderStudy, Reading
from reporting.reader_studies.permissions import StudyAct, may_in_study, require_in_study
from reporting.reader_studies.stopping import limits_of, rules
from reporting.reader_studies.views.access import known_study, seen_version
from reporting.reader_studies.views.tabs import tabs
from reporting.reader_studies.words import ArmKind, StudyStatus


@dataclass(frozen=True)
class ReaderLine:
    """Counts and times of one reader; nothing of what they answered."""

    code: str
    name: str
    is_withdrawn: bool
    at: Standing


@require_http_methods(["GET", "HEAD", "POST"])
def running(request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
    """Who has submitted how much. POST: ``act`` and its fields, at the ``version`` seen."""
    study, user = known_study(request, study_id), cast(User, request.user)
    require_in_study(study, user, StudyAct.SEE_PROGRESS)
    if study.locked_at is None:
        raise Http404
    if request.method == "POST":
        act = ACTS.get(request.POST.get("act", ""))
        if act is None:
            raise Http404
        try:
            act(request, study, user)
        except DomainError as refused:
            if refused.http_status in (403, 404):
                raise
            messages.error(request, refused.message)
        return redirect("reader_studies:progress", study.pk)
    names = may_in_study(study, user, StudyAct.SEE_PEOPLE)
    context: dict[str, Any] = {
        "nav": "reader_studies",
        "study": study,
        "step": "progress",
        "name": _("Progress"),
        "tabs": tabs(study, user),
        "lines": _lines(study, names),
        "sees_people": names,
        "may_run": study.status == StudyStatus.RUNNING and may_in_study(study, user, StudyAct.RUN),
        "washout_days": washout_of(study).days,
        "rules": rules(study, timezone.localdate()),
        "limits": LimitsForm.showing(limits_of(study)),
        "readers": study.readers.filter(withdrawn_at__isnull=True),
        "cases": study.cases.filter(retracted_at__isnull=True).only("code", "reader_study"),
        "retracted": study.cases.filter(retracted_at__isnull=False),
        "arms": [ArmKind(arm.kind) for arm in study.arms.all() if ArmKind(arm.kind).is_read],
    }
    return render(request, "reader_studies/progress.html", context)


def _lines(study: ReaderStudy, names: bool) -> list[ReaderLine]:
    where = standings(study, timezone.now())
    return [
        ReaderLine(
            code=reader.code,
            name=reader.member.user.full_name if names else "",
            is_withdrawn=reader.withdrawn_at is not None,
            at=where[reader.pk],
        )
        for reader in study.readers.select_related("member__user")
    ]


def _amend(request: HttpRequest, study: ReaderStudy, by: User) -> None:
    text = request.POST.get("washout_days", "")
    if not text.isdecimal() or len(text) > 4:
        raise InvalidInput(_("A washout lasts between 1 and 365 days"))
    changes = {"washout_days": int(text)}
    services.amend_study(study, changes, reason=_reason(request), by=by, expected_version=seen_version(request))


def _amend_limits(request: HttpRequest, study: ReaderStudy, by: User) -> None:
    form = LimitsForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(_("A limit is a whole number from 1 on"))
    changes = {"stopping_limits": form.limits().stored()}
    services.amend_study(study, changes, reason=_reason(request), by=by, expected_version=seen_version(request))


def _withdraw(request: HttpRequest, study: ReaderStudy, by: User) -> None:
    reader = get_object_or_404(study.readers, code=request.POST.get("reader", ""))
    services.withdraw_reader(reader, reason=_reason(request), by=by, expected_version=seen_version(request))


def _retract(request: HttpRequest, study: ReaderStudy, by: User) -> None:
    case = get_object_or_404(study.cases, code=request.POST.get("case", ""))
    services.retract_case(case, reason=_reason(request), by=by, expected_version=seen_version(request))


def _reopen(request: HttpRequest, study: ReaderStudy, by: User) -> None:
    said = {name: request.POST.get(name, "") for name in ("reader", "case", "arm")}
    reading = Reading.objects.filter(
        assignment__reader__reader_study=study,
        assignment__reader__code=said["reader"],
        assignment__case__code=said["case"],
        assignment__arm__kind=said["arm"],
    ).first()
    if reading is None:
        raise InvalidInput(_("This reader has not read this case in this arm"))
    services.reopen_reading(reading, reason=_reason(request), by=by)


def _close(request: HttpRequest, study: ReaderStudy, by: User) -> None:
    services.close_study(study, by=by, expected_version=seen_version(request))


def _abandon(request: HttpRequest, study: ReaderStudy, by: User) -> None:
    services.abandon_study(study, reason=_reason(request), by=by, expected_version=seen_version(request))


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "")[:500]


ACTS: dict[str, Callable[[HttpRequest, ReaderStudy, User], None]] = {
    "amend": _amend,
    "amend_limits": _amend_limits,
    "withdraw": _withdraw,
    "retract": _retract,
    "reopen": _reopen,
    "close": _close,
    "abandon": _abandon,
}
