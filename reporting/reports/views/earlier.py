"""Earlier studies of a patient in the hospital's archive: looked up, shown before they are fetched, fetched."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.core.errors import DomainError
from reporting.dicom_network.archive_scu import ArchiveFault
from reporting.dicom_network.archives import look_up, preview, request_retrieval
from reporting.dicom_network.models import Archive
from reporting.orders.models import PatientMerge
from reporting.studies.models import Study


class EarlierStudiesView(View):
    """``?archive=`` asks that one, ``&study=`` shows the series of a study that it has."""

    def get(self, request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
        study, user = _study(request, study_id)
        archives = list(Archive.objects.filter(is_active=True))
        archive = _named(archives, request.GET.get("archive", "")) or (archives[0] if len(archives) == 1 else None)
        shown: dict[str, Any] = {"study": study, "archives": archives, "archive": archive, "fault": ""}
        if archive is not None:
            try:
                also = _other_numbers(study)
                shown["found"] = look_up(study, archive, by=user, also=also)
                uid = request.GET.get("study", "")
                if uid:
                    shown |= {"uid": uid, "series": preview(study, archive, uid, by=user, also=also)}
            except ArchiveFault as fault:
                shown["fault"] = fault.code
            except DomainError as refusal:
                shown["refusal"] = refusal.message
        return render(request, "studies/earlier.html", shown)

    def post(self, request: HttpRequest, study_id: uuid.UUID) -> HttpResponse:
        study, user = _study(request, study_id)
        archive = _named(list(Archive.objects.filter(is_active=True)), request.POST.get("archive", ""))
        back = reverse("studies:earlier", args=[study.pk])
        if archive is None:
            messages.error(request, _("This archive is not asked any more"))
            return redirect(back)
        try:
            request_retrieval(study, archive, request.POST.get("study", ""), by=user, also=_other_numbers(study))
        except ArchiveFault:
            messages.error(request, _("The archive does not answer. Try again later."))
        except DomainError as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("The study is being fetched. It appears in the worklist when it has come."))
        return redirect(f"{back}?{urlencode({'archive': str(archive.pk)})}")


def _study(request: HttpRequest, study_id: uuid.UUID) -> tuple[Study, User]:
    user = cast(User, request.user)
    study = get_object_or_404(Study.objects.visible_to(user).select_related("patient"), pk=study_id)
    require(user, Act.PRIOR_FETCH)
    return study, user


def _other_numbers(study: Study) -> set[str]:
    """Of the same person, as the hospital has said."""
    return PatientMerge.objects.numbers_of_one_with(study.patient.patient_id)


def _named(archives: list[Archive], key: str) -> Archive | None:
    return next((one for one in archives if str(one.pk) == key), None)
