"""Who reads first without the machine: the rules, and the forms to add and end them."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reporting.accounts.models import Role, User
from reporting.accounts.permissions import Act, may, require
from reporting.core.errors import InvalidInput, WrongState
from reporting.predictions.models import BlindRule
from reporting.predictions.services import end_blind_rule, set_blind_rule
from reporting.reports.forms import BlindFractionForm, BlindReaderForm, BlindStudyForm
from reporting.studies.models import Study

PAGE_SIZE = 50


@require_GET
def blind_rules(request: HttpRequest) -> HttpResponse:
    """The rules in force; with ``show=all`` also those that ended and what ended them."""
    user = _reader(request)
    known = BlindRule.objects.visible_to(user)
    held = known.in_force()
    shows_all = request.GET.get("show") == "all"
    rows = (known if shows_all else held).select_related("user", "study", "set_by").order_by("-created_at", "pk")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    may_set = may(user, Act.BLIND_RULE)
    context = {
        "nav": "rules",
        "page": page,
        "held": set(held.filter(pk__in=[row.pk for row in page]).values_list("pk", flat=True)),
        "shows_all": shows_all,
        "may_set": may_set,
        "own": BlindRule.objects.in_force().filter(user=user).first(),
        "reads": may(user, Act.REPORT_EDIT),
        "readers": User.objects.filter(is_active=True, role__in=[Role.JUNIOR, Role.SENIOR]).order_by("full_name"),
        "study": _prefilled(request, user) if may_set else "",
    }
    return render(request, "rules/blind.html", context)


def _prefilled(request: HttpRequest, user: User) -> str:
    """How the study that the reader came from is named in the form."""
    try:
        study = Study.objects.visible_to(user).filter(pk=uuid.UUID(request.GET.get("study", ""))).first()
    except ValueError:
        return ""
    return study.study_instance_uid if study is not None else ""


@require_POST
def add_rule(request: HttpRequest) -> HttpResponse:
    """Set a rule for one reader, one study or a fraction, as ``kind`` says."""
    user = _reader(request)
    try:
        set_blind_rule(by=user, is_on=True, **_given(request, user))
    except InvalidInput as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The rule holds for readings that begin from now on."))
    return redirect("rules:blind")


def _given(request: HttpRequest, user: User) -> dict[str, Any]:
    """What the rule is about. Raises :class:`InvalidInput` for what names nobody, no study, or no fraction."""
    kind = request.POST.get("kind")
    if kind == "self":
        return {"user": user}
    require(user, Act.BLIND_RULE)
    if kind == "reader":
        reader = BlindReaderForm(request.POST)
        if reader.is_valid():
            return {"user": get_object_or_404(User, pk=reader.cleaned_data["reader"])}
        raise InvalidInput(_("Choose a reader"))
    if kind == "study":
        study = BlindStudyForm(request.POST)
        if study.is_valid():
            return {"study": _study(study.cleaned_data["study"], user)}
        raise InvalidInput(_("Give the accession number or the Study Instance UID"))
    fraction = BlindFractionForm(request.POST)
    if fraction.is_valid():
        return {"fraction": fraction.cleaned_data["percent"] / 100}
    raise InvalidInput(_("Give a percentage between 0 and 100"))


def _study(name: str, user: User) -> Study:
    found = Study.objects.visible_to(user).filter(Q(accession_number=name) | Q(study_instance_uid=name))[:2]
    if len(found) > 1:
        raise InvalidInput(_("Several studies have this accession number: give the Study Instance UID"))
    if not found:
        raise InvalidInput(_("No study has this accession number or Study Instance UID"))
    return found[0]


@require_POST
def end_rule(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    user = _reader(request)
    rule = get_object_or_404(BlindRule.objects.visible_to(user), pk=rule_id)
    try:
        end_blind_rule(rule, by=user)
    except WrongState as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The rule has ended. Readings that began under it stay as they were decided."))
    return redirect("rules:blind")


def _reader(request: HttpRequest) -> User:
    user = cast(User, request.user)
    if not may(user, Act.BLIND_RULE):
        require(user, Act.REPORT_EDIT)
    return user
