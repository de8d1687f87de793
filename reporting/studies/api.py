"""Studies, their quarantine, and how they come in, over HTTP."""

from __future__ import annotations

import uuid

from django.db.models import Count, Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.accounts.rest import actor
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.openapi import IF_MATCH, refusals
from reporting.core.rest import etag, only_parameters, version_seen
from reporting.studies.models import QuarantinedFile, Series, Study
from reporting.studies.serializers import (
    AssignmentSerializer,
    QuarantinedFileSerializer,
    StudyDetailSerializer,
    StudyFilterSerializer,
    StudySerializer,
)
from reporting.studies.services import assign_study


class StudiesView(generics.ListAPIView[Study]):
    serializer_class = StudySerializer
    queryset = Study.objects.none()

    def get_queryset(self) -> QuerySet[Study]:
        user = actor(self.request)
        require(user, Act.STUDY_VIEW)
        only_parameters(self.request, StudyFilterSerializer().fields)
        chosen = StudyFilterSerializer(data=self.request.query_params)
        chosen.is_valid(raise_exception=True)
        studies = Study.objects.visible_to(user).select_related("patient")
        wanted = chosen.validated_data
        if "assigned" in wanted:
            studies = studies.filter(assigned_to=user if wanted["assigned"] == "me" else None)
        if "received_after" in wanted:
            studies = studies.filter(created_at__gt=wanted["received_after"])
        if "received_before" in wanted:
            studies = studies.filter(created_at__lt=wanted["received_before"])
        return studies

    @extend_schema(
        operation_id="studies",
        parameters=[StudyFilterSerializer],
        responses={200: StudySerializer(many=True), **refusals(400)},
    )
    def get(self, request: Request) -> Response:
        """The studies you may see, newest first. There is no search by name: names do not belong in addresses."""
        return self.list(request)


class StudyView(generics.RetrieveAPIView[Study]):
    serializer_class = StudyDetailSerializer
    queryset = Study.objects.none()
    lookup_url_kwarg = "study_id"

    def get_queryset(self) -> QuerySet[Study]:
        series = Series.objects.annotate(number_of_instances=Count("sop_instances"))
        studies = Study.objects.visible_to(actor(self.request)).select_related("patient")
        return studies.prefetch_related(Prefetch("series_set", series))

    @extend_schema(operation_id="study", responses={200: StudyDetailSerializer, **refusals()})
    def get(self, request: Request, study_id: uuid.UUID) -> Response:
        """A study with its series, what each is for and why, and its protocol."""
        study = self.get_object()
        record(AuditAct.STUDY_OPENED, by=actor(request), about=study)
        return Response(self.get_serializer(study).data)


class AssignmentView(APIView):
    @extend_schema(
        operation_id="assign_study",
        request=AssignmentSerializer,
        parameters=[IF_MATCH],
        responses={200: StudySerializer, **refusals(400, 412, 428)},
    )
    def put(self, request: Request, study_id: uuid.UUID) -> Response:
        """Give the study to a radiologist, or to nobody (``null``), against the ``assignment_version`` you saw."""
        user = actor(request)
        study = get_object_or_404(Study.objects.visible_to(user), pk=study_id)
        require(user, Act.STUDY_ASSIGN)
        version = version_seen(request)
        said = AssignmentSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        to = said.validated_data["to"]
        reader = get_object_or_404(User, pk=to) if to is not None else None
        study = assign_study(study, to=reader, by=user, expected_version=version)
        return Response(StudySerializer(study).data, headers={"ETag": etag(study.assignment_version)})


class QuarantineView(generics.ListAPIView[QuarantinedFile]):
    serializer_class = QuarantinedFileSerializer
    queryset = QuarantinedFile.objects.none()

    def get_queryset(self) -> QuerySet[QuarantinedFile]:
        user = actor(self.request)
        require(user, Act.QUARANTINE_VIEW)
        only_parameters(self.request, ())
        return QuarantinedFile.objects.visible_to(user)

    @extend_schema(operation_id="quarantine", responses={200: QuarantinedFileSerializer(many=True), **refusals()})
    def get(self, request: Request) -> Response:
        """Files that contradict what is stored: kept, shown, never merged by themselves."""
        return self.list(request)
