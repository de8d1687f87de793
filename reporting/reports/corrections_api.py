"""Marks for training over HTTP: those of a study, a new one, and what is decided about one."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reporting.accounts.idempotency import once
from reporting.accounts.permissions import Act, may, require
from reporting.accounts.rest import actor
from reporting.core.openapi import IDEMPOTENCY_KEY, IF_MATCH, refusals
from reporting.core.rest import etag, version_seen
from reporting.reports import correction_serializers as shapes
from reporting.reports.blind import reads_blind
from reporting.reports.correction_models import Correction, CorrectionQuerySet, MarkKind
from reporting.reports.models import Report
from reporting.reports.services import corrections as services
from reporting.reports.states import ReportStatus
from reporting.studies.models import SopInstance
from reporting.vocabulary import Structure


def _report(request: Request, report_id: uuid.UUID) -> Report:
    reports = Report.objects.visible_to(actor(request)).select_related("job", "study")
    return get_object_or_404(reports, pk=report_id)


def _marks(request: Request, report: Report) -> CorrectionQuerySet:
    """Every mark of the report's study that this user may see."""
    user = actor(request)
    marks = Correction.objects.of_study(report.study).seen_by(user, blind=reads_blind(report, user))
    return marks.select_related("author", "report", "instance__series").prefetch_related("decisions__by")


def _answer(request: Request, report: Report, *ids: uuid.UUID) -> dict[str, Any]:
    shown = _marks(request, report).filter(pk__in=ids) if ids else _marks(request, report)
    user = actor(request)
    said = {
        "level_map_version": report.level_map_version,
        "may_draw": may(user, Act.CORRECTION_DRAW) and ReportStatus(report.status) in services.MAY_BE_MARKED,
        "marks": shown,
    }
    return dict(shapes.CorrectionsSerializer(said, context={"user": user}).data)


class CorrectionsView(APIView):
    @extend_schema(operation_id="corrections", responses={200: shapes.CorrectionsSerializer, **refusals()})
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        """The marks of this report's study, oldest first; to who reads blind only their own."""
        return Response(_answer(request, _report(request, report_id)))

    @extend_schema(
        operation_id="draw_correction",
        request=shapes.DrawSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: shapes.CorrectionsSerializer, **refusals(400, 409, 412, 422)},
    )
    def post(self, request: Request, report_id: uuid.UUID) -> Response:
        """Draw a mark. Its place in the patient is worked out here; the levels seen are named by their version."""
        user = actor(request)
        report = _report(request, report_id)
        require(user, Act.CORRECTION_DRAW)
        said = shapes.DrawSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        given = dict(said.validated_data)
        instance = get_object_or_404(
            SopInstance.objects.select_related("series"),
            pk=given.pop("instance"),
            series__study_id=report.study_id,
        )
        kind, structure = MarkKind(given.pop("kind")), Structure(given.pop("structure"))

        def draw() -> Response:
            mark = services.draw_correction(report, by=user, instance=instance, kind=kind, structure=structure, **given)
            return Response(_answer(request, report, mark.pk), status=201, headers={"ETag": etag(1)})

        return once(request, user, draw)


class CorrectionDecisionView(APIView):
    """``act``: retract, accept, reject, reopen or amend. The answer holds every mark that it changed or made."""

    act: str = ""
    needs = Act.CORRECTION_REVIEW
    says: type[Any] = shapes.NothingSerializer
    service: Callable[..., Correction]

    def post(self, request: Request, report_id: uuid.UUID, correction_id: uuid.UUID) -> Response:
        user = actor(request)
        report = _report(request, report_id)
        mark = _marks(request, report).filter(pk=correction_id).first()
        if mark is None:
            raise Http404
        require(user, self.needs)
        version = version_seen(request)
        said = self.says(data=request.data)
        said.is_valid(raise_exception=True)
        given = dict(said.validated_data)

        def change() -> Response:
            decided = type(self).service(mark, by=user, expected_version=version, **given)
            return Response(_answer(request, report, mark.pk, decided.pk))

        return once(request, user, change)


def _view(
    act: str, service: Callable[..., Correction], says: type[Any] = shapes.NothingSerializer, *, own: bool = False
) -> type[CorrectionDecisionView]:
    needs = Act.CORRECTION_DRAW if own else Act.CORRECTION_REVIEW
    members = {
        "service": staticmethod(service),
        "says": says,
        "needs": needs,
        "__doc__": service.__doc__,
        "__module__": __name__,
    }
    view: type[CorrectionDecisionView] = type(f"{act.title()}CorrectionView", (CorrectionDecisionView,), members)
    schema = extend_schema(
        operation_id=f"{act}_correction",
        description=(service.__doc__ or "").strip(),
        request=says,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        responses={200: shapes.CorrectionsSerializer, **refusals(400, 409, 412, 422, 428)},
    )
    described: type[CorrectionDecisionView] = extend_schema_view(post=schema)(view)
    return described


DECISIONS = {
    "retract": _view("retract", services.retract_correction, own=True),
    "amend": _view("amend", services.amend_correction, shapes.AmendSerializer, own=True),
    "accept": _view("accept", services.accept_correction),
    "reject": _view("reject", services.reject_correction, shapes.RejectSerializer),
    "reopen": _view("reopen", services.reopen_correction),
}
