"""STOW-RS (PS3.18 10.5): objects in a multipart body, each written to the store's incoming folder as it is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from reporting.accounts.permissions import Act, require
from reporting.accounts.rest import actor
from reporting.core.errors import DomainError, InvalidInput
from reporting.core.openapi import refusals
from reporting.dicom_network.answers import DICOM_JSON, base_of
from reporting.dicom_network.items import element
from reporting.dicom_network.listener import storing
from reporting.studies.blobs import StagedBlob, Staging, discard, read_chunks, require_free_space
from reporting.studies.dicom_gate import MAX_FILE_BYTES
from reporting.studies.refusals import RefusalCode
from reporting.studies.services import FileResult, FileStatus, StagedFile, ingest_instances

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_PARTS = 5000
STOW: dict[str, Any] = {
    "request": {"multipart/related": OpenApiTypes.BINARY},
    "responses": {
        **dict.fromkeys([(200, DICOM_JSON), (202, DICOM_JSON), (409, DICOM_JSON)], OpenApiTypes.OBJECT),
        **refusals(400, 415, 507),
    },
}
"""How the schema describes it, for each address that takes objects."""

_KEPT = (FileStatus.STORED, FileStatus.ALREADY_STORED)


class NotSupported(DomainError):
    """The body is not multipart/related with parts of application/dicom."""

    code = "unsupported_media_type"
    http_status = 415


class AsItComes(BaseParser):
    """Leaves the body where it is: the view reads it."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream


def store(request: Request, study_uid: str) -> HttpResponse:
    """Take in the objects of one request; ``study_uid`` when they must all belong to one study."""
    user = actor(request)
    require(user, Act.STUDY_INGEST)
    require_free_space(int(request.META.get("CONTENT_LENGTH") or 0))
    with _received(request) as blobs:
        files = [StagedFile("STOW", blob, study_instance_uid=study_uid) for blob in blobs]
        results = ingest_instances(files, by=user).results
    return _answer(results, base_of(request))


@contextmanager
def _received(request: Request) -> Iterator[list[StagedBlob]]:
    """The parts of the body; what is not kept of them is gone afterwards."""
    kind, options = parse_options_header(request.headers.get("Content-Type", ""))
    wanted = options.get(b"type", b"application/dicom")
    if kind != b"multipart/related" or wanted != b"application/dicom" or not options.get(b"boundary"):
        raise NotSupported(_("Objects are stored as multipart/related with parts of application/dicom"))
    parts = _Parts()
    try:
        parser = MultipartParser(options[b"boundary"], parts.callbacks())
        try:
            for chunk in read_chunks(request.stream):
                parser.write(chunk)
            parser.finalize()
        except MultipartParseError as error:
            raise InvalidInput(_("The body is no multipart message")) from error
        if parts.coming is not None or not parts.blobs:
            raise InvalidInput(_("The body ends before its last part"))
        yield parts.blobs
    finally:
        parts.end()


class _Parts:
    """Each part into a file of its own; headers of parts are not believed, the gate looks at the bytes."""

    def __init__(self) -> None:
        self.blobs: list[StagedBlob] = []
        self.coming: Staging | None = None

    def callbacks(self) -> MultipartCallbacks:
        return {"on_part_begin": self._begin, "on_part_data": self._data, "on_part_end": self._close}

    def end(self) -> None:
        if self.coming is not None:
            self.coming.abandon()
        for blob in self.blobs:
            discard(blob)

    def _begin(self) -> None:
        if len(self.blobs) >= MAX_PARTS:
            raise InvalidInput(_("Send fewer objects at a time"))
        self.coming = Staging()

    def _data(self, data: bytes, start: int, end: int) -> None:
        assert self.coming is not None
        self.coming.write(memoryview(data)[start:end])
        if self.coming.size_bytes > MAX_FILE_BYTES:
            raise InvalidInput(_("The file is larger than the 2 GB accepted."))

    def _close(self) -> None:
        assert self.coming is not None
        self.blobs.append(self.coming.finish())
        self.coming = None


def _answer(results: list[FileResult], base: str) -> HttpResponse:
    kept = [result for result in results if result.status in _KEPT]
    failed = [result for result in results if result.status not in _KEPT]
    body: dict[str, Any] = {}
    if kept:
        body |= _sequence("ReferencedSOPSequence", [_kept(result, base) for result in kept])
    if failed:
        body |= _sequence("FailedSOPSequence", [_failed(result) for result in failed])
    status = 200 if not failed else 202 if kept else 409
    return HttpResponse(json.dumps(body), content_type=DICOM_JSON, status=status)


def _sequence(keyword: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    ((tag, value),) = element(keyword).items()
    return {tag: {**value, "Value": items}}


def _kept(result: FileResult, base: str) -> dict[str, Any]:
    path = f"/studies/{result.study_instance_uid}/series/{result.series_instance_uid}/instances/"
    return {**_reference(result), **element("RetrieveURL", f"{base}{path}{result.sop_instance_uid}")}


def _failed(result: FileResult) -> dict[str, Any]:
    other = result.code == RefusalCode.OTHER_OBJECT
    reason = storing.IN_QUARANTINE if result.status is FileStatus.QUARANTINED else storing.NOT_UNDERSTOOD
    return {**_reference(result), **element("FailureReason", storing.OTHER_OBJECT if other else reason)}


def _reference(result: FileResult) -> dict[str, Any]:
    return {
        **element("ReferencedSOPClassUID", result.sop_class_uid),
        **element("ReferencedSOPInstanceUID", result.sop_instance_uid),
    }
