"""QIDO-RS addresses."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request

from reporting.accounts.models import TokenScope
from reporting.accounts.permissions import Act, require
from reporting.accounts.rest import actor
from reporting.core.openapi import refusals
from reporting.dicom_network import items, search
from reporting.dicom_network.answers import DICOM_JSON, ITEMS, base_of, json_answer, visible_instances
from reporting.dicom_network.reading_view import ReadingView
from reporting.dicom_network.store_views import STOW, AsItComes, store
from reporting.dicom_network.viewer import Viewer

_PAGING = [
    OpenApiParameter("limit", OpenApiTypes.INT, description=f"At most {search.MAX_RESULTS}"),
    OpenApiParameter("offset", OpenApiTypes.INT),
]


def _schema(what: str, filters: dict[str, search.Condition]) -> dict[str, Any]:
    named = [OpenApiParameter(keyword, OpenApiTypes.STR) for keyword in filters]
    answers: dict[Any, Any] = {(200, DICOM_JSON): ITEMS, **refusals(400)}
    return {"operation_id": f"qido_{what}", "parameters": [*_PAGING, *named], "responses": answers}


class StudiesView(ReadingView):
    token_scopes = {**ReadingView.token_scopes, "POST": TokenScope.STORE}
    parser_classes = [AsItComes]

    @extend_schema(operation_id="stow", **STOW)
    def post(self, request: Request) -> HttpResponse:
        """Store objects. 200: all are kept; 202: some; 409: none; the body says which and why."""
        return store(request, "")

    @extend_schema(**_schema("studies", search.STUDY_FILTERS))
    def get(self, request: Request) -> HttpResponse:
        """Studies that you may see, the newest first."""
        user = actor(request)
        require(user, Act.STUDY_VIEW)
        question = search.Question.read(request.query_params, search.STUDY_FILTERS)
        rows, more = question.answer(items.studies(Viewer.of(user), question.shape))
        return json_answer(items.study_items(rows, base_of(request)), more=more, unknown=question.unknown)


class SearchSeriesView(ReadingView):
    @extend_schema(**_schema("series", search.SERIES_FILTERS))
    def get(self, request: Request, study_uid: str) -> HttpResponse:
        """Series of one study."""
        user = actor(request)
        question = search.Question.read(request.query_params, search.SERIES_FILTERS, StudyInstanceUID=study_uid)
        rows, more = question.answer(items.series(Viewer.of(user), question.shape))
        if not rows:
            visible_instances(user, study_uid=study_uid)  # none that match, or no study that this user may know of
        return json_answer(items.series_items(rows, base_of(request)), more=more, unknown=question.unknown)


class SearchInstancesView(ReadingView):
    @extend_schema(**_schema("instances", search.INSTANCE_FILTERS))
    def get(self, request: Request, study_uid: str, series_uid: str = "") -> HttpResponse:
        """Objects of one study or series."""
        user = actor(request)
        uids = {"study_uid": study_uid} | ({"series_uid": series_uid} if series_uid else {})
        address = {"StudyInstanceUID": study_uid} | ({"SeriesInstanceUID": series_uid} if series_uid else {})
        question = search.Question.read(request.query_params, search.INSTANCE_FILTERS, **address)
        rows, more = question.answer(items.instances(Viewer.of(user), question.shape))
        if not rows:
            visible_instances(user, **uids)
        return json_answer(items.instance_items(rows, base_of(request)), more=more, unknown=question.unknown)


@extend_schema_view(get=extend_schema(operation_id="qido_series_instances"))
class SearchSeriesInstancesView(SearchInstancesView):
    """Objects of one series."""
