"""Frames of stored objects over DICOMweb (WADO-RS, PS3.18 section 10.4): pixels decoded here, in a bounded child.

Grey frames are given as stored, colour as 8-bit RGB by pixel; explicit VR little endian whatever the object holds.
"""

from __future__ import annotations

import functools
import hashlib
import uuid

import numpy as np
from django.db.models import Case, CharField, When
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydicom.uid import ExplicitVRLittleEndian
from rest_framework.request import Request

from reporting.accounts.models import User
from reporting.accounts.rest import actor
from reporting.core.compiled_query import CompiledQuery, Given, row_of
from reporting.core.errors import DomainError
from reporting.core.openapi import refusals
from reporting.dicom_network.byte_ranges import in_range
from reporting.dicom_network.reading_view import VARY, ReadingView
from reporting.dicom_network.viewer import Viewer
from reporting.studies.frame_store import stored_frame
from reporting.studies.models import SopInstance, of_visible_study
from reporting.studies.pixel_decoding import Pixels

OCTETS = "application/octet-stream"
_KIND = f'{OCTETS}; transfer-syntax="{ExplicitVRLittleEndian}"'
_AS_DECODED = 2
"""Part of every entity tag: raise it when the same object is decoded to other bytes."""

MAX_FRAMES_AT_ONCE = 64


class NoSuchFrame(DomainError):
    code = "not_found"
    http_status = 404


class NotAcceptable(DomainError):
    """The client accepts none of the forms that we give frames in."""

    code = "not_acceptable"
    http_status = 406


class FramesView(ReadingView):
    @extend_schema(
        operation_id="wado_frames",
        parameters=[
            OpenApiParameter("Accept", OpenApiTypes.STR, OpenApiParameter.HEADER, description="One part or multipart"),
            OpenApiParameter("Range", OpenApiTypes.STR, OpenApiParameter.HEADER, description="Of a single part"),
        ],
        responses={
            (200, OCTETS): OpenApiTypes.BINARY,
            (206, OCTETS): OpenApiTypes.BINARY,
            304: None,
            **refusals(406, 416, 422),
        },
    )
    def get(
        self,
        request: Request,
        study_uid: str,
        series_uid: str,
        instance_uid: str,
        frames: tuple[int, ...],
    ) -> HttpResponseBase:
        """Frames (from 1, separated by commas) of one object, uncompressed.

        ``application/octet-stream`` gives one frame alone; ``multipart/related`` one part for each.
        """
        instance = _instance(actor(request), study_uid, series_uid, instance_uid)
        if not all(1 <= frame <= instance.number_of_frames for frame in frames) or len(frames) > MAX_FRAMES_AT_ONCE:
            raise NoSuchFrame(_("The object has no such frame"))
        single = wants_single(request.headers.get("Accept", ""), len(frames))
        tag = entity_tag(instance, frames, single=single)
        unchanged = get_conditional_response(request._request, etag=tag)
        if unchanged is not None and unchanged.status_code == 304:
            return _cached(unchanged, tag)
        parts = [np.ascontiguousarray(stored_frame(instance, frame)) for frame in frames]
        if not single:
            return _cached(_multipart(parts), tag)
        response = HttpResponse(parts[0].tobytes(), content_type=_KIND)
        if request.headers.get("If-Range", tag) != tag:
            return _cached(response, tag)
        return _cached(in_range(response, request.headers.get("Range")), tag)


def entity_tag(instance: SopInstance, frames: tuple[int, ...], *, single: bool) -> str:
    """Strong: the stored bytes, the frames, and the form they are given in."""
    form = "one" if single else "parts"
    said = f"{_AS_DECODED}:{instance.sha256}:{','.join(map(str, frames))}:{form}"
    return f'"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'


def _instance(user: User, study_uid: str, series_uid: str, instance_uid: str) -> SopInstance:
    """Known only to those who may know of the study; with the columns that a frame needs, no more: stacks ask often."""
    found = _named(Viewer.of(user)).first(study=study_uid, series=series_uid, instance=instance_uid)
    if found is None:
        raise Http404
    header = found.pop("header_of_one")
    return row_of(SopInstance, found | ({} if header is None else {"header": header}))


@functools.lru_cache(maxsize=256)
def _named(viewer: Viewer) -> CompiledQuery:
    named = SopInstance.objects.filter(
        of_visible_study(viewer.as_user(), "series__study__"),
        sop_instance_uid=Given("instance", CharField()),
        series__series_instance_uid=Given("series", CharField()),
        series__study__study_instance_uid=Given("study", CharField()),
    )
    # That of many frames is long and seldom needed: it is fetched when they are decoded.
    short = named.annotate(header_of_one=Case(When(number_of_frames=1, then="header")))
    return CompiledQuery(short, "id", "sha256", "number_of_frames", "header_of_one")


def wants_single(accept: str, count: int) -> bool:
    """Whether one bare part is wished. Without a wish it is multipart, as the standard has it."""
    kinds = [kind.split(";")[0].strip().lower() for kind in accept.split(",")]
    if OCTETS in kinds and count == 1:
        return True
    if any(kind in ("", "*/*", "multipart/*", "multipart/related") for kind in kinds):
        return False
    raise NotAcceptable(_("This comes as application/octet-stream or multipart/related"))


def _multipart(parts: list[Pixels]) -> HttpResponse:
    """Put together in one go: a frame is large, and each copy of it takes its time."""
    boundary = uuid.uuid4().hex
    head = f"--{boundary}\r\nContent-Type: {_KIND}\r\n\r\n".encode()
    pieces = [piece for part in parts for piece in (head, part.data, b"\r\n")]
    kind = f'multipart/related; type="{OCTETS}"; boundary={boundary}'
    return HttpResponse(b"".join([*pieces, f"--{boundary}--\r\n".encode()]), content_type=kind)


def _cached(response: HttpResponseBase, tag: str) -> HttpResponseBase:
    """Kept by the browser but never shown without asking us: who may see it can change, the pixels cannot."""
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = VARY
    return response
