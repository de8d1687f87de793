"""Pages under /reader-studies/."""

from __future__ import annotations

from django.urls import path

from reporting.reader_studies.views.design import design
from reporting.reader_studies.views.studies import create, studies

app_name = "reader_studies"
urlpatterns = [
    path("", studies, name="list"),
    path("new/", create, name="create"),
    path("<uuid:study_id>/<slug:step>/", design, name="design"),
]
