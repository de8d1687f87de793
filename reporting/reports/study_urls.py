"""Pages under /studies/. In this app because they show jobs and gate reasons, which the studies app does not know."""

from __future__ import annotations

from django.urls import path

from reporting.reports.views.deidentified import DeidentifiedStudyView
from reporting.reports.views.earlier import EarlierStudiesView
from reporting.reports.views.studies import detail, quarantine, unshare, upload

app_name = "studies"
urlpatterns = [
    path("upload/", upload, name="upload"),
    path("quarantine/", quarantine, name="quarantine"),
    path("<uuid:study_id>/", detail, name="detail"),
    path("<uuid:study_id>/deidentified/", DeidentifiedStudyView.as_view(), name="deidentified"),
    path("<uuid:study_id>/earlier/", EarlierStudiesView.as_view(), name="earlier"),
    path("<uuid:study_id>/shares/<uuid:share_id>/end/", unshare, name="share_end"),
]
