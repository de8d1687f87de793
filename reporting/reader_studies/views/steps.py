"""What each step of the design shows, and what it does with what is sent: ``None`` when it was done."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.core.errors import InvalidInput
from reporting.reader_studies import services
from reporting.reader_studies.allocation import allocate, balance
from reporting.reader_studies.candidates import CaseFilter, candidates, case_mix, shown
from reporting.reader_studies.case_facts import facts_of, mix
from reporting.reader_studies.forms import (
    LEVEL_HINT,
    CandidateForm,
    DesignForm,
    LimitsForm,
    MemberForm,
    WordsForm,
    finding_forms,
)
from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.preflight import problems
from reporting.reader_studies.services.locking import plan_of
from reporting.reader_studies.stopping import Limits, rules
from reporting.reader_studies.words import ArmKind, StudyRole
from reporting.studies.models import Study, StudyQuerySet

MOST_SHOWN = 100
Sent = dict[str, Any] | None


def show_words(_request: HttpRequest, study: ReaderStudy) -> dict[str, Any]:
    return {"form": WordsForm(instance=study), "limits": LimitsForm.showing(Limits.of(study.stopping_limits))}


def save_words(request: HttpRequest, study: ReaderStudy, by: User, version: int) -> Sent:
    form = WordsForm(request.POST, instance=ReaderStudy.objects.get(pk=study.pk))
    limits = LimitsForm(request.POST)
    if not form.is_valid() or not limits.is_valid():
        return {"form": form, "limits": limits}
    words = form.cleaned_data | {"stopping_limits": limits.limits().stored()}
    services.describe_study(study, words, by=by, expected_version=version)
    return None


def show_findings(_request: HttpRequest, study: ReaderStudy) -> dict[str, Any]:
    return {"forms": finding_forms(None, list(study.findings.all())), "level_hint": LEVEL_HINT}


def save_findings(request: HttpRequest, study: ReaderStudy, by: User, version: int) -> Sent:
    forms = finding_forms(request.POST, list(study.findings.all()))
    if not forms.is_valid():
        return {"forms": forms, "level_hint": LEVEL_HINT}
    kept = [form for form in forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
    try:
        services.set_findings(study, [form.spec() for form in kept], by=by, expected_version=version)
    except InvalidInput as refused:  # what was typed stays typed
        return {"forms": forms, "level_hint": LEVEL_HINT, "refused": refused.message}
    return None


def show_cases(request: HttpRequest, study: ReaderStudy) -> dict[str, Any]:
    form = CandidateForm(request.GET)
    fitting = Paginator(_fitting(request, study).values_list("pk", flat=True), MOST_SHOWN)
    chosen = Paginator(study.cases.all(), MOST_SHOWN)
    chosen_studies = Study.objects.filter(pk__in=study.cases.values("study"))
    found_page, chosen_page = fitting.get_page(request.GET.get("page")), chosen.get_page(request.GET.get("chosen"))
    return {
        "form": form,
        "number": fitting.count,
        "found": shown(found_page),
        "found_page": found_page,
        "cases": list(zip(chosen_page, shown(case.study_id for case in chosen_page), strict=True)),
        "chosen_page": chosen_page,
        "mix": case_mix(study),
        "more_mix": list(mix(facts_of(chosen_studies).values())) if chosen.count else [],
        "filters": urlencode({name: value for name, value in request.GET.items() if name in form.fields}),
    }


def _fitting(request: HttpRequest, study: ReaderStudy) -> StudyQuerySet:
    form = CandidateForm(request.GET)
    return candidates(study, CaseFilter(**form.cleaned_data) if form.is_valid() else CaseFilter())


def save_cases(request: HttpRequest, study: ReaderStudy, by: User, version: int) -> Sent:
    if request.POST.get("act") == "remove":
        gone = list(study.cases.filter(pk__in=_keys(request.POST.getlist("case"))))
        services.remove_cases(study, gone, by=by, expected_version=version)
        return None
    if request.POST.get("act") == "add_all":
        chosen = list(_fitting(request, study))
    else:
        chosen = list(Study.objects.filter(pk__in=_keys(request.POST.getlist("study"))))
    services.add_cases(
        study,
        chosen,
        by=by,
        expected_version=version,
        is_training="training" in request.POST,
        stratum=request.POST.get("stratum", "").strip()[:32],
    )
    return None


def _keys(texts: list[str]) -> list[uuid.UUID]:
    try:
        return [uuid.UUID(text) for text in texts]
    except ValueError as error:
        raise InvalidInput(_("There is no such case")) from error


def show_people(_request: HttpRequest, study: ReaderStudy) -> dict[str, Any]:
    return {"form": MemberForm(), "members": study.members.select_related("user", "reader")}


def save_people(request: HttpRequest, study: ReaderStudy, by: User, version: int) -> Sent:
    if request.POST.get("act") == "remove":
        member = study.members.filter(user__username=request.POST.get("username", "")).first()
        if member is None:
            raise InvalidInput(_("There is no such account"))
        services.remove_member(study, member, by=by, expected_version=version)
        return None
    form = MemberForm(request.POST)
    if not form.is_valid():
        return {**show_people(request, study), "form": form}
    said = form.cleaned_data
    user = User.objects.filter(username=said["username"]).first()
    if user is None:
        form.add_error("username", _("There is no such account"))
        return {**show_people(request, study), "form": form}
    services.add_member(
        study,
        user,
        StudyRole(said["role"]),
        by=by,
        expected_version=version,
        experience_years=said["experience_years"],
    )
    return None


def show_arms(_request: HttpRequest, study: ReaderStudy) -> dict[str, Any]:
    return {"form": DesignForm(instance=study)}


def save_arms(request: HttpRequest, study: ReaderStudy, by: User, version: int) -> Sent:
    form = DesignForm(request.POST, instance=ReaderStudy.objects.get(pk=study.pk))
    if not form.is_valid():
        return {"form": form}
    words = {name: form.cleaned_data[name] for name in DesignForm.Meta.fields}
    arms = [ArmKind(kind) for kind in form.cleaned_data["arms"]]
    services.describe_study(study, words, by=by, expected_version=version)
    services.set_arms(study, arms, by=by, expected_version=study.version)
    return None


def show_check(_request: HttpRequest, study: ReaderStudy) -> dict[str, Any]:
    missing = problems(study) if study.is_in_design else []
    shown: dict[str, Any] = {"problems": missing, "protocols": study.protocols.defer("content")}
    if study.is_in_design:  # afterwards they say how far the reading is, which not everybody here may know
        shown["rules"] = rules(study, timezone.localdate())
    if not missing and study.is_in_design:
        plan = plan_of(study)
        shown["balance"] = balance(plan, allocate(plan))
    return shown


def save_check(_request: HttpRequest, study: ReaderStudy, by: User, version: int) -> Sent:
    services.lock_study(study, by=by, expected_version=version)
    return None
