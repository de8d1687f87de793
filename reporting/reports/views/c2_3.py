"""Pointing at C2/3: the one thing a reader has to say when the machine could not name the levels."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from reporting.accounts.models import User
from reporting.core.errors import DomainError, InvalidInput, WrongState
from reporting.predictions.services import request_reading_from_c2_3
from reporting.reports.forms import C2C3Form
from reporting.reports.images.placed_frame import placed_frame
from reporting.reports.images.slice_picture import crop_around, place_in_picture
from reporting.reports.key_slices import Point, level_places
from reporting.reports.models import Report
from reporting.reports.services.access import require_edit
from reporting.studies.models import SopInstance


@require_POST
def point_at_c2_3(request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
    """Ask for a new reading from the disc that was chosen by name or clicked in a picture; back to the report."""
    user = cast(User, request.user)
    report = get_object_or_404(Report.objects.visible_to(user).select_related("job", "study"), pk=report_id)
    require_edit(report, user)
    try:
        if not report.is_draft:
            raise WrongState(_("Only a draft is read again"))
        request_reading_from_c2_3(report.study, _point(report, C2C3Form(request.POST)), by=user)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The study is read again, counting from the C2/3 you pointed at."))
    return redirect("reports:read", report.pk)


def _point(report: Report, form: C2C3Form) -> Point:
    """Raises :class:`InvalidInput` when the form names neither a disc found nor a place in a picture of this study."""
    point = None
    if form.is_valid():
        said = form.cleaned_data
        places = {place.structure: place.center_lps_mm for place in level_places(report)}
        point = places.get(said["structure"]) if said["structure"] else _clicked(report, said)
    if point is None:
        raise InvalidInput(_("This is not a point in the patient"))
    return point


def _clicked(report: Report, said: dict[str, Any]) -> Point | None:
    instance = SopInstance.objects.filter(pk=said["instance"], series__study_id=report.study_id).first()
    if instance is None or said["frame"] > instance.number_of_frames:
        return None
    decoded = placed_frame(instance, said["frame"])
    center = next((place.center_lps_mm for place in level_places(report) if place.name == said["level"]), None)
    crop = crop_around(decoded, center, said["mm"]) if center is not None and said["mm"] else None
    return place_in_picture(decoded, crop, said["x"], said["y"])
