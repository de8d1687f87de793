"""What the DICOMweb views share: who may know of what, our own address, the forms of an answer."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from rest_framework.request import Request

from reporting.accounts.models import User
from reporting.studies.models import SopInstance, of_visible_study

DICOM_JSON = "application/dicom+json"
ITEMS: dict[str, Any] = {"type": "array", "items": {"type": "object"}}
"""DICOM JSON (PS3.18 annex F) as OpenAPI can say it: one object for each thing found."""


def visible_instances(user: User, **uids: str) -> QuerySet[SopInstance]:
    """Objects below the UIDs of an address; :class:`Http404` where there are none that this user may know of."""
    names = {
        "study_uid": "series__study__study_instance_uid",
        "series_uid": "series__series_instance_uid",
        "instance_uid": "sop_instance_uid",
    }
    found = SopInstance.objects.filter(of_visible_study(user, "series__study__"))
    found = found.filter(**{names[name]: uid for name, uid in uids.items()}).select_related("series__study__patient")
    if not found.exists():
        raise Http404
    return found.order_by("series__series_number", "series__series_instance_uid", "instance_number", "sop_instance_uid")


def base_of(request: Request) -> str:
    """Our DICOMweb address as the client called it."""
    return request.build_absolute_uri("/dicom-web")


def json_answer(items: list[dict[str, Any]], *, more: bool, unknown: tuple[str, ...] = ()) -> HttpResponse:
    """A list in DICOM JSON; what a client must know beside it stands in ``Warning``, as the standard has it."""
    response = HttpResponse(json.dumps(items, ensure_ascii=False), content_type=DICOM_JSON)
    warnings = ['299 - "There are more results; ask with offset"'] if more else []
    warnings += [f'299 - "Not matched: {keyword}"' for keyword in unknown]
    if warnings:
        response["Warning"] = ", ".join(warnings)
    return response


def metadata_answer(objects: Iterable[bytes]) -> StreamingHttpResponse:
    def pieces() -> Iterator[bytes]:
        before = b"["
        for one in objects:
            yield before + one
            before = b","
        yield b"[]" if before == b"[" else b"]"

    return StreamingHttpResponse(pieces(), content_type=DICOM_JSON)


def parts_answer(kind: str, parts: Iterable[Iterable[bytes]]) -> StreamingHttpResponse:
    """``multipart/related``: one part of content type ``kind`` for each."""
    boundary = uuid.uuid4().hex

    def pieces() -> Iterator[bytes]:
        for part in parts:
            yield f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n".encode()
            yield from part
            yield b"\r\n"
        yield f"--{boundary}--\r\n".encode()

    media = kind.split(";")[0]
    return StreamingHttpResponse(pieces(), content_type=f'multipart/related; type="{media}"; boundary={boundary}')
