"""Pages under /reader-studies/."""

from __future__ import annotations

from django.urls import path

from reporting.reader_studies.views.design import design
from reporting.reader_studies.views.reading import act, begin, desk, feedback, read
from reporting.reader_studies.views.studies import create, studies

app_name = "reader_studies"
urlpatterns = [
    path("", studies, name="list"),
    path("new/", create, name="create"),
    path("readings/<uuid:reading_id>/", read, name="read"),
    path("readings/<uuid:reading_id>/feedback/", feedback, name="feedback"),
    path("readings/<uuid:reading_id>/<slug:act>/", act, name="act"),
    path("<uuid:study_id>/reading/", desk, name="desk"),
    path("<uuid:study_id>/reading/begin/", begin, name="begin"),
    path("<uuid:study_id>/<slug:step>/", design, name="design"),
]
