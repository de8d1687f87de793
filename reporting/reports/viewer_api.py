"""What the viewer of a report draws, over HTTP: its description, and the outlines of one series."""

from __future__ import annotations

import gzip
import hashlib
import json
import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from reporting.accounts.rest import actor
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.openapi import refusals
from reporting.reports.blind import reads_blind
from reporting.reports.images.stored_label_maps import label_volumes
from reporting.reports.models import Report
from reporting.reports.viewer.description import viewer_description
from reporting.reports.viewer.outlines import outlines
from reporting.reports.viewer.series_frames import SeriesFrames, series_frames
from reporting.studies.frame_store import cache_dir, write_to_cache
from reporting.studies.models import Series

_OUTLINES = 1
"""Part of every cache key: raise it when outlines are drawn otherwise."""


def _report(request: Request, report_id: uuid.UUID) -> Report:
    reports = Report.objects.visible_to(actor(request)).select_related("job", "study")
    return get_object_or_404(reports, pk=report_id)


def _answer(request: Request, body: bytes, tag: str) -> HttpResponse:
    """JSON that the browser keeps but asks for again: who may see it can change."""
    unchanged = get_conditional_response(request._request, etag=tag)
    is_unchanged = unchanged is not None and unchanged.status_code == 304
    response = unchanged if unchanged is not None and is_unchanged else HttpResponse(body, "application/json")
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Accept-Language, Cookie"
    return response


class ViewerView(APIView):
    @extend_schema(operation_id="report_viewer", responses={200: OpenApiTypes.OBJECT, **refusals()})
    def get(self, request: Request, report_id: uuid.UUID) -> HttpResponse:
        """All that a viewer needs to show this report's images (docs/viewer_description.md)."""
        report = _report(request, report_id)
        record(AuditAct.STUDY_OPENED, by=actor(request), about=report.study)
        body = json.dumps(viewer_description(report, actor(request)), separators=(",", ":"), default=str).encode()
        return _answer(request, body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


class OutlinesView(APIView):
    @extend_schema(operation_id="report_outlines", responses={200: OpenApiTypes.OBJECT, **refusals(422)})
    def get(self, request: Request, report_id: uuid.UUID, series_id: uuid.UUID) -> HttpResponse:
        """What the machine outlined in one series, frame by frame; nothing for who reads without the machine."""
        report = _report(request, report_id)
        series = get_object_or_404(Series, pk=series_id, study_id=report.study_id)
        blind = reads_blind(report, actor(request))
        maps = [] if blind or report.job is None else report.job.label_maps.filter(series=series)
        digests = [label_map.sha256 for label_map in maps]
        shown = series_frames(series) if digests else SeriesFrames(series, None, ())
        key = json.dumps([_OUTLINES, digests, [[frame.instance.sha256, frame.number] for frame in shown.frames]])
        name = hashlib.sha256(key.encode()).hexdigest()
        path = cache_dir("outlines") / f"{name}.json.gz"
        if not path.exists():
            write_to_cache(path, gzip.compress(_outlined(shown, digests), compresslevel=5, mtime=0))
        return _answer(request, gzip.decompress(path.read_bytes()), f'"{name[:32]}"')


def _outlined(shown: SeriesFrames, digests: list[str]) -> bytes:
    volumes = label_volumes(digests)
    frames: dict[str, Any] = {}
    for i, frame in enumerate(shown.frames):
        size = frame.object.series
        found = outlines(frame.place, size.rows or 0, size.columns or 0, volumes)
        if found:
            frames[str(i)] = found
    return json.dumps({"frames": frames}, separators=(",", ":")).encode()
