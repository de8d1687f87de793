"""Pages under /reader-studies/."""

from __future__ import annotations

from django.urls import path

from reporting.reader_studies.views.analysis import analysis
from reporting.reader_studies.views.design import design
from reporting.reader_studies.views.package import package, package_file
from reporting.reader_studies.views.power import power, power_file
from reporting.reader_studies.views.progress import running
from reporting.reader_studies.views.reading import act, begin, desk, feedback, read
from reporting.reader_studies.views.studies import create, studies
from reporting.reader_studies.views.truth import example_file, judge, panel, reference, state

app_name = "reader_studies"
urlpatterns = [
    path("", studies, name="list"),
    path("new/", create, name="create"),
    path("readings/<uuid:reading_id>/", read, name="read"),
    path("readings/<uuid:reading_id>/feedback/", feedback, name="feedback"),
    path("readings/<uuid:reading_id>/<slug:act>/", act, name="act"),
    path("cases/<uuid:case_id>/", judge, name="judge"),
    path("cases/<uuid:case_id>/state/", state, name="state"),
    path("<uuid:study_id>/progress/", running, name="progress"),
    path("<uuid:study_id>/analysis/", analysis, name="analysis"),
    path("<uuid:study_id>/package/", package, name="package"),
    path("<uuid:study_id>/package/<int:number>.zip", package_file, name="package_file"),
    path("<uuid:study_id>/panel/", panel, name="panel"),
    path("<uuid:study_id>/reference/", reference, name="reference"),
    path("<uuid:study_id>/reference/example.csv", example_file, name="reference_example"),
    path("<uuid:study_id>/reading/", desk, name="desk"),
    path("<uuid:study_id>/reading/begin/", begin, name="begin"),
    path("<uuid:study_id>/power/", power, name="power"),
    path("<uuid:study_id>/power/<slug:key>.<slug:extension>", power_file, name="power_file"),
    path("<uuid:study_id>/<slug:step>/", design, name="design"),
]
