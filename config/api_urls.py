"""The API, one line per address."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView

from reporting.accounts.api import SessionView
from reporting.predictions import api as predictions

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("session/", SessionView.as_view(), name="session"),
    path("studies/<uuid:study_id>/inference-jobs/", predictions.StudyJobsView.as_view(), name="study-jobs"),
    path("inference-jobs/<uuid:job_id>/", predictions.JobView.as_view(), name="job"),
    path("inference-jobs/<uuid:job_id>/cancel/", predictions.CancelJobView.as_view(), name="job-cancel"),
    path("inference-jobs/<uuid:job_id>/predictions/", predictions.JobPredictionsView.as_view(), name="job-predictions"),
]
