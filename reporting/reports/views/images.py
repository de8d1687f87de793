"""Slices of a report's study as PNG, with contours and level names drawn by the server."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from reporting.accounts.models import User
from reporting.core.errors import DomainError
from reporting.reports.blind import reads_blind
from reporting.reports.forms import PictureForm
from reporting.reports.images.label_volume import LabelVolume, map_of_plane
from reporting.reports.images.placed_frame import placed_frame
from reporting.reports.images.slice_picture import Frame, LevelMark, crop_around, render_png
from reporting.reports.images.stored_label_maps import label_volumes
from reporting.reports.key_slices import LevelPlace, label_map_digests, level_places
from reporting.reports.models import Report
from reporting.studies.frame_store import cache_dir, write_to_cache
from reporting.studies.models import SopInstance
from reporting.vocabulary import LevelKind

# Part of every cache key: raise it when the drawing changes.
RENDERING = 3
DISC_NAME_ANTERIOR_MM = 18.0


@require_GET
def slice_png(request: HttpRequest, report_id: uuid.UUID, instance_id: uuid.UUID, frame: int) -> HttpResponse:
    """One frame. Query: ``contours`` and ``names`` when wished, ``level`` and ``mm`` to cut out, ``side`` in pixels."""
    user = cast(User, request.user)
    report = get_object_or_404(Report.objects.visible_to(user).select_related("job", "study"), pk=report_id)
    instance = get_object_or_404(SopInstance, pk=instance_id, series__study_id=report.study_id)
    form = PictureForm(request.GET)
    if not form.is_valid() or not 1 <= frame <= instance.number_of_frames:
        return HttpResponse(status=400)
    wish, half_side_mm, side = form.cleaned_data, form.half_side_mm(), form.side_pixels()
    places = level_places(report) if wish["names"] or wish["level"] else ()
    marks = tuple(_mark(place) for place in places) if wish["names"] else ()
    center = next((place.center_lps_mm for place in places if place.name == wish["level"]), None)
    outlined = wish["contours"] and not reads_blind(report, user)
    map_digests = label_map_digests(report.job, instance.pk) if outlined else ()
    key = json.dumps([RENDERING, instance.sha256, frame, map_digests, marks, center, half_side_mm, side])
    path = cache_dir("pictures") / f"{hashlib.sha256(key.encode()).hexdigest()}.png"
    if not path.exists():
        try:
            decoded = placed_frame(instance, frame)
            labels = _labels_of(decoded, map_digests)
        except DomainError:
            return HttpResponse(status=422)
        crop = crop_around(decoded, center, half_side_mm) if center is not None else None
        picture = render_png(decoded, side=side, labels=labels, crop=crop, marks=marks)
        write_to_cache(path, picture)
    return HttpResponse(path.read_bytes(), content_type="image/png")


def _labels_of(frame: Frame, digests: tuple[str, ...]) -> LabelVolume | None:
    """The label map of the pack of slices that ``frame`` belongs to; packs may overlap, so place alone does not say."""
    if not digests or not frame.is_placed:
        return None
    volumes = label_volumes(digests)
    return volumes[0] if len(volumes) == 1 else map_of_plane(volumes, frame.corners_lps_mm())


def _mark(place: LevelPlace) -> LevelMark:
    """A vertebra's name stands on it; a disc's name in front of it, because the disc itself must stay visible."""
    x, y, z = place.center_lps_mm
    return LevelMark(place.name, (x, y - DISC_NAME_ANTERIOR_MM if place.kind is LevelKind.DISC else y, z))
