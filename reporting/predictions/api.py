"""Inference jobs and predictions over HTTP."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reporting.accounts.idempotency import once
from reporting.accounts.rest import actor
from reporting.core.errors import NotAllowed
from reporting.core.openapi import IDEMPOTENCY_KEY, refusals
from reporting.predictions.blind import is_blind
from reporting.predictions.models import InferenceJob, Prediction
from reporting.predictions.serializers import (
    InferenceJobDetailSerializer,
    InferenceJobSerializer,
    InferenceRequestSerializer,
    PredictionSerializer,
)
from reporting.predictions.services import cancel_job, request_inference, request_reading_from_c2_3
from reporting.studies.models import Study


class StudyJobsView(generics.ListAPIView[InferenceJob]):
    serializer_class = InferenceJobSerializer
    queryset = InferenceJob.objects.none()

    def get_queryset(self) -> QuerySet[InferenceJob]:
        user = actor(self.request)
        study = get_object_or_404(Study.objects.visible_to(user), pk=self.kwargs["study_id"])
        return InferenceJob.objects.visible_to(user).filter(study=study).select_related("algorithm")

    @extend_schema(
        operation_id="study_inference_jobs", responses={200: InferenceJobSerializer(many=True), **refusals()}
    )
    def get(self, request: Request, study_id: uuid.UUID) -> Response:
        """The jobs of a study, newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="request_inference",
        request=InferenceRequestSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={201: InferenceJobSerializer, **refusals(400, 409, 422)},
    )
    def post(self, request: Request, study_id: uuid.UUID) -> Response:
        """Ask the active algorithm to look at the study. 409 while it is already being looked at.

        With ``c2_3_lps_mm``, the disc at that point is C2/3 in this and every later reading of the study.
        """
        user = actor(request)
        study = get_object_or_404(Study.objects.visible_to(user), pk=study_id)
        wish = InferenceRequestSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        point = wish.validated_data.get("c2_3_lps_mm")

        def ask() -> Response:
            job = (
                request_inference(study, by=user) if point is None else request_reading_from_c2_3(study, point, by=user)
            )
            return Response(InferenceJobSerializer(job).data, status=201)

        return once(request, user, ask)


class JobView(generics.RetrieveAPIView[InferenceJob]):
    serializer_class = InferenceJobDetailSerializer
    queryset = InferenceJob.objects.none()
    lookup_url_kwarg = "job_id"

    def get_queryset(self) -> QuerySet[InferenceJob]:
        return InferenceJob.objects.visible_to(actor(self.request)).select_related("algorithm", "study")

    @extend_schema(operation_id="inference_job", responses={200: InferenceJobDetailSerializer, **refusals()})
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        """State, stage and, once it succeeded, the analysis of a job; not while you read its study blind."""
        job = self.get_object()
        shown = InferenceJobDetailSerializer(job).data
        hidden = {"analysis": None} if is_blind(actor(request), job.study) else {}
        return Response({**shown, **hidden})


class CancelJobView(APIView):
    @extend_schema(
        operation_id="cancel_inference_job", request=None, responses={200: InferenceJobSerializer, **refusals(409)}
    )
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        """Take a request back while no worker has taken it."""
        user = actor(request)
        job = get_object_or_404(InferenceJob.objects.visible_to(user), pk=job_id)
        return Response(InferenceJobSerializer(cancel_job(job, by=user)).data)


class JobPredictionsView(generics.ListAPIView[Prediction]):
    serializer_class = PredictionSerializer
    queryset = Prediction.objects.none()
    pagination_class = None

    def get_queryset(self) -> QuerySet[Prediction]:
        jobs = InferenceJob.objects.visible_to(actor(self.request))
        job = get_object_or_404(jobs.select_related("study"), pk=self.kwargs["job_id"])
        if is_blind(actor(self.request), job.study):
            raise NotAllowed(_("You read this study first without the machine. Lock your first read to see it."))
        return job.predictions.order_by("finding", "level", "side")

    @extend_schema(operation_id="predictions", responses={200: PredictionSerializer(many=True), **refusals()})
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        """What the machine said in this job: machine statements, not findings."""
        return self.list(request)
