"""The API, one line per address."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView

from reporting.accounts.api import SessionView
from reporting.accounts.audit_api import AuditView
from reporting.predictions import api as predictions
from reporting.studies import api as studies

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("session/", SessionView.as_view(), name="session"),
    path("audit-events/", AuditView.as_view(), name="audit-events"),
    path("studies/", studies.StudiesView.as_view(), name="studies"),
    path("studies/<uuid:study_id>/", studies.StudyView.as_view(), name="study"),
    path("quarantine/", studies.QuarantineView.as_view(), name="quarantine"),
    path("studies/<uuid:study_id>/inference-jobs/", predictions.StudyJobsView.as_view(), name="study-jobs"),
    path("inference-jobs/<uuid:job_id>/", predictions.JobView.as_view(), name="job"),
    path("inference-jobs/<uuid:job_id>/cancel/", predictions.CancelJobView.as_view(), name="job-cancel"),
    path("inference-jobs/<uuid:job_id>/predictions/", predictions.JobPredictionsView.as_view(), name="job-predictions"),
]
