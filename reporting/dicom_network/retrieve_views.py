"""WADO-RS addresses beside frames: whole objects as they were received, their metadata, and pictures of frames."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request

from reporting.accounts.models import TokenScope
from reporting.accounts.rest import actor
from reporting.core.openapi import refusals
from reporting.dicom_network.answers import (
    DICOM_JSON,
    ITEMS,
    base_of,
    metadata_answer,
    parts_answer,
    visible_instances,
)
from reporting.dicom_network.bulk_data import bulk_data
from reporting.dicom_network.frames import OCTETS, NotAcceptable, wants_single
from reporting.dicom_network.metadata import metadata_of
from reporting.dicom_network.reading_view import VARY, ReadingView
from reporting.dicom_network.rendered import Wishes, picture
from reporting.dicom_network.store_views import STOW, AsItComes, store
from reporting.studies.blobs import open_blob, read_chunks
from reporting.studies.models import SopInstance

DICOM = "application/dicom"
_ACCEPT = OpenApiParameter("Accept", OpenApiTypes.STR, OpenApiParameter.HEADER)
_WISHES = [
    OpenApiParameter("window", OpenApiTypes.STR, description="center,width[,linear|linear-exact|sigmoid]"),
    OpenApiParameter("viewport", OpenApiTypes.STR, description="width,height[,x,y,width,height of the part shown]"),
    OpenApiParameter("quality", OpenApiTypes.INT, description="Of a JPEG, 1 to 100"),
]


class RetrieveView(ReadingView):
    gives_objects = True

    @extend_schema(
        parameters=[_ACCEPT],
        responses={(200, DICOM): OpenApiTypes.BINARY, **refusals()},
    )
    def get(self, request: Request, **uids: str) -> HttpResponseBase:
        """The objects of a study or series, or one of them, byte for byte as they were received.

        One object comes bare when ``application/dicom`` is accepted and nothing multipart is; else as parts.
        """
        found = visible_instances(actor(request), **uids)
        accept = request.headers.get("Accept", "").lower()
        if "instance_uid" in uids and DICOM in accept and "multipart/" not in accept:
            one = found.get()
            return StreamingHttpResponse(
                _bytes_of(one),
                content_type=f"{DICOM}; transfer-syntax={one.transfer_syntax_uid}",
                headers={
                    "Content-Disposition": f'attachment; filename="{one.pk}.dcm"',
                    "Content-Length": one.size_bytes,
                },
            )
        return parts_answer(DICOM, (_bytes_of(one) for one in found.iterator(chunk_size=200)))


@extend_schema_view(get=extend_schema(operation_id="wado_study"))
class StudyView(RetrieveView):
    token_scopes = {**ReadingView.token_scopes, "POST": TokenScope.STORE}
    parser_classes = [AsItComes]

    @extend_schema(operation_id="stow_study", **STOW)
    def post(self, request: Request, study_uid: str) -> HttpResponse:
        """Store objects of this study; those of another are refused."""
        return store(request, study_uid)


@extend_schema_view(get=extend_schema(operation_id="wado_series"))
class SeriesView(RetrieveView):
    """The objects of one series."""


@extend_schema_view(get=extend_schema(operation_id="wado_instance"))
class InstanceView(RetrieveView):
    """One object."""


class MetadataView(ReadingView):
    @extend_schema(responses={(200, DICOM_JSON): ITEMS, **refusals()})
    def get(self, request: Request, **uids: str) -> StreamingHttpResponse:
        """What each object says of itself, in DICOM JSON; pixels, binary values and those over 16 KiB as addresses."""
        found = visible_instances(actor(request), **uids)
        return metadata_answer(metadata_of(found.iterator(chunk_size=200), base_of(request)))


@extend_schema_view(get=extend_schema(operation_id="wado_study_metadata"))
class StudyMetadataView(MetadataView):
    """Of a study."""


@extend_schema_view(get=extend_schema(operation_id="wado_series_metadata"))
class SeriesMetadataView(MetadataView):
    """Of a series."""


@extend_schema_view(get=extend_schema(operation_id="wado_instance_metadata"))
class InstanceMetadataView(MetadataView):
    """Of one object."""


class BulkDataView(ReadingView):
    gives_objects = True

    @extend_schema(
        operation_id="wado_bulkdata",
        parameters=[_ACCEPT],
        responses={(200, OCTETS): OpenApiTypes.BINARY, **refusals(406, 422)},
    )
    def get(
        self, request: Request, study_uid: str, series_uid: str, instance_uid: str, where: str
    ) -> StreamingHttpResponse:
        """One value that metadata point to; of pixel data all frames, uncompressed. Multipart unless asked bare."""
        uids = {"study_uid": study_uid, "series_uid": series_uid, "instance_uid": instance_uid}
        value = bulk_data(visible_instances(actor(request), **uids).get(), where)
        if value is None:
            raise Http404
        if wants_single(request.headers.get("Accept", ""), 1):
            return StreamingHttpResponse(value, content_type=OCTETS)
        return parts_answer(OCTETS, [value])


class RenderedView(ReadingView):
    @extend_schema(
        parameters=[_ACCEPT, *_WISHES],
        responses={
            (200, "image/png"): OpenApiTypes.BINARY,
            (200, "image/jpeg"): OpenApiTypes.BINARY,
            **refusals(400, 406, 422),
        },
    )
    def get(self, request: Request, study_uid: str, series_uid: str, instance_uid: str, frame: int = 1) -> HttpResponse:
        """One frame as a picture, in the object's own window or the wished: PNG, or JPEG for who takes no PNG."""
        uids = {"study_uid": study_uid, "series_uid": series_uid, "instance_uid": instance_uid}
        one = visible_instances(actor(request), **uids).get()
        if not 1 <= frame <= one.number_of_frames:
            raise Http404
        kind = _picture_kind(request.headers.get("Accept", ""))
        wishes = Wishes.read(request.query_params.dict())
        return HttpResponse(picture(one, frame, kind, wishes), content_type=kind, headers={"Vary": VARY})


@extend_schema_view(get=extend_schema(operation_id="wado_instance_rendered"))
class RenderedInstanceView(RenderedView):
    """The first frame of an object."""


@extend_schema_view(get=extend_schema(operation_id="wado_frame_rendered"))
class RenderedFrameView(RenderedView):
    """One frame of an object."""


def _bytes_of(one: SopInstance) -> Iterator[bytes]:
    # Verified before the first byte leaves; a damaged object raises here, while the answer can still be an error.
    file = open_blob(one.sha256)

    def pieces() -> Iterator[bytes]:
        with file:
            yield from read_chunks(file)

    return pieces()


def _picture_kind(accept: str) -> str:
    """PNG loses nothing, so it is what "any" means here; the standard's own default is JPEG (PS3.18 8.7.4)."""
    kinds = {kind.split(";")[0].strip().lower() for kind in accept.split(",")}
    if kinds & {"", "*/*", "image/*", "image/png"}:
        return "image/png"
    if "image/jpeg" in kinds:
        return "image/jpeg"
    raise NotAcceptable(_("This comes as image/png or image/jpeg"))
