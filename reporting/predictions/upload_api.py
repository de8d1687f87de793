"""Upload over HTTP: files in batches, large files in pieces, and the word that all has been sent."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reporting.accounts.idempotency import once_without_transaction
from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.accounts.rest import actor
from reporting.core.errors import DomainError
from reporting.core.openapi import IDEMPOTENCY_KEY, refusals
from reporting.predictions.services import finish_upload
from reporting.studies.archives import display_name
from reporting.studies.blobs import require_free_space
from reporting.studies.models import Study
from reporting.studies.pieces import add_piece
from reporting.studies.services import IncomingFile, ingest_instances
from reporting.studies.upload_handler import IncomingUploadHandler

MAX_REQUEST_BYTES = 256 * 1024**2
"""Of one request; anything larger comes in pieces. The browser page sends 8 MB at a time."""


class RequestTooLarge(DomainError):
    """The request is larger than one may be; send fewer files at a time, or the file in pieces."""

    code = "request_too_large"
    http_status = 413


def _too_large() -> RequestTooLarge:
    return RequestTooLarge(_("Send fewer files at a time, or a large file in pieces"))


class FileResultSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=["stored", "already_stored", "quarantined", "refused"])
    status_text = serializers.CharField()
    code = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    study = serializers.UUIDField(allow_null=True)


class UploadReportSerializer(serializers.Serializer[Any]):
    files = FileResultSerializer(many=True)
    studies = serializers.ListField(child=serializers.UUIDField())
    summary = serializers.CharField()


class UploadSerializer(serializers.Serializer[Any]):
    """``names``: what each file is called where it came from, in the order of ``files``; else its own name is shown."""

    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True), allow_empty=False)
    names = serializers.ListField(child=serializers.CharField(max_length=4096), required=False)
    more = serializers.BooleanField(
        default=False, help_text="More will follow: inference starts when the upload is finished"
    )


class PieceSerializer(serializers.Serializer[Any]):
    upload = serializers.UUIDField(help_text="Chosen by the sender, the same for all pieces of one file")
    name = serializers.CharField(max_length=4096)
    offset = serializers.IntegerField(min_value=0)
    total = serializers.IntegerField(min_value=1)
    piece = serializers.FileField(allow_empty_file=True)
    more = serializers.BooleanField(default=False)


class FinishSerializer(serializers.Serializer[Any]):
    studies = serializers.ListField(child=serializers.UUIDField(), max_length=5000)


class UploadBase(APIView):
    parser_classes = [MultiPartParser]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Before anything reads the body: every file on disk, none in memory.
        request.upload_handlers = [IncomingUploadHandler(request)]
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse whom and what we can before the CSRF check of the session reads the whole body."""
        user = request._request.user
        if not isinstance(user, User):
            raise NotAuthenticated
        require(user, Act.STUDY_INGEST)
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length > MAX_REQUEST_BYTES:
            raise _too_large()
        require_free_space(length)
        super().initial(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(_too_large() if isinstance(exc, TooManyFilesSent) else exc)


class UploadView(UploadBase):
    @extend_schema(
        operation_id="upload",
        request={"multipart/form-data": UploadSerializer},
        parameters=[IDEMPOTENCY_KEY],
        responses={200: UploadReportSerializer, **refusals(400, 413, 422, 507)},
    )
    def post(self, request: Request) -> Response:
        """Take in DICOM files and zip archives. Each gets its own answer: one refused file costs only itself."""
        body = UploadSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        user, wanted = actor(request), body.validated_data
        names = wanted.get("names", [])

        def take_in() -> Response:
            return _take_in(_named(wanted["files"], names), more=wanted["more"], by=user)

        return once_without_transaction(request, user, take_in)


class UploadPiecesView(UploadBase):
    @extend_schema(
        operation_id="upload_piece",
        request={"multipart/form-data": PieceSerializer},
        responses={200: UploadReportSerializer, 202: None, **refusals(400, 409, 413, 507)},
    )
    def post(self, request: Request) -> Response:
        """Append a piece of a large file: 202 while some are missing; with the last one, the answer of an upload.

        409 names the offset at which to go on. A piece sent twice is taken once.
        """
        body = PieceSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        user, wanted = actor(request), body.validated_data
        path = add_piece(
            wanted["upload"],
            offset=wanted["offset"],
            total=wanted["total"],
            chunks=wanted["piece"].chunks(),
            by=user,
        )
        if path is None:
            return Response(status=202)
        answer = _take_in([IncomingFile(display_name(wanted["name"]), path)], more=wanted["more"], by=user)
        path.unlink(missing_ok=True)
        return answer


class FinishUploadView(APIView):
    parser_classes = [JSONParser]

    @extend_schema(operation_id="finish_upload", request=FinishSerializer, responses={204: None, **refusals(400, 507)})
    def post(self, request: Request) -> Response:
        """Everything has been sent: inference may start on these studies. May be said again."""
        user = actor(request)
        require(user, Act.STUDY_INGEST)
        body = FinishSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        studies = Study.objects.filter(pk__in=body.validated_data["studies"])
        finish_upload(studies.received_within_days(1), by=user)
        return Response(status=204)


def _take_in(files: list[IncomingFile], *, more: bool, by: User) -> Response:
    report = ingest_instances(files, by=by)
    if not more:
        finish_upload(report.studies, by=by)
    return Response(report.as_json())


def _named(files: list[TemporaryUploadedFile], names: list[str]) -> list[IncomingFile]:
    own = [file.name or uuid.uuid4().hex for file in files]
    called = names if len(names) == len(files) else own
    return [
        IncomingFile(display_name(name), Path(file.temporary_file_path()))
        for name, file in zip(called, files, strict=True)
    ]
